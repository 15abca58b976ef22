--- Chats: a Markdown buffer each. The transcript grows above, the user types the next question at the end.
---
--- Two marks keep these apart: the answer is written at the turn's `tail`, and the question is what stands from the
--- chat's `ask` to the end. What is said about a turn (what went along, tokens, problems) is virtual.
local client = require('aside.client')
local draw = require('aside.draw')
local mention = require('aside.mention')
local say = require('aside.say')

local M = {}

local api = vim.api
local ns = draw.namespace
local FRAME_MS = 16
local HINT = 'Ask. # takes code along, <CR> sends.'

---@class aside.Turn
---@field id string
---@field text string the question, without its mentions
---@field words string[] its mentions
---@field missing string[] mentions that stand for nothing
---@field state 'sent'|'writing'|'done'|'failed'|'cancelled'
---@field next_seq integer
---@field pending string text that came and is not yet in the buffer
---@field reasoning string
---@field events table<string, table> the last event of each other kind
---@field heading integer mark on the answer's heading
---@field first integer mark at the answer's start
---@field tail integer mark at the answer's end

---@class aside.Chat
---@field id string
---@field buf integer
---@field ask integer mark at the start of the question being typed
---@field hint? integer mark of the hint in an empty question
---@field turn? aside.Turn the last turn
---@field resting? boolean text was written within this frame
local Chat = {}
Chat.__index = Chat

---@type table<string, aside.Chat>
local chats = {}
---@type string? the chat that was shown last
local latest

---@return aside.Chat? chat the one in the current window
local function current()
  for _, chat in pairs(chats) do
    if chat.buf == api.nvim_get_current_buf() then return chat end
  end
end

---@param mark integer
---@return integer row, integer col
function Chat:place(mark)
  local at = api.nvim_buf_get_extmark_by_id(self.buf, ns, mark, {})
  return at[1] or 0, at[2] or 0
end

--- Sets a mark; a fixed one stays before what is written at its place.
---@param row integer
---@param fixed boolean
---@param id? integer
---@return integer
function Chat:mark(row, fixed, id)
  return api.nvim_buf_set_extmark(self.buf, ns, row, 0, { id = id, right_gravity = not fixed })
end

--- Writes outside the undo history: undoing a piece of an answer makes no sense.
---@param write fun(...)
---@param ... any
function Chat:quietly(write, ...)
  local levels = vim.bo[self.buf].undolevels
  vim.bo[self.buf].undolevels = -1
  write(self.buf, ...)
  vim.bo[self.buf].undolevels = levels
  vim.bo[self.buf].modified = false
end

---@return boolean
function Chat:is_running()
  local state = self.turn and self.turn.state
  return state == 'sent' or state == 'writing'
end

