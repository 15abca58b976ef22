--- Buffer positions (rows and byte columns from 0) to and from the server's, in the encoding that was agreed.
local M = {}

local modern = vim.fn.has('nvim-0.11') == 1

---@param buf integer
---@param row integer
---@return string
local function line_at(buf, row)
  return vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ''
end

---@param buf integer
---@param row integer
---@param col integer bytes; past the line's end means its end
---@param encoding string
---@return lsp.Position
function M.to_lsp(buf, row, col, encoding)
  local line = line_at(buf, row)
  col = math.min(col, #line)
  if encoding == 'utf-8' then return { line = row, character = col } end
  if modern then return { line = row, character = vim.str_utfindex(line, encoding, col, false) } end
  ---@diagnostic disable-next-line: param-type-mismatch, missing-parameter
  local utf32, utf16 = vim.str_utfindex(line, col)
  return { line = row, character = encoding == 'utf-16' and utf16 or utf32 }
end

---@param buf integer
---@param position lsp.Position
---@param encoding string
---@return integer row
---@return integer col
function M.from_lsp(buf, position, encoding)
  local line = line_at(buf, position.line)
  local col = position.character
  if encoding == 'utf-8' then return position.line, math.min(col, #line) end
  if modern then return position.line, vim.str_byteindex(line, encoding, col, false) end
  ---@diagnostic disable-next-line: param-type-mismatch
  local ok, byte = pcall(vim.str_byteindex, line, col, encoding == 'utf-16')
  return position.line, ok and byte or #line
end

--- Whole lines as a range that ends before the last line's end, so that it never points past the document.
---@param buf integer
---@param first integer
---@param last integer
---@param encoding string
---@return lsp.Range
function M.lines(buf, first, last, encoding)
  return {
    start = { line = first, character = 0 },
    ['end'] = M.to_lsp(buf, last, math.huge, encoding),
  }
end

--- The range of the buffer's last visual selection.
---@param buf integer
---@param encoding string
---@return lsp.Range?
function M.selection(buf, encoding)
  local from = vim.api.nvim_buf_get_mark(buf, '<')
  local to = vim.api.nvim_buf_get_mark(buf, '>')
  local count = vim.api.nvim_buf_line_count(buf)
  if from[1] == 0 or to[1] == 0 or from[1] > count then return nil end
  -- The mark stands on the last selected character, which may have several bytes.
  local row = math.min(to[1], count) - 1
  local line = line_at(buf, row)
  local last = math.min(to[2] + 1, #line)
  while last < #line and line:byte(last + 1) >= 0x80 and line:byte(last + 1) < 0xC0 do
    last = last + 1
  end
  return {
    start = M.to_lsp(buf, from[1] - 1, from[2], encoding),
    ['end'] = M.to_lsp(buf, row, last, encoding),
  }
end

return M
