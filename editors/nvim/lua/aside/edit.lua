--- Applies the server's edit to a buffer, as one undo step.
local M = {}

--- Applies edits that are all about the buffer's text as it is, and come from the top down.
---
--- Neovim's own `apply_text_edits` makes every `\r\n` a `\n`, also where `\r` is part of the buffer's lines (a file with
--- mixed line endings). So whole lines, which is what the server changes, are set here.
---@type fun(buf: integer, edits: lsp.TextEdit[])
M.apply = function(buf, edits)
  local ending = ({ dos = '\r?\n', mac = '\r', unix = '\n' })[vim.bo[buf].fileformat]
  -- Setting 'undolevels' ends the undo step under way (see |undo-break|).
  vim.bo[buf].undolevels = vim.bo[buf].undolevels
  for i = #edits, 1, -1 do
    local from, to = edits[i].range.start, edits[i].range['end']
    local lines, count = vim.split(edits[i].newText, ending), vim.api.nvim_buf_line_count(buf)
    if from.character + to.character > 0 or (lines[#lines] ~= '' and to.line < count) then
      vim.lsp.util.apply_text_edits({ edits[i] }, buf, 'utf-8')
    else
      if lines[#lines] == '' then table.remove(lines) end
      local first, after = math.min(from.line, count), math.min(to.line, count)
      vim.api.nvim_buf_set_lines(buf, first, after, true, lines)
    end
  end
  vim.bo[buf].undolevels = vim.bo[buf].undolevels
end

return M
