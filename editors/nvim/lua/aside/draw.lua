--- A proposal on the screen: extmarks in one namespace, and nothing in the text.
local M = {}

M.namespace = vim.api.nvim_create_namespace('aside')

---@alias aside.Chunk [string, string]

--- Highlights by the user's own colours; a colorscheme may set them.
local function highlights()
  local function default(name, value)
    value.default = true
    vim.api.nvim_set_hl(0, name, value)
  end
  default('AsideRemoved', { link = 'DiffDelete' })
  default('AsideStruck', { strikethrough = true })
  default('AsideAdded', { link = 'DiffAdd' })
  default('AsideConflict', { link = 'DiffChange' })
  default('AsideHeader', { link = 'Title' })
  default('AsideHint', { link = 'Comment' })
  default('AsideProblem', { link = 'DiagnosticError' })
  default('AsideWarning', { link = 'DiagnosticWarn' })
end
highlights()
vim.api.nvim_create_autocmd('ColorScheme', {
  group = vim.api.nvim_create_augroup('aside.draw', {}),
  callback = highlights,
})

--- The width that text has in the window that shows the buffer.
---@param buf integer
---@return integer
function M.width(buf)
  local win = vim.fn.bufwinid(buf)
  if win == -1 then return 80 end
  return vim.api.nvim_win_get_width(win) - vim.fn.getwininfo(win)[1].textoff
end

