--- Applies the server's edit to a buffer, as one undo step.
local M = {}

--- Neovim's own `apply_text_edits` makes every `\r\n` a `\n`, also where `\r` is part of the buffer's lines (a file with
--- mixed line endings). So whole lines, which is what the server changes, are set here.
---@type fun(buf: integer, edit: lsp.TextEdit)
local apply_one = function(buf, edit)
  local ending = ({ dos = '\r?\n', mac = '\r', unix = '\n' })[vim.bo[buf].fileformat]
  local lines = vim.split(edit.newText, ending)
  local count = vim.api.nvim_buf_line_count(buf)
  local from, to = edit.range.start, edit.range['end']
  if from.character + to.character > 0 or (lines[#lines] ~= '' and to.line < count) then
    return vim.lsp.util.apply_text_edits({ edit }, buf, 'utf-8')
  end
  if lines[#lines] == '' then table.remove(lines) end
  vim.api.nvim_buf_set_lines(buf, math.min(from.line, count), math.min(to.line, count), true, lines)
end

--- Applies edits that are all about the buffer's text as it is.
---@type fun(buf: integer, edits: lsp.TextEdit[])
M.apply = function(buf, edits)
  table.sort(edits, function(a, b)
    local x, y = a.range.start, b.range.start
    return x.line > y.line or (x.line == y.line and x.character > y.character)
  end)
  -- Setting 'undolevels' ends the undo step under way (see |undo-break|).
  vim.bo[buf].undolevels = vim.bo[buf].undolevels
  for _, edit in ipairs(edits) do
    apply_one(buf, edit)
  end
  vim.bo[buf].undolevels = vim.bo[buf].undolevels
end

return M
