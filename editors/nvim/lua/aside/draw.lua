--- What is drawn: extmarks, and nothing in the text.
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

--- The keys worth showing in each state.
local KEYS = {
  working = { 'reject' },
  ready = { 'accept', 'accept_hunk', 'reject', 'retry' },
  applying = {},
  conflict = { 'take_mine', 'take_model', 'reject' },
  failed = { 'retry', 'reject' },
  cancelled = { 'retry', 'reject' },
}

--- The line above a proposal: how far it is, and the keys.
---@type fun(event: table): aside.Chunk[]
local header = function(event)
  local chunks, keys = { { '▌ ' .. event.title, 'AsideHeader' } }, config.current.keys or {}
  local leader = (vim.g.mapleader or '\\'):gsub(' ', '␣')
  for _, name in ipairs(KEYS[event.state]) do
    if keys[name] then
      chunks[#chunks + 1] = { '  ' .. keys[name]:gsub('<[lL]eader>', leader), 'AsideHeader' }
      chunks[#chunks + 1] = { ' ' .. name:gsub('^%l+_', ''), 'AsideHint' }
    end
  end
  return chunks
end

--- Scrolls a window that shows the first row up to the virtual lines above it, which would stay hidden.
---@param win integer
local function reveal(win)
  local buf, fill = api.nvim_win_get_buf(win), 0
  local marks = api.nvim_buf_get_extmarks(buf, -1, 0, { 0, -1 }, { details = true })
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

--- Draws a hunk, but for lines that would come right above the line of the header: they are given back.
---@type fun(buf: integer, ns: integer, hunk: table, head: integer): aside.Chunk[][]
local draw_hunk = function(buf, ns, hunk, head)
  local count, to = api.nvim_buf_line_count(buf), hunk.range['end']
  local first = math.min(hunk.range.start.line, count)
  local after = math.min(to.line + (to.character > 0 and 1 or 0), count)
  for i, line in ipairs(api.nvim_buf_get_lines(buf, first, after, false)) do
    api.nvim_buf_set_extmark(buf, ns, first + i - 1, 0, {
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
  if after == head then return lines end
  api.nvim_buf_set_extmark(buf, ns, after - 1, 0, { virt_lines = lines })
  return {}
end

--- Draws a proposal's event, which must be about the buffer's text as it is, in the proposal's own namespace.
---@type fun(buf: integer, ns: integer, event: table)
M.proposal = function(buf, ns, event)
  api.nvim_buf_clear_namespace(buf, ns, 0, -1)
  local lines = { header(event) }
  local function add(text, highlight) vim.list_extend(lines, M.wrap(buf, { text }, highlight)) end
  add(event.about, 'AsideHint')
  add(event.problem and say.words(event.problem), 'AsideProblem')
  add(event.warning, 'AsideWarning')
  local row = math.min(event.range.start.line, api.nvim_buf_line_count(buf) - 1)
  for _, hunk in ipairs(event.hunks) do
    vim.list_extend(lines, draw_hunk(buf, ns, hunk, row))
  end
  api.nvim_buf_set_extmark(buf, ns, row, 0, { virt_lines = lines, virt_lines_above = true })
  if row == 0 then vim.tbl_map(reveal, vim.fn.win_findbuf(buf)) end
end

return M
