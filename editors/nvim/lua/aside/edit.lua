--- Applies the server's edit to a buffer, as one undo step.
---
--- Not `vim.lsp.util.apply_text_edits`: that makes every `\r\n` a `\n`, also where `\r` is part of the buffer's lines
--- (a file with mixed line endings).
local position = require('aside.position')

local M = {}

---@param buf integer
---@param text string
---@return string[]
local function to_lines(buf, text)
  local ending = ({ dos = '\r?\n', mac = '\r', unix = '\n' })[vim.bo[buf].fileformat]
  return vim.split(text, ending)
end

---@param buf integer
---@param edit lsp.TextEdit
---@param encoding string
local function apply_one(buf, edit, encoding)
  local count = vim.api.nvim_buf_line_count(buf)
  local lines = to_lines(buf, edit.newText)
  local from, to = edit.range.start, edit.range['end']
  -- Whole lines, up to the start of a line or past the last line's ending.
  if from.character == 0 and to.character == 0 and (lines[#lines] == '' or to.line >= count) then
    if lines[#lines] == '' then table.remove(lines) end
    local first, after = math.min(from.line, count), math.min(to.line, count)
    vim.api.nvim_buf_set_lines(buf, first, after, true, lines)
    return
  end
  local last = vim.api.nvim_buf_get_lines(buf, count - 1, count, true)[1]
  local from_row, from_col = position.from_lsp(buf, from, encoding)
  local to_row, to_col = position.from_lsp(buf, to, encoding)
  if to_row >= count then
    to_row, to_col = count - 1, #last
    if lines[#lines] == '' and #lines > 1 then table.remove(lines) end
  end
  if from_row >= count then
    from_row, from_col = count - 1, #last
    table.insert(lines, 1, '')
  end
  vim.api.nvim_buf_set_text(buf, from_row, from_col, to_row, to_col, lines)
end

--- Ends the undo step under way (see |undo-break|).
---@param buf integer
local function break_undo(buf)
  vim.bo[buf].undolevels = vim.bo[buf].undolevels
end

--- Applies edits that are all about the buffer's text as it is.
---@param buf integer
---@param edits lsp.TextEdit[]
---@param encoding string
function M.apply(buf, edits, encoding)
  edits = vim.deepcopy(edits)
  table.sort(edits, function(a, b)
    local x, y = a.range.start, b.range.start
    return x.line > y.line or (x.line == y.line and x.character > y.character)
  end)
  break_undo(buf)
  for _, edit in ipairs(edits) do
    apply_one(buf, edit, encoding)
  end
  break_undo(buf)
end

return M
