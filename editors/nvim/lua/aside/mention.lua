--- Words in a question that take something along: `#selection #file #open #problems`.
local client = require('aside.client')
local position = require('aside.position')

local M = {}

---@type table<string, string>
M.words = {
  selection = 'the last selected lines',
  file = 'the file you were last in',
  open = 'every open file, as far as they fit',
  problems = "the file's diagnostics",
}

---@param buf integer
---@param encoding string
---@return table? mention
local function problems(buf, encoding)
  local items = vim.tbl_map(function(found)
    return {
      range = {
        start = position.to_lsp(buf, found.lnum, found.col, encoding),
        ['end'] = position.to_lsp(
          buf,
          found.end_lnum or found.lnum,
          found.end_col or found.col,
          encoding
        ),
      },
      severity = found.severity,
      source = found.source,
      message = found.message,
    }
  end, vim.diagnostic.get(buf))
  return #items > 0 and { kind = 'problems', uri = vim.uri_from_bufnr(buf), items = items } or nil
end

---@param word string
---@param encoding string
---@return table? mention
---@return string? missing why there is none
local function resolve(word, encoding)
  if word == 'open' then return { kind = 'openFiles' } end
  local buf = client.last_file
  if not buf or not vim.api.nvim_buf_is_loaded(buf) or not client.is_open(buf) then
    return nil, 'no file is open'
  end
  local uri = vim.uri_from_bufnr(buf)
  if word == 'file' then
    return { kind = 'file', uri = uri }
  elseif word == 'problems' then
    local mention = problems(buf, encoding)
    return mention, not mention and 'the file has no problems' or nil
  end
  local range = position.selection(buf, encoding)
  if not range then return nil, 'nothing was selected in the file' end
  return { kind = 'selection', uri = uri, version = client.version(buf), range = range }
end

--- Takes the mentions out of a question.
---@param text string
---@return string text without them
---@return string[] words
function M.split(text)
  local words, seen = {}, {}
  local function take(space, word)
    if not M.words[word] then return nil end
    if not seen[word] then
      words[#words + 1], seen[word] = word, true
    end
    return space
  end
  text = ('\n' .. text):gsub('(%s)#(%l+)%f[^%w_]', take):sub(2)
  return vim.trim(text), words
end

--- The mentions as messages, for the text as it is when this is called.
---@param words string[]
---@param encoding string
---@return table[] mentions
---@return string[] missing
function M.resolve(words, encoding)
  local mentions, missing = {}, {}
  for _, word in ipairs(words) do
    local mention, why = resolve(word, encoding)
    mentions[#mentions + 1] = mention
    if why then missing[#missing + 1] = '#' .. word .. ': ' .. why end
  end
  return mentions, missing
end

--- 'omnifunc' of a chat.
---@param find integer
---@param base string
---@return integer|table[]
function M.complete(find, base)
  if find == 1 then
    local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
    local start = before:find('#%l*$')
    return start and start - 1 or -3
  end
  local items = {}
  for _, word in ipairs({ 'selection', 'file', 'open', 'problems' }) do
    if vim.startswith('#' .. word, base) then
      items[#items + 1] = { word = '#' .. word, menu = M.words[word] }
    end
  end
  return items
end

return M
