--- Buffer positions (rows and byte columns from 0) as the server's, which counts in bytes as well.
local M = {}

--- A column past the line's end means its end.
---@type fun(buf: integer, from: integer[], to: integer[]): lsp.Range
M.range = function(buf, from, to)
  local function place(at)
    local line = vim.api.nvim_buf_get_lines(buf, at[1], at[1] + 1, false)[1] or ''
    return { line = at[1], character = math.min(at[2], #line) }
  end
  return { start = place(from), ['end'] = place(to) }
end

--- The diagnostics of all servers and linters, as messages.
---@type fun(buf: integer): lsp.Diagnostic[]
M.problems = function(buf)
  return vim.tbl_map(function(found)
    local from = { found.lnum, found.col }
    local to = { found.end_lnum or found.lnum, found.end_col or found.col }
    return {
      range = M.range(buf, from, to),
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
  if not vim.api.nvim_buf_is_loaded(buf) then return nil end
  local from, to = vim.api.nvim_buf_get_mark(buf, '<'), vim.api.nvim_buf_get_mark(buf, '>')
  local line = vim.api.nvim_buf_get_lines(buf, to[1] - 1, to[1], false)[1]
  if from[1] == 0 or to[1] == 0 or not line then return nil end
  -- The mark stands on the last selected character's first byte.
  local last = math.min(to[2], math.max(#line - 1, 0))
  local after = line == '' and 0 or last + vim.str_utf_end(line, last + 1) + 1
  return { from[1] - 1, from[2] }, { to[1] - 1, after }
end

return M
