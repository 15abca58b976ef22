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
---@field heading integer mark on the answer's heading
---@field first integer mark at the answer's start
---@field tail integer mark at the answer's end
---@field context? table the events of these kinds, as they came
---@field usage? table
---@field waiting? table
---@field problem? aside.Problem
---@field cut? boolean

---@class aside.Chat
---@field id string
---@field buf integer
---@field ask integer mark at the start of the question being typed
---@field hint integer mark of the hint in an empty question
---@field turn? aside.Turn the last turn
---@field resting? boolean text was written within this frame

---@type table<string, aside.Chat>
local chats = {}
---@type string? the chat that was shown last
local latest

---@param chat aside.Chat
---@param mark integer
---@return integer row
---@return integer col
local function place(chat, mark)
  local at = api.nvim_buf_get_extmark_by_id(chat.buf, ns, mark, {})
  return at[1] or 0, at[2] or 0
end

--- Sets a mark; a fixed one stays before what is written at its place.
---@param chat aside.Chat
---@param row integer
---@param fixed boolean
---@param id? integer
---@return integer
local function mark_row(chat, row, fixed, id)
  return api.nvim_buf_set_extmark(chat.buf, ns, row, 0, { id = id, right_gravity = not fixed })
end

--- Writes outside the undo history: undoing a piece of an answer makes no sense.
---@param chat aside.Chat
---@param write fun(...)
---@param ... any
local function quietly(chat, write, ...)
  local levels = vim.bo[chat.buf].undolevels
  vim.bo[chat.buf].undolevels = -1
  write(chat.buf, ...)
  vim.bo[chat.buf].undolevels = levels
  vim.bo[chat.buf].modified = false
end

---@return aside.Chat? chat the one in the current window
local function current()
  for _, chat in pairs(chats) do
    if chat.buf == api.nvim_get_current_buf() then return chat end
  end
end

---@param turn? aside.Turn
---@return boolean
local function is_running(turn)
  return turn ~= nil and (turn.state == 'sent' or turn.state == 'writing')
end

--- What stands beside the answer's heading: the model, and how far it is.
---@param turn aside.Turn
---@return string
local function progress(turn)
  local said = { writing = 'writing…', cancelled = 'stopped' }
  said.sent = turn.reasoning ~= '' and 'thinking…' or 'waiting…'
  if turn.waiting then
    said.sent = ('%s, again in %d s'):format(turn.waiting.problem.title, turn.waiting.seconds)
  end
  local usage = turn.usage and ('%d tokens in, %d out'):format(turn.usage.input, turn.usage.output)
  local parts = { turn.context and turn.context.model or '', said[turn.state] or '', usage or '' }
  if turn.cut then parts[4] = 'cut at the output limit' end
  return table.concat(vim.tbl_filter(function(part) return part ~= '' end, parts), ' · ')
end