--- Words broken into virtual lines, since Neovim doesn't wrap those.
---@param text string
---@param width integer
---@param highlight string
---@return aside.Chunk[][]
function M.wrap(text, width, highlight)
  local lines, line = {}, ''
  for word in text:gmatch('%S+') do
    local longer = line == '' and word or line .. ' ' .. word
    if line ~= '' and vim.fn.strdisplaywidth(longer) > width then
      lines[#lines + 1] = { { line, highlight } }
      longer = word
    end
    line = longer
  end
  lines[#lines + 1] = { { line, highlight } }
  return lines
end

--- Lines of text as virtual lines: tabs made spaces, and filled up so that the background reaches the edge.
---@param buf integer
---@param text string
---@param highlight string
---@return aside.Chunk[][]
local function virtual(buf, text, highlight)
  local tab = vim.bo[buf].tabstop
  local lines = vim.split((text:gsub('\r', '')), '\n', { plain = true })
  if lines[#lines] == '' then table.remove(lines) end
  return vim.tbl_map(function(line)
    local cells, out = 0, {}
    for piece, tabs in line:gmatch('([^\t]*)(\t?)') do
      cells = cells + vim.fn.strdisplaywidth(piece)
      local fill = tabs == '' and 0 or tab - cells % tab
      out[#out + 1] = piece .. (' '):rep(fill)
      cells = cells + fill
    end
    local rest = math.max(vim.o.columns - cells, 0)
    return { { table.concat(out) .. (' '):rep(rest), highlight } }
  end, lines)
end

---@param lhs string|false
---@return string
local function shown(lhs)
  local leader = vim.g.mapleader or '\\'
  return ((lhs or ''):gsub('<[lL]eader>', leader == ' ' and '<space>' or leader))
end

---@param event table
---@param keys aside.Keys|false
---@return aside.Chunk[]
local function header(event, keys)
  local said = {
    working = 'writing…',
    ready = #event.hunks == 1 and '1 change' or #event.hunks .. ' changes',
    applying = 'applying…',
    conflict = 'your typing and the model meet here',
    failed = 'failed',
    cancelled = 'stopped',
  }
  local chunks = {
    { '▌ aside ', 'AsideHeader' },
    { said[event.state] or event.state, 'AsideHeader' },
    {
      ' · ' .. event.instruction:gsub('%s+', ' '):sub(1, 60) .. ' · ' .. event.model,
      'AsideHint',
    },
  }
  local offered = {
    working = { { 'reject', 'stop' } },
    ready = {
      { 'accept', 'accept' },
      { 'accept_hunk', 'hunk' },
      { 'reject', 'reject' },
      { 'retry', 'retry' },
    },
    conflict = { { 'accept_hunk', 'choose' }, { 'reject', 'reject' }, { 'retry', 'retry' } },
    failed = { { 'retry', 'retry' }, { 'reject', 'dismiss' } },
    cancelled = { { 'retry', 'retry' }, { 'reject', 'dismiss' } },
  }
  for _, offer in ipairs(keys and offered[event.state] or {}) do
    if keys[offer[1]] then
      chunks[#chunks + 1] = { '  ' .. shown(keys[offer[1]]), 'AsideHeader' }
      chunks[#chunks + 1] = { ' ' .. offer[2], 'AsideHint' }
    end
  end
  return chunks
end

--- Virtual lines above a row. Above the first row they would stay hidden, so the windows are scrolled up to them.
---@param buf integer
---@param row integer
---@param lines aside.Chunk[][]
---@return integer mark
local function above(buf, row, lines)
  local mark = vim.api.nvim_buf_set_extmark(buf, M.namespace, row, 0, {
    virt_lines = lines,
    virt_lines_above = true,
  })
  if row == 0 then
    for _, win in ipairs(vim.fn.win_findbuf(buf)) do
      vim.api.nvim_win_call(win, function()
        if vim.fn.line('w0') == 1 then vim.fn.winrestview({ topfill = #lines }) end
      end)
    end
  end
  return mark
end

---@param buf integer
---@param hunk table
---@return integer[] marks the first stands on the hunk
local function draw_hunk(buf, hunk)
  local count = vim.api.nvim_buf_line_count(buf)
  local first = math.min(hunk.range.start.line, count)
  local after = hunk.range['end'].line + (hunk.range['end'].character > 0 and 1 or 0)
  after = math.min(math.max(after, first), count)
  local marks = {}
  local removed = hunk.conflict and 'AsideConflict' or 'AsideRemoved'
  for row = first, after - 1 do
    marks[#marks + 1] = vim.api.nvim_buf_set_extmark(buf, M.namespace, row, 0, {
      end_row = row,
      end_col = #vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1],
      hl_group = not hunk.conflict and 'AsideStruck' or nil,
      line_hl_group = removed,
      priority = 250,
    })
  end
  local lines = virtual(buf, hunk.added, 'AsideAdded')
  if hunk.conflict then
    table.insert(lines, 1, { { '▲ yours   ▼ the model’s', 'AsideWarning' } })
  end
  if #lines == 0 then return marks end
  if after == 0 then
    marks[#marks + 1] = above(buf, 0, lines)
  else
    local mark =
      vim.api.nvim_buf_set_extmark(buf, M.namespace, after - 1, 0, { virt_lines = lines })
    -- An insertion belongs to the row that it comes before, but is drawn below the one it follows.
    marks[#marks + 1] = mark
  end
  return marks
end

--- Draws a proposal's event, which must be about the buffer's text as it is.
---@param buf integer
---@param event table
---@param keys aside.Keys|false
---@return integer[] marks all that was drawn
---@return table<integer, integer> hunks the mark that stands on each hunk, by its id
function M.proposal(buf, event, keys)
  local marks, hunks = {}, {}
  local row = math.min(event.range.start.line, vim.api.nvim_buf_line_count(buf) - 1)
  local lines = { header(event, keys) }
  local width = M.width(buf)
  if event.problem then
    local words = require('aside.say').words(event.problem)
    vim.list_extend(lines, M.wrap(words, width, 'AsideProblem'))
  end
  if event.warning then vim.list_extend(lines, M.wrap(event.warning, width, 'AsideWarning')) end
  marks[1] = above(buf, row, lines)
  for _, hunk in ipairs(event.hunks) do
    local drawn = draw_hunk(buf, hunk)
    hunks[hunk.id] = drawn[1]
    vim.list_extend(marks, drawn)
  end
  return marks, hunks
end

---@param buf integer
---@param marks integer[]
function M.clear(buf, marks)
  for _, mark in ipairs(marks) do
    pcall(vim.api.nvim_buf_del_extmark, buf, M.namespace, mark)
  end
end

return M
