--- Where the user is, as the server is told: positions, diagnostics, the last selection, and the words in a question
--- that take these along. Rows and byte columns count from 0; the server counts in bytes as well.
local M = {}

local api = vim.api

--- The file buffer that the user was last in.
---@type integer?
M.file = nil

M.words = {
  { word = '#selection', menu = 'the last selected lines' },
  { word = '#file', menu = 'the file you were last in' },
  { word = '#open', menu = 'every open file, as far as they fit' },
  { word = '#problems', menu = "the file's diagnostics" },
}

--- A column past the line's end means its end.
---@type fun(buf: integer, from: integer[], to: integer[]): lsp.Range
M.range = function(buf, from, to)
  local function place(at)
    local line = api.nvim_buf_get_lines(buf, at[1], at[1] + 1, false)[1] or ''
    return { line = at[1], character = math.min(at[2], #line) }
  end
  return { start = place(from), ['end'] = place(to) }
end

--- The diagnostics of all servers and linters, as messages.
---@type fun(buf: integer): lsp.Diagnostic[]
M.problems = function(buf)
  return vim.tbl_map(function(found)
    local to = { found.end_lnum or found.lnum, found.end_col or found.col }
    return {
      range = M.range(buf, { found.lnum, found.col }, to),
      severity = found.severity,
      source = found.source,
      message = found.message,
    }
  end, vim.diagnostic.get(buf))
end

--- Makes lines of the current buffer its last visual selection, unless they are.
---@type fun(first: integer, last: integer)
M.select = function(first, last)
  if vim.fn.line("'<") == first and vim.fn.line("'>") == last then return end
  vim.fn.setpos("'<", { 0, first, 1, 0 })
  vim.fn.setpos("'>", { 0, last, vim.v.maxcol, 0 })
end

--- The buffer's last visual selection, as a row and a byte column at each end.
---@type fun(buf: integer): integer[]?, integer[]?
M.selection = function(buf)
  if not api.nvim_buf_is_loaded(buf) then return nil end
  local from, to = api.nvim_buf_get_mark(buf, '<'), api.nvim_buf_get_mark(buf, '>')
  local line = api.nvim_buf_get_lines(buf, to[1] - 1, to[1], false)[1]
  if from[1] == 0 or to[1] == 0 or not line then return nil end
  -- The mark stands on the last selected character's first byte.
  local last = math.min(to[2], math.max(#line - 1, 0))
  local after = line == '' and 0 or last + vim.str_utf_end(line, last + 1) + 1
  return { from[1] - 1, from[2] }, { to[1] - 1, after }
end

--- The words in a text, and whether there is anything else.
---@type fun(text: string): words: string, is_question: boolean
M.scan = function(text)
  local words = {}
  local rest = text:gsub('#%l+', function(word) words[#words + 1] = word end):gsub('#%l+', '')
  return table.concat(words), rest:match('%S') ~= nil
end

--- The file that the user was last in, as it is at this moment.
---@return table
function M.about()
  local buf = M.file
  local version = buf and require('aside.client').version(buf)
  if not buf or not version then return vim.empty_dict() end
  local from, to = M.selection(buf)
  return {
    uri = vim.uri_from_bufnr(buf),
    version = version,
    selection = from and to and M.range(buf, from, to),
    problems = M.problems(buf),
  }
end

--- What `#` types in a chat: itself, and a menu of the words where one begins. <C-p> leaves what is typed as it is.
---@return string
function M.offer()
  local before = api.nvim_get_current_line():sub(1, api.nvim_win_get_cursor(0)[2])
  if before:match('%S$') then return '#' end
  return [[#<Cmd>call complete(col('.') - 1, luaeval('require("aside.here").words'))<CR><C-p>]]
end

return M
