--- All messages to the user go through here.
local M = {}

---@class aside.Problem
---@field kind? string
---@field title string a lower-case fragment
---@field next string what to do, as a sentence
---@field detail? string

---@type fun(text: string, level?: integer)
M.info = function(text, level)
  -- Scheduled, so that an error message never breaks off the autocommand or the command that it comes from.
  vim.schedule(function() vim.notify('aside: ' .. text, level or vim.log.levels.INFO) end)
end

--- One line that says what happened and what to do.
---@type fun(problem: aside.Problem): string
M.words = function(problem)
  local detail = problem.detail and (' (' .. vim.trim(problem.detail):gsub('%.$', '') .. ')') or ''
  return problem.title .. detail .. '. ' .. problem.next
end

---@param problem aside.Problem
function M.problem(problem) M.info(M.words(problem), vim.log.levels.ERROR) end

return M
