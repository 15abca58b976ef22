--- What is drawn: extmarks in one namespace, and nothing in the text.
local config = require('aside.config')
local say = require('aside.say')

local M = {}

local api = vim.api
M.namespace = api.nvim_create_namespace('aside')

---@alias aside.Chunk [string, string] text and highlight

--- The user's own colours; a colorscheme may set others.
local function highlights()
  for name, link in pairs({
    AsideRemoved = 'DiffDelete',
    AsideAdded = 'DiffAdd',
    AsideConflict = 'DiffChange',
    AsideHeader = 'Title',
    AsideHint = 'Comment',
    AsideProblem = 'DiagnosticError',
    AsideWarning = 'DiagnosticWarn',
  }) do
    api.nvim_set_hl(0, name, { link = link, default = true })
  end
  api.nvim_set_hl(0, 'AsideStruck', { strikethrough = true, default = true })
end
highlights()
local group = api.nvim_create_augroup('aside.draw', {})
api.nvim_create_autocmd('ColorScheme', { group = group, callback = highlights })

--- A name for a chat, a turn or a proposal.
---@return string
function M.new_name() return vim.fn.sha256(vim.uv.hrtime() .. '.' .. vim.uv.os_getpid()):sub(1, 16) end

--- Words broken into virtual lines, since Neovim doesn't wrap those.
---@type fun(buf: integer, texts: string[], highlight: string): aside.Chunk[][]
M.wrap = function(buf, texts, highlight)
  local win = vim.fn.bufwinid(buf)
  local info = win ~= -1 and vim.fn.getwininfo(win)[1] or { width = 80, textoff = 0 }
  local lines = {}
  for _, text in ipairs(texts) do
    local line = ''
    for word in text:gmatch('%S+') do
      local longer = line == '' and word or line .. ' ' .. word
      if line ~= '' and api.nvim_strwidth(longer) >= info.width - info.textoff then
        lines[#lines + 1] = { { line, highlight } }
        longer = word
      end
      line = longer
    end
    lines[#lines + 1] = { { line, highlight } }
  end
  return lines
end

--- Text as virtual lines: tabs made spaces, and filled up so that the background reaches the edge.
---@type fun(buf: integer, text: string, highlight: string): aside.Chunk[][]
local virtual = function(buf, text, highlight)
  if text == '' then return {} end
  local tab = vim.bo[buf].tabstop
  return vim.tbl_map(function(line)
    local out = ''
    for piece, stop in line:gmatch('([^\t]*)(\t?)') do
      out = out .. piece
      if stop ~= '' then out = out .. (' '):rep(tab - api.nvim_strwidth(out) % tab) end
    end
    return { { out .. (' '):rep(vim.o.columns - api.nvim_strwidth(out)), highlight } }
  end, vim.split(text:gsub('\r', ''):gsub('\n$', ''), '\n'))
end

--- What is said of each state, and the keys worth showing.
local STATES = {
  working = { 'writing…', 'reject' },
  ready = { nil, 'accept', 'accept_hunk', 'reject', 'retry' },
  applying = { 'applying…' },
  conflict = { 'you and the model changed the same lines', 'take_mine', 'take_model', 'reject' },
  failed = { 'failed', 'retry', 'reject' },
  cancelled = { 'stopped', 'retry', 'reject' },
}

--- The line above a proposal: its state, the keys, what was asked and of whom.
---@type fun(event: table): aside.Chunk[]
local header = function(event)
  local count = #event.hunks == 1 and '1 change' or #event.hunks .. ' changes'
  local state, keys = STATES[event.state], config.current.keys or {}
  local chunks = { { '▌ ' .. (state[1] or count), 'AsideHeader' } }
  local leader = (vim.g.mapleader or '\\'):gsub(' ', '<space>')
  for _, name in ipairs({ unpack(state, 2, 5) }) do
    if keys[name] then
      chunks[#chunks + 1] = { '  ' .. keys[name]:gsub('<[lL]eader>', leader), 'AsideHeader' }
      chunks[#chunks + 1] = { ' ' .. name:gsub('^%l+_', ''), 'AsideHint' }
    end
  end
  local asked = event.instruction:gsub('%s+', ' ')
  chunks[#chunks + 1] = { '  · ' .. asked .. ' · ' .. event.model, 'AsideHint' }
  return chunks
end

--- Scrolls a window that shows the first row up to the virtual lines above it, which would stay hidden.
---@param win integer
local function reveal(win)
  local buf, fill = api.nvim_win_get_buf(win), 0
  local marks = api.nvim_buf_get_extmarks(buf, M.namespace, 0, { 0, -1 }, { details = true })
  for _, mark in ipairs(marks) do
    if mark[4].virt_lines_above then fill = fill + #mark[4].virt_lines end
  end
  if fill == 0 then return end
  api.nvim_win_call(win, function()
    if vim.fn.line('w0') == 1 then vim.fn.winrestview({ topfill = fill }) end
  end)
end
-- Only when it comes from below: the user must be able to scroll on.
api.nvim_create_autocmd({ 'BufWinEnter', 'WinScrolled' }, {
  group = group,
  callback = function(event)
    -- The window's view is put back after this event.
    if event.event == 'BufWinEnter' then
      return vim.schedule(function() reveal(0) end)
    end
    for win, moved in pairs(vim.v.event) do
      if win ~= 'all' and moved.topline < 0 then reveal(assert(tonumber(win))) end
    end
  end,
})

---@type fun(buf: integer, row: integer, lines: aside.Chunk[][]): integer
local above = function(buf, row, lines)
  local options = { virt_lines = lines, virt_lines_above = true }
  local mark = api.nvim_buf_set_extmark(buf, M.namespace, row, 0, options)
  if row == 0 then vim.tbl_map(reveal, vim.fn.win_findbuf(buf)) end
  return mark
end

--- Answers the marks that it made.
---@type fun(buf: integer, hunk: table): integer[]
local draw_hunk = function(buf, hunk)
  local count = api.nvim_buf_line_count(buf)
  local to = hunk.range['end']
  local first = math.min(hunk.range.start.line, count)
  local after = math.min(to.line + (to.character > 0 and 1 or 0), count)
  local marks = {}
  for i, line in ipairs(api.nvim_buf_get_lines(buf, first, after, false)) do
    marks[i] = api.nvim_buf_set_extmark(buf, M.namespace, first + i - 1, 0, {
      end_col = #line,
      hl_group = not hunk.conflict and 'AsideStruck' or nil,
      line_hl_group = hunk.conflict and 'AsideConflict' or 'AsideRemoved',
      priority = 250,
    })
  end
  local lines = virtual(buf, hunk.added, 'AsideAdded')
  if hunk.conflict then
    table.insert(lines, 1, { { '▲ yours  ▼ the model’s', 'AsideWarning' } })
  end
  if #lines == 0 then return marks end
  if after == 0 then return { above(buf, 0, lines) } end
  local options = { virt_lines = lines }
  marks[#marks + 1] = api.nvim_buf_set_extmark(buf, M.namespace, after - 1, 0, options)
  return marks
end

--- Draws a proposal's event, which must be about the buffer's text as it is, and answers the marks that it made.
---@type fun(buf: integer, event: table): integer[]
M.proposal = function(buf, event)
  local lines = { header(event) }
  local problem = event.problem and say.words(event.problem)
  vim.list_extend(lines, M.wrap(buf, { problem }, 'AsideProblem'))
  vim.list_extend(lines, M.wrap(buf, { event.warning }, 'AsideWarning'))
  local row = math.min(event.range.start.line, api.nvim_buf_line_count(buf) - 1)
  local marks = { above(buf, row, lines) }
  for _, hunk in ipairs(event.hunks) do
    vim.list_extend(marks, draw_hunk(buf, hunk))
  end
  return marks
end

---@type fun(buf: integer, marks: integer[])
M.clear = function(buf, marks)
  if not api.nvim_buf_is_valid(buf) then return end
  for _, mark in ipairs(marks) do
    api.nvim_buf_del_extmark(buf, M.namespace, mark)
  end
end

return M