--- What stands beside the answer's heading: the model, and how far it is.
---@type fun(turn: aside.Turn): string
local progress = function(turn)
  local context, waiting, usage = turn.events.context, turn.events.waiting, turn.events.usage
  local parts = { context and context.model }
  if turn.state == 'sent' and waiting then
    parts[#parts + 1] = ('%s, again in %d s'):format(waiting.problem.title, waiting.seconds)
  elseif turn.state == 'sent' then
    parts[#parts + 1] = turn.reasoning ~= '' and 'thinking…' or 'waiting…'
  else
    parts[#parts + 1] = ({ writing = 'writing…', cancelled = 'stopped' })[turn.state]
  end
  local tokens = usage and ('%d tokens in, %d out'):format(usage.usage.input, usage.usage.output)
  parts[#parts + 1] = tokens
  parts[#parts + 1] = vim.tbl_get(turn.events, 'done', 'cut') and 'cut at the output limit' or nil
  return table.concat(parts, ' · ')
end

--- What went along, what was left out, and the reasoning: its end while that is all there is.
---@type fun(turn: aside.Turn): string[]
local details = function(turn)
  local lines, sent, left = {}, {}, vim.list_slice(turn.missing)
  local context = turn.events.context
  for _, item in ipairs(context and context.items or {}) do
    local list = item.leftOut and left or sent
    list[#list + 1] = item.label .. (item.leftOut and ' (' .. item.leftOut .. ')' or '')
  end
  if context then
    local what = #sent > 0 and 'with ' .. table.concat(sent, ', ') or 'your words only'
    local tokens = ('%d of %d tokens'):format(context.tokens, context.budget)
    lines[1] = what .. ' · ' .. tokens .. ' · to ' .. context.origin
  end
  if #left > 0 then lines[#lines + 1] = 'left out: ' .. table.concat(left, ', ') end
  local thoughts = vim.split(vim.trim(turn.reasoning), '\n')
  if turn.reasoning ~= '' and turn.state == 'sent' then
    vim.list_extend(lines, thoughts, math.max(#thoughts - 2, 1))
  elseif turn.reasoning ~= '' then
    lines[#lines + 1] = ('▸ reasoning, lines: %d (gr opens it)'):format(#thoughts)
  end
  return lines
end

--- Draws all that is said about the last turn.
function Chat:annotate()
  local turn = assert(self.turn)
  local above, below = {}, {}
  for _, text in ipairs(details(turn)) do
    vim.list_extend(above, draw.wrap(self.buf, text, 'AsideHint'))
  end
  if turn.state == 'failed' then
    local words = 'could not answer: ' .. say.words(turn.events.failed.problem)
    below = draw.wrap(self.buf, words, 'AsideProblem')
  end
  if turn.state == 'failed' or turn.state == 'cancelled' then
    below[#below + 1] = { { '<CR> with nothing typed asks again', 'AsideHint' } }
  end
  local beside = { { progress(turn), 'AsideHint' } }
  local options = { id = turn.heading, virt_text = beside, virt_lines = above }
  local row, col = self:place(turn.heading)
  api.nvim_buf_set_extmark(self.buf, ns, row, col, options)
  row, col = self:place(turn.tail)
  api.nvim_buf_set_extmark(self.buf, ns, row, col, { id = turn.tail, virt_lines = below })
end

--- Writes the text that came to the answer's end.
function Chat:flush()
  local turn = assert(self.turn)
  local text = turn.pending:gsub('\r', '')
  turn.pending = ''
  if text == '' or not api.nvim_buf_is_loaded(self.buf) then return end
  local row, col = self:place(turn.tail)
  local ask = self:place(self.ask)
  if row >= ask then
    -- The user deleted what stood between. The question is theirs, so the answer gets lines above it.
    self:quietly(api.nvim_buf_set_lines, ask, ask, true, { '', '' })
    self:mark(ask + 2, true, self.ask)
    row, col, turn.tail = ask, 0, self:mark(ask, false, turn.tail)
  end
  self:quietly(api.nvim_buf_set_text, row, col, row, col, vim.split(text, '\n'))
  ask = self:place(self.ask)
  -- Only the current window follows its cursor by itself.
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    local cursor = api.nvim_win_get_cursor(win)
    local waits = win ~= api.nvim_get_current_win() and cursor[1] > ask
    if waits then api.nvim_win_set_cursor(win, cursor) end
  end
end

--- Writes at once, and then at most once a frame.
function Chat:flush_soon()
  if self.resting then return end
  self.resting = true
  self:flush()
  vim.defer_fn(function()
    self.resting = false
    if self.turn.pending ~= '' then self:flush_soon() end
  end, FRAME_MS)
end

---@return string[] lines, integer row of the question being typed
function Chat:typed()
  local row = self:place(self.ask)
  return api.nvim_buf_get_lines(self.buf, row, -1, false), row
end

--- Shows the hint where nothing is typed.
function Chat:update_hint()
  local lines, row = self:typed()
  local hint = #lines == 1 and lines[1] == '' and { { HINT, 'AsideHint' } } or nil
  local options = { id = self.hint, virt_text = hint, virt_text_pos = 'overlay' }
  self.hint = api.nvim_buf_set_extmark(self.buf, ns, row, 0, options)
end

--- Puts the cursor where the question goes on.
function Chat:cursor_to_end()
  local last = api.nvim_buf_line_count(self.buf)
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    api.nvim_win_set_cursor(win, { last, #vim.fn.getbufoneline(self.buf, last) })
  end
end

--- Makes the question a turn: adds the answer's heading and the next question's, with their marks.
---@param asked string the question as it stays
---@param turn table
function Chat:add(asked, turn)
  local row = self:place(self.ask)
  local lines = vim.split(asked, '\n')
  local heading = row + #lines + 1
  vim.list_extend(lines, { '', '## Aside', '', '', '', '## You', '', '' })
  self:quietly(api.nvim_buf_set_lines, row, -1, false, lines)
  turn.heading = self:mark(heading, false)
  turn.first = self:mark(heading + 2, true)
  turn.tail = self:mark(heading + 2, false)
  turn.missing, turn.next_seq, turn.pending, turn.reasoning, turn.events = {}, 0, '', '', {}
  self:mark(heading + 6, true, self.ask)
  self.turn = turn
  self:update_hint()
end

---@param problem aside.Problem
function Chat:fail(problem)
  self.turn.state, self.turn.events.failed = 'failed', { problem = problem }
  self:flush()
  self:annotate()
end

--- Asks what the last turn asks.
function Chat:request()
  local turn = assert(self.turn)
  local function failed(problem) self:fail(problem) end
  self:annotate()
  client.ready(function(ready)
    local mentions, missing = mention.resolve(turn.words, ready.offset_encoding)
    turn.missing = missing
    local params = { chat = self.id, turn = turn.id, text = turn.text, mentions = mentions }
    client.request('aside/chat/send', params, nil, failed)
  end, failed)
end

--- Asks the last question again, in the place of the answer that failed.
function Chat:again()
  local turn = self.turn
  if not turn or turn.state == 'done' then return end
  turn.state, turn.next_seq, turn.pending, turn.reasoning, turn.events = 'sent', 0, '', '', {}
  local row, col = self:place(turn.first)
  local to_row, to_col = self:place(turn.tail)
  self:quietly(api.nvim_buf_set_text, row, col, to_row, to_col, {})
  self:request()
end

--- Sends what is typed; with nothing typed, what failed.
function Chat:send()
  if self:is_running() then return say.info('the answer is being written; <C-c> stops it') end
  local asked = vim.trim(table.concat(self:typed(), '\n'))
  if asked == '' then return self:again() end
  local text, words = mention.split(asked)
  if text == '' then return say.info('type a question to go with it') end
  self:add(asked, { id = draw.new_name(), text = text, words = words, state = 'sent' })
  self:cursor_to_end()
  self:request()
end

function Chat:stop()
  if not self:is_running() then return end
  client.request('aside/cancel', { kind = 'turn', chat = self.id, turn = self.turn.id })
end

--- Opens the last answer's reasoning beside.
function Chat:show_reasoning()
  local reasoning = self.turn and vim.trim(self.turn.reasoning) or ''
  if reasoning == '' then return say.info('the last answer has no reasoning') end
  vim.cmd('belowright new')
  vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype = 'nofile', 'wipe', 'markdown'
  api.nvim_buf_set_lines(0, 0, -1, false, vim.split(reasoning, '\n'))
end

--- The code block at the cursor.
---@return string[]? lines, string? language
local function code_block()
  local cursor = api.nvim_win_get_cursor(0)[1]
  local fence, language, block, started
  for row, line in ipairs(api.nvim_buf_get_lines(0, 0, -1, false)) do
    local ticks, info = line:match('^%s*(```+)%s*([^`]*)$')
    if fence and ticks and info == '' and #ticks >= #fence then
      if cursor >= started and cursor <= row then return block, language end
      fence = nil
    elseif fence then
      block[#block + 1] = line
    elseif ticks then
      fence, language, block, started = ticks, info:match('^%S*'), {}, row
    end
  end
  say.info('there is no code block at the cursor')
end

function Chat:set_keys()
  local function map(mode, lhs, run, what)
    local options = { buffer = self.buf, desc = 'aside: ' .. what, expr = lhs == '#' }
    vim.keymap.set(mode, lhs, run, options)
  end
  map('n', '<CR>', function() self:send() end, 'send')
  map('i', '<C-s>', function() self:send() end, 'send')
  map('n', '<C-c>', function() self:stop() end, 'stop')
  map('n', 'gr', function() self:show_reasoning() end, 'show the reasoning')
  map('n', 'gy', function()
    local lines = code_block()
    if lines then vim.fn.setreg(vim.v.register, lines, 'l') end
  end, 'yank the code block')
  map('n', 'ga', function()
    local lines, language = code_block()
    if not lines then return end
    local code = ('```%s\n%s\n```'):format(language, table.concat(lines, '\n'))
    require('aside.proposal').start_on_selection('apply this:\n' .. code)
  end, 'apply the code block to the last selection')
  -- The menu opens where a word begins. <C-p> leaves what is typed as it is, so that it only offers.
  map('i', '#', function()
    local before = api.nvim_get_current_line():sub(1, api.nvim_win_get_cursor(0)[2])
    return (before == '' or before:match('%s$')) and '#<C-x><C-o><C-p>' or '#'
  end, 'take something along')
end

---@type fun(id: string): aside.Chat
local create = function(id)
  local buf = api.nvim_create_buf(false, true)
  local chat = setmetatable({ id = id, buf = buf }, Chat)
  chats[id] = chat
  api.nvim_buf_set_name(buf, 'aside://chat/' .. id)
  api.nvim_buf_set_lines(buf, 0, -1, false, { '## You', '', '' })
  vim.bo[buf].filetype = 'markdown'
  vim.bo[buf].omnifunc = "v:lua.require'aside.mention'.complete"
  pcall(vim.treesitter.start, buf, 'markdown')
  chat.ask = chat:mark(2, true)
  chat:update_hint()
  chat:set_keys()
  api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI', 'TextChangedP', 'BufWipeout' }, {
    buffer = buf,
    callback = function(event)
      if event.event ~= 'BufWipeout' then return chat:update_hint() end
      chat:stop()
      chats[id] = nil
    end,
  })
  return chat
end

--- Shows a chat: in its window, in another chat's, or in a new one beside.
function Chat:show()
  latest = self.id
  local win
  for _, other in pairs(chats) do
    local its = vim.fn.bufwinid(other.buf)
    if its ~= -1 and (not win or other == self) then win = its end
  end
  if win then
    api.nvim_set_current_win(win)
  else
    vim.cmd(client.split())
  end
  if api.nvim_get_current_buf() == self.buf then return end
  api.nvim_win_set_buf(0, self.buf)
  local options = vim.wo[0][0]
  options.wrap, options.linebreak, options.breakindent = true, true, true
  options.number, options.relativenumber, options.signcolumn = false, false, 'no'
  self:cursor_to_end()
end

--- `:Aside` and `:AsideNew`: shows a chat with the command's question in it, and sends it if there is one.
---@param opts table
function M.open(opts)
  local words, here = opts.args, current()
  if opts.range > 0 and not here then
    if vim.fn.line("'<") ~= opts.line1 or vim.fn.line("'>") ~= opts.line2 then
      api.nvim_buf_set_mark(0, '<', opts.line1, 0, {})
      api.nvim_buf_set_mark(
        0,
        '>',
        opts.line2,
        math.max(vim.fn.col({ opts.line2, '$' }) - 2, 0),
        {}
      )
    end
    words = '#selection ' .. words
  end
  local chat = opts.name == 'Aside' and (here or chats[latest or '']) or create(draw.new_name())
  chat:show()
  local lines, row = chat:typed()
  local is_free = vim.trim(table.concat(lines)) == '' and not chat:is_running()
  if words ~= '' then
    lines = vim.list_extend(is_free and {} or lines, vim.split(words, '\n'))
    api.nvim_buf_set_lines(chat.buf, row, -1, false, lines)
    chat:mark(row, true, chat.ask)
  end
  chat:update_hint()
  chat:cursor_to_end()
  if opts.args ~= '' and is_free then return chat:send() end
  vim.cmd('startinsert!')
end

--- Opens a kept chat, filled with its messages.
---@param id string
local function open_kept(id)
  if chats[id] then return chats[id]:show() end
  client.request('aside/chat/open', { chat = id }, function(transcript)
    local chat = create(id)
    for _, message in ipairs(transcript.messages) do
      if message.role == 'user' then
        local state = message.turn == transcript.running and 'sent' or 'done'
        local turn = { id = message.turn, text = message.text, words = {}, state = state }
        chat:add(message.text, turn)
      elseif chat.turn then
        chat.turn.pending = message.text
        chat:flush()
      end
    end
    chat:show()
  end)
end

--- `:AsideChats`: chooses among the kept chats.
function M.choose()
  client.request('aside/chat/list', nil, function(kept)
    if #kept == 0 then return say.info('there are no kept chats') end
    local function format(chat) return os.date('%Y-%m-%d %H:%M  ', chat.updated) .. chat.title end
    vim.ui.select(kept, { prompt = 'Chat', format_item = format }, function(chosen)
      if chosen then open_kept(chosen.chat) end
    end)
  end)
end

--- `aside/chat/event`
---@param params table
function M.on_event(params)
  local chat, event = chats[params.chat], params.event
  local turn, kind = chat and chat.turn, event.kind
  if not turn or turn.id ~= params.turn or params.seq < turn.next_seq then return end
  turn.next_seq = params.seq + 1
  if kind == 'reasoning' then
    turn.reasoning = turn.reasoning .. event.text
  elseif kind == 'text' then
    turn.pending = turn.pending .. event.text
    if turn.state == 'writing' then return chat:flush_soon() end
    turn.state = 'writing'
  else
    turn.events[kind] = event
    if kind == 'done' or kind == 'failed' or kind == 'cancelled' then turn.state = kind end
  end
  chat:flush()
  chat:annotate()
end

--- The server is gone: what was under way has failed, in its place.
---@param problem aside.Problem
function M.on_server_gone(problem)
  for _, chat in pairs(chats) do
    if chat:is_running() then chat:fail(problem) end
  end
end

--- Stops the chat in the current window; where there is none, all of them.
---@return boolean here whether the current window has a chat
function M.stop()
  local here = current()
  vim.tbl_map(Chat.stop, here and { here } or vim.tbl_values(chats))
  return here ~= nil
end

return M
