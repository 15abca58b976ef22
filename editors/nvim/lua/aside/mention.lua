--- Words in a question that take something along: `#selection #file #open #problems`. The server knows them; here
--- is what they stand for.
local client = require('aside.client')
local position = require('aside.position')

local M = {}

local WORDS = {
  { word = '#selection', menu = 'the last selected lines' },
  { word = '#file', menu = 'the file you were last in' },
  { word = '#open', menu = 'every open file, as far as they fit' },
  { word = '#problems', menu = "the file's diagnostics" },
}

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
  local buf = client.last_file
  local version = buf and client.version(buf)
  if not buf or not version then return vim.empty_dict() end
  local from, to = position.selection(buf)
  return {
    uri = vim.uri_from_bufnr(buf),
    version = version,
    selection = from and to and position.range(buf, from, to),
    problems = position.problems(buf),
  }
end

--- Opens a menu of the words, where one was begun.
function M.offer() vim.fn.complete(vim.fn.col('.') - 1, WORDS) end

return M