--- What went along, what was left out, and the reasoning: its end while that is all there is.
---@param turn aside.Turn
---@return string[]
local function details(turn)
  local lines, sent, left = {}, {}, vim.list_slice(turn.missing)
  local context = turn.context
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
  if turn.reasoning == '' then return lines end
  local thoughts = vim.split(vim.trim(turn.reasoning), '\n')
  if turn.state == 'sent' then
    return vim.list_extend(lines, thoughts, math.max(#thoughts - 2, 1))
  end
  lines[#lines + 1] = ('▸ reasoning, lines: %d (gr opens it)'):format(#thoughts)
  return lines
end

--- Draws all that is said about the last turn.
---@param chat aside.Chat
local function annotate(chat)
  local turn = assert(chat.turn)
  local above, below = {}, {}
  for _, text in ipairs(details(turn)) do
    vim.list_extend(above, draw.wrap(chat.buf, text, 'AsideHint'))
  end
  if turn.problem then
    local words = 'could not answer: ' .. say.words(turn.problem)
    below = draw.wrap(chat.buf, words, 'AsideProblem')
  end
  if turn.state == 'failed' or turn.state == 'cancelled' then
    below[#below + 1] = { { '<CR> with nothing typed asks again', 'AsideHint' } }
  end
  local row, col = place(chat, turn.heading)
  api.nvim_buf_set_extmark(chat.buf, ns, row, col, {
    id = turn.heading,
    virt_text = { { progress(turn), 'AsideHint' } },
    virt_lines = above,
  })
  row, col = place(chat, turn.tail)
  api.nvim_buf_set_extmark(chat.buf, ns, row, col, { id = turn.tail, virt_lines = below })
end

--- Writes the text that came to the answer's end.
---@param chat aside.Chat
local function flush(chat)
  local turn = assert(chat.turn)
  local lines = vim.split(turn.pending:gsub('\r', ''), '\n')
  local nothing = turn.pending == ''
  turn.pending = ''
  if nothing or not api.nvim_buf_is_loaded(chat.buf) then return end
  local row, col = place(chat, turn.tail)
  local ask = place(chat, chat.ask)
  if row >= ask then
    -- The user deleted what stood between. The question is theirs, so the answer gets lines above it.
    quietly(chat, api.nvim_buf_set_lines, ask, ask, true, { '', '' })
    mark_row(chat, ask + 2, true, chat.ask)
    row, col, turn.tail = ask, 0, mark_row(chat, ask, false, turn.tail)
  end
  quietly(chat, api.nvim_buf_set_text, row, col, row, col, lines)
  ask = place(chat, chat.ask)
  -- Only the current window follows its cursor by itself.
  for _, win in ipairs(vim.fn.win_findbuf(chat.buf)) do
    local cursor = api.nvim_win_get_cursor(win)
    local waits = win ~= api.nvim_get_current_win() and cursor[1] > ask
    if waits then api.nvim_win_set_cursor(win, cursor) end
  end
end

--- Writes at once, and then at most once a frame.
---@param chat aside.Chat
local function flush_soon(chat)
  if chat.resting then return end
  chat.resting = true
  flush(chat)
  vim.defer_fn(function()
    chat.resting = false
    if chat.turn.pending ~= '' then flush_soon(chat) end
  end, FRAME_MS)
end

---@param chat aside.Chat
---@return string
local function typed(chat)
  local row = place(chat, chat.ask)
  return vim.trim(table.concat(api.nvim_buf_get_lines(chat.buf, row, -1, false), '\n'))
end

--- Shows the hint where nothing is typed.
---@param chat aside.Chat
local function update_hint(chat)
  local row = place(chat, chat.ask)
  local lines = api.nvim_buf_get_lines(chat.buf, row, -1, false)
  local hint = #lines == 1 and lines[1] == '' and { { HINT, 'AsideHint' } } or nil
  local options = { id = chat.hint, virt_text = hint, virt_text_pos = 'overlay' }
  chat.hint = api.nvim_buf_set_extmark(chat.buf, ns, row, 0, options)
end

--- Replaces the question being typed.
---@param chat aside.Chat
---@param text string
local function set_typed(chat, text)
  local row = place(chat, chat.ask)
  api.nvim_buf_set_lines(chat.buf, row, -1, false, vim.split(text, '\n'))
  mark_row(chat, row, true, chat.ask)
  update_hint(chat)
end

--- Puts the cursor where the question goes on.
---@param chat aside.Chat
local function cursor_to_end(chat)
  local last = api.nvim_buf_line_count(chat.buf)
  for _, win in ipairs(vim.fn.win_findbuf(chat.buf)) do
    api.nvim_win_set_cursor(win, { last, #vim.fn.getbufoneline(chat.buf, last) })
  end
end

--- Makes the question a turn: adds the answer's heading and the next question's, with their marks.
---@param chat aside.Chat
---@param asked string the question as it stays
---@param turn table
local function add_turn(chat, asked, turn)
  local row = place(chat, chat.ask)
  local lines = vim.split(asked, '\n')
  local heading = row + #lines + 1
  vim.list_extend(lines, { '', '## Aside', '', '', '', '## You', '', '' })
  quietly(chat, api.nvim_buf_set_lines, row, -1, false, lines)
  turn.heading = mark_row(chat, heading, false)
  turn.first = mark_row(chat, heading + 2, true)
  turn.tail = mark_row(chat, heading + 2, false)
  turn.missing, turn.next_seq, turn.pending, turn.reasoning = {}, 0, '', ''
  mark_row(chat, heading + 6, true, chat.ask)
  chat.turn = turn
  update_hint(chat)
end

---@param chat aside.Chat
local function request(chat)
  local turn = assert(chat.turn)
  local function failed(problem)
    turn.state, turn.problem = 'failed', problem
    annotate(chat)
  end
  annotate(chat)
  client.ready(function(ready)
    local mentions, missing = mention.resolve(turn.words, ready.offset_encoding)
    turn.missing = missing
    local params = { chat = chat.id, turn = turn.id, text = turn.text, mentions = mentions }
    client.request('aside/chat/send', params, nil, failed)
  end, failed)
end

--- Asks the last question again, in the place of the answer that failed.
---@param chat aside.Chat
local function again(chat)
  local turn = assert(chat.turn)
  turn.state, turn.next_seq, turn.pending, turn.reasoning = 'sent', 0, '', ''
  turn.context, turn.usage, turn.waiting, turn.problem = nil, nil, nil, nil
  local row, col = place(chat, turn.first)
  local to_row, to_col = place(chat, turn.tail)
  quietly(chat, api.nvim_buf_set_text, row, col, to_row, to_col, {})
  request(chat)
end

--- Sends what is typed; with nothing typed, what failed.
---@param chat aside.Chat
local function send(chat)
  local turn = chat.turn
  if is_running(turn) then return say.info('the answer is being written; <C-c> stops it') end
  local asked = typed(chat)
  if asked == '' then return turn and turn.state ~= 'done' and again(chat) end
  local text, words = mention.split(asked)
  if text == '' then return say.info('type a question to go with it') end
  add_turn(chat, asked, { id = draw.new_name(), text = text, words = words, state = 'sent' })
  cursor_to_end(chat)
  request(chat)
end

---@param chat aside.Chat
local function stop(chat)
  if not is_running(chat.turn) then return end
  client.request('aside/cancel', { kind = 'turn', chat = chat.id, turn = chat.turn.id })
end

--- Does something with the code block at the cursor.
---@param use fun(lines: string[], language: string)
local function with_code(use)
  local cursor = api.nvim_win_get_cursor(0)[1]
  local fence, language, block, started
  for row, line in ipairs(api.nvim_buf_get_lines(0, 0, -1, false)) do
    local ticks, info = line:match('^%s*(```+)%s*([^`]*)$')
    if fence and ticks and info == '' and #ticks >= #fence then
      if cursor >= started and cursor <= row then return use(block, language) end
      fence = nil
    elseif fence then
      block[#block + 1] = line
    elseif ticks then
      fence, language, block, started = ticks, info:match('^%S*'), {}, row
    end
  end
  say.info('there is no code block at the cursor')
end

---@param lines string[]
local function yank(lines)
  vim.fn.setreg(vim.v.register, lines, 'l')
  say.info(('lines yanked: %d'):format(#lines))
end

---@param lines string[]
---@param language string
local function apply(lines, language)
  local code = ('```%s\n%s\n```'):format(language, table.concat(lines, '\n'))
  require('aside.proposal').start_on_selection('apply this:\n' .. code)
end

--- Opens the last answer's reasoning beside.
---@param chat aside.Chat
local function show_reasoning(chat)
  local reasoning = chat.turn and vim.trim(chat.turn.reasoning) or ''
  if reasoning == '' then return say.info('the last answer has no reasoning') end
  vim.cmd('belowright new')
  vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype = 'nofile', 'wipe', 'markdown'
  api.nvim_buf_set_lines(0, 0, -1, false, vim.split(reasoning, '\n'))
end

--- A mention's menu opens where a word begins. <C-p> leaves what is typed as it is, so that the menu only offers.
---@return string keys
local function hash()
  local before = api.nvim_get_current_line():sub(1, api.nvim_win_get_cursor(0)[2])
  return (before == '' or before:match('%s$')) and '#<C-x><C-o><C-p>' or '#'
end

---@param chat aside.Chat
local function set_keys(chat)
  local function map(mode, lhs, run, what)
    local options = { buffer = chat.buf, desc = 'aside: ' .. what, expr = lhs == '#' }
    vim.keymap.set(mode, lhs, run, options)
  end
  map('n', '<CR>', function() send(chat) end, 'send')
  map('i', '<C-s>', function() send(chat) end, 'send')
  map('n', '<C-c>', function() stop(chat) end, 'stop')
  map('n', 'gy', function() with_code(yank) end, 'yank the code block')
  map('n', 'ga', function() with_code(apply) end, 'apply the code block to the last selection')
  map('n', 'gr', function() show_reasoning(chat) end, 'show the reasoning')
  map('i', '#', hash, 'take something along')
end

---@param id string
---@return aside.Chat
local function create(id)
  local buf = api.nvim_create_buf(false, true)
  api.nvim_buf_set_name(buf, 'aside://chat/' .. id)
  api.nvim_buf_set_lines(buf, 0, -1, false, { '## You', '', '' })
  local chat = { id = id, buf = buf }
  chat.ask = mark_row(chat, 2, true)
  chats[id] = chat
  vim.bo[buf].filetype = 'markdown'
  vim.bo[buf].omnifunc = "v:lua.require'aside.mention'.complete"
  pcall(vim.treesitter.start, buf, 'markdown')
  set_keys(chat)
  update_hint(chat)
  local function hint() update_hint(chat) end
  local function gone()
    stop(chat)
    chats[id] = nil
  end
  api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, { buffer = buf, callback = hint })
  api.nvim_create_autocmd('BufWipeout', { buffer = buf, callback = gone })
  return chat
end

--- Shows a chat: in its window, in another chat's, or in a new one beside.
---@param chat aside.Chat
local function show(chat)
  latest = chat.id
  local win
  for _, other in pairs(chats) do
    local its = vim.fn.bufwinid(other.buf)
    if its ~= -1 and (not win or other == chat) then win = its end
  end
  if win then
    api.nvim_set_current_win(win)
  else
    vim.cmd(client.split())
  end
  if api.nvim_get_current_buf() == chat.buf then return end
  api.nvim_win_set_buf(0, chat.buf)
  local options = vim.wo[0][0]
  options.wrap, options.linebreak, options.breakindent = true, true, true
  options.number, options.relativenumber, options.signcolumn = false, false, 'no'
  cursor_to_end(chat)
end

--- Shows a chat with a command's question in it, and sends it if there is one.
---@param chat aside.Chat
---@param opts table the command's arguments
local function begin(chat, opts)
  local words = opts.args
  if opts.range > 0 and not current() then
    local is_selection = vim.fn.line("'<") == opts.line1 and vim.fn.line("'>") == opts.line2
    if not is_selection then
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
  show(chat)
  local before = typed(chat)
  if words ~= '' then set_typed(chat, (before == '' and '' or before .. ' ') .. words) end
  cursor_to_end(chat)
  if opts.args ~= '' and before == '' and not is_running(chat.turn) then return send(chat) end
  vim.cmd('startinsert!')
end

--- `:Aside`: the chat that was shown last, or a first one.
---@param opts table
function M.open(opts) begin(current() or chats[latest or ''] or create(draw.new_name()), opts) end

--- `:AsideNew`: another chat.
---@param opts table
function M.new(opts) begin(create(draw.new_name()), opts) end

--- Opens a chat of the list, filled with what was kept of it.
---@param id string
local function open_kept(id)
  if chats[id] then return show(chats[id]) end
  client.request('aside/chat/open', { chat = id }, function(transcript)
    local chat = create(id)
    for _, message in ipairs(transcript.messages) do
      if message.role == 'user' then
        local state = message.turn == transcript.running and 'sent' or 'done'
        local turn = { id = message.turn, text = message.text, words = {}, state = state }
        add_turn(chat, message.text, turn)
      elseif chat.turn then
        chat.turn.pending = message.text
        flush(chat)
      end
    end
    show(chat)
  end)
end

--- `:AsideChats`: chooses among the kept chats.
function M.choose()
  client.request('aside/chat/list', vim.empty_dict(), function(kept)
    if #kept == 0 then return say.info('there are no kept chats') end
    local function format(chat) return os.date('%Y-%m-%d %H:%M  ', chat.updated) .. chat.title end
    vim.ui.select(kept, { prompt = 'Chat', format_item = format }, function(chosen)
      if chosen then open_kept(chosen.chat) end
    end)
  end)
end

--- What each kind of event does to its turn.
---@type table<string, fun(turn: aside.Turn, event: table)>
local on = {
  context = function(turn, event) turn.context = event end,
  text = function(turn, event) turn.pending = turn.pending .. event.text end,
  reasoning = function(turn, event) turn.reasoning = turn.reasoning .. event.text end,
  waiting = function(turn, event) turn.waiting = event end,
  usage = function(turn, event) turn.usage = event.usage end,
  done = function(turn, event)
    turn.state, turn.cut = 'done', event.cut
  end,
  failed = function(turn, event)
    turn.state, turn.problem = 'failed', event.problem
  end,
  cancelled = function(turn) turn.state = 'cancelled' end,
}

--- `aside/chat/event`
---@param params table
function M.on_event(params)
  local chat, event = chats[params.chat], params.event
  local turn = chat and chat.turn
  if not turn or turn.id ~= params.turn or params.seq < turn.next_seq then return end
  turn.next_seq = params.seq + 1
  if on[event.kind] then on[event.kind](turn, event) end
  if event.kind == 'text' and turn.state == 'writing' then return flush_soon(chat) end
  if event.kind == 'text' then turn.state = 'writing' end
  flush(chat)
  annotate(chat)
end

--- The server is gone: what was under way has failed, in its place.
---@param problem aside.Problem
function M.on_server_gone(problem)
  for _, chat in pairs(chats) do
    if is_running(chat.turn) then
      on.failed(chat.turn, { problem = problem })
      flush(chat)
      annotate(chat)
    end
  end
end

--- Stops the chat in the current window; where there is none, all of them.
---@return boolean here whether the current window has a chat
function M.stop()
  local here = current()
  vim.tbl_map(stop, here and { here } or vim.tbl_values(chats))
  return here ~= nil
end

return M
