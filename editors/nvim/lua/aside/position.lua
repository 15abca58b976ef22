--- Buffer positions (rows and byte columns from 0) as the server's, in the encoding that was agreed.
local M = {}

--- A column past the line's end means its end.
---@type fun(buf: integer, row: integer, col: integer, encoding: string): lsp.Position
M.to_lsp = function(buf, row, col, encoding)
  local line = vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ''
  local character = vim.lsp.util.character_offset(buf, row, math.min(col, #line), encoding)
  return { line = row, character = character }
end

---@type fun(buf: integer, from: integer[], to: integer[], encoding: string): lsp.Range
M.range = function(buf, from, to, encoding)
  return {
    start = M.to_lsp(buf, from[1], from[2], encoding),
    ['end'] = M.to_lsp(buf, to[1], to[2], encoding),
  }
end

--- The diagnostics of all servers and linters, as messages.
---@type fun(buf: integer, encoding: string): lsp.Diagnostic[]
M.problems = function(buf, encoding)
  return vim.tbl_map(function(found)
    local from = { found.lnum, found.col }
    local to = { found.end_lnum or found.lnum, found.end_col or found.col }
    return {
      range = M.range(buf, from, to, encoding),
      severity = found.severity,
      source = found.source,
      message = found.message,
    }
  end, vim.diagnostic.get(buf))
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
