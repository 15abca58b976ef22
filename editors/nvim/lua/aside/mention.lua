--- Words in a question that take something along: `#selection #file #open #problems`.
local client = require('aside.client')
local position = require('aside.position')

local M = {}

local MEANINGS = {
  { 'selection', 'the last selected lines' },
  { 'file', 'the file you were last in' },
  { 'open', 'every open file, as far as they fit' },
  { 'problems', "the file's diagnostics" },
}

---@type fun(word: string, encoding: string): table?, string?
local resolve = function(word, encoding)
  if word == 'open' then return { kind = 'openFiles' } end
  local buf = client.last_file
  local version = buf and client.version(buf)
  if not buf or not version then return nil, 'no file is open' end
  local uri = vim.uri_from_bufnr(buf)
  if word == 'file' then return { kind = 'file', uri = uri } end
  if word == 'problems' then
    local items = position.problems(buf, encoding)
    if #items == 0 then return nil, 'the file has none' end
    return { kind = 'problems', uri = uri, items = items }
  end
  local from, to = position.selection(buf)
  if not from or not to then return nil, 'nothing was selected in the file' end
  local range = position.range(buf, from, to, encoding)
  return { kind = 'selection', uri = uri, version = version, range = range }
end

--- Takes the mentions out of a question.
---@type fun(text: string): string, string[]
M.split = function(text)
  local words = {}
  for _, meaning in ipairs(MEANINGS) do
    local found
    text, found = ('\n' .. text):gsub('(%s)#' .. meaning[1] .. '%f[^%w_]', '%1')
    text = text:sub(2)
    if found > 0 then words[#words + 1] = meaning[1] end
  end
  return vim.trim((text:gsub('(%S)  +', '%1 '))), words
end

--- The mentions as messages, about the text as it is at this moment.
---@type fun(words: string[], encoding: string): table[], string[]
M.resolve = function(words, encoding)
  local mentions, missing = {}, {}
  for _, word in ipairs(words) do
    local mention, why = resolve(word, encoding)
    mentions[#mentions + 1] = mention
    missing[#missing + 1] = why and ('#' .. word .. ' (' .. why .. ')')
  end
  return mentions, missing
end

--- 'omnifunc' of a chat.
---@type fun(find: integer, base: string): integer|table[]
M.complete = function(find, base)
  if find == 1 then
    local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
    return (before:find('#%l*$') or -2) - 1
  end
  local items = {}
  for _, meaning in ipairs(MEANINGS) do
    local word = '#' .. meaning[1]
    if vim.startswith(word, base) then items[#items + 1] = { word = word, menu = meaning[2] } end
  end
  return items
end

return M
