--- Chats: a Markdown buffer each. The transcript grows above, the user types the next question at the end.
---
--- Two marks keep these apart: the answer is written at the turn's `tail`, and the question is what stands from the
--- chat's `ask` to the end. What is said about a turn (what went along, tokens, problems) is virtual.
local client = require('aside.client')
local draw = require('aside.draw')
local mention = require('aside.mention')
local say = require('aside.say')

local M = {}

---@class aside.Turn
---@field id string
---@field text string the question, without its mentions
---@field words string[] its mentions
---@field missing string[] mentions that could not be resolved
---@field state 'sent'|'writing'|'done'|'failed'|'cancelled'
---@field next_seq integer
---@field heading integer mark on the answer's heading
---@field first integer mark at the answer's start
---@field tail integer mark at the answer's end
---@field pending string[] text not yet written to the buffer
---@field reasoning string
---@field context? table
---@field usage? table
---@field problem? aside.Problem
---@field waiting? table
---@field cut? boolean

---@class aside.Chat
---@field id string
---@field buf integer
---@field ask integer mark at the start of the question being typed
---@field turn? aside.Turn the last turn
---@field hint? integer mark of the hint in an empty question
---@field flushing? boolean

---@type table<string, aside.Chat>
local chats = {}
---@type string?
local latest

local FRAME_MS = 16
local HINT = 'Ask. #selection #file #open #problems take something along. <CR> sends, <C-c> stops.'
local ns = draw.namespace

---@return string
local function new_name()
  return vim.fn.sha256(vim.uv.hrtime() .. '.' .. vim.uv.os_getpid()):sub(1, 16)
end

---@param chat aside.Chat
---@param mark integer
---@return integer row
---@return integer col
local function place(chat, mark)
  local at = vim.api.nvim_buf_get_extmark_by_id(chat.buf, ns, mark, {})
  return at[1] or 0, at[2] or 0
end

---@param chat aside.Chat
---@param row integer
---@param col integer
---@param options? table
---@return integer
local function mark_at(chat, row, col, options)
  return vim.api.nvim_buf_set_extmark(chat.buf, ns, row, col, options or {})
end

--- Writes to the buffer outside its undo history: undoing a piece of an answer makes no sense.
---@param chat aside.Chat
---@param write fun()
local function quietly(chat, write)
  local levels = vim.bo[chat.buf].undolevels
  vim.bo[chat.buf].undolevels = -1
  write()
  vim.bo[chat.buf].undolevels = levels
  vim.bo[chat.buf].modified = false
end

---@param buf? integer the current one without it
---@return aside.Chat?
local function of_buffer(buf)
  buf = buf or vim.api.nvim_get_current_buf()
  for _, chat in pairs(chats) do
    if chat.buf == buf then return chat end
  end
end

---@param turn? aside.Turn
---@return boolean
local function is_running(turn)
  return turn ~= nil and (turn.state == 'sent' or turn.state == 'writing')
end

---@param n integer
---@param noun string
---@return string
local function count(n, noun)
  return n .. ' ' .. noun .. (n == 1 and '' or 's')
end

--- What stands beside the answer's heading: the model, and how far it is.
---@param turn aside.Turn
---@return string
local function progress(turn)
  local parts = { turn.context and turn.context.model }
  if turn.waiting and turn.state == 'sent' then
    parts[#parts + 1] = ('%s, again in %d s'):format(
      turn.waiting.problem.title,
      turn.waiting.seconds
    )
  elseif turn.state == 'sent' then
    parts[#parts + 1] = turn.reasoning ~= '' and 'thinking…' or 'waiting…'
  elseif turn.state == 'writing' then
    parts[#parts + 1] = 'writing…'
  elseif turn.state == 'cancelled' then
    parts[#parts + 1] = 'stopped'
  end
  if turn.usage then
    parts[#parts + 1] = ('%d tokens in, %d out'):format(turn.usage.input, turn.usage.output)
  end
  if turn.cut then parts[#parts + 1] = 'cut at the output limit' end
  return table.concat(parts, ' · ')
end

--- What went along, and what was left out.
---@param turn aside.Turn
---@return string[]
local function manifest(turn)
  local lines, sent, left = {}, {}, vim.list_slice(turn.missing)
  local context = turn.context
  for _, item in ipairs(context and context.items or {}) do
    if item.leftOut then
      left[#left + 1] = item.label .. ' (' .. item.leftOut .. ')'
    else
      sent[#sent + 1] = item.label
    end
  end
  if context then
    local what = #sent > 0 and 'with ' .. table.concat(sent, ', ') or 'your words only'
    lines[1] = ('%s · %d of %d tokens · to %s'):format(
      what,
      context.tokens,
      context.budget,
      context.origin
    )
  end
  if #left > 0 then lines[#lines + 1] = 'left out: ' .. table.concat(left, ', ') end
  return lines
end

--- The lines of reasoning to show: its end while it is all there is, else a word that it is there.
---@param turn aside.Turn
---@return string[]
local function thoughts(turn)
  if turn.reasoning == '' then return {} end
  local lines = vim.split(vim.trim(turn.reasoning), '\n', { plain = true })
  if turn.state == 'sent' then return vim.list_slice(lines, math.max(#lines - 2, 1)) end
  return { '▸ ' .. count(#lines, 'line') .. ' of reasoning (gr opens it)' }
end

--- Draws all that is said about a turn.
---@param chat aside.Chat
local function annotate(chat)
  local turn = assert(chat.turn)
  local width = math.max(draw.width(chat.buf) - 1, 20)
  local above = {}
  for _, text in ipairs(vim.list_extend(manifest(turn), thoughts(turn))) do
    vim.list_extend(above, draw.wrap(text, width, 'AsideHint'))
  end
  local row, col = place(chat, turn.heading)
  mark_at(chat, row, col, {
    id = turn.heading,
    virt_text = { { progress(turn), 'AsideHint' } },
    virt_lines = above,
  })
  row, col = place(chat, turn.tail)
  local below = {}
  if turn.problem then
    local words = 'could not answer: ' .. say.words(turn.problem)
    vim.list_extend(below, draw.wrap(words, width, 'AsideProblem'))
  end
  if turn.state == 'failed' or turn.state == 'cancelled' then
    below[#below + 1] = { { '<CR> with nothing typed asks again', 'AsideHint' } }
  end
  mark_at(chat, row, col, { id = turn.tail, virt_lines = below })
end

--- The windows that are not the current one don't follow their cursor by themselves.
---@param chat aside.Chat
local function follow(chat)
  local ask = place(chat, chat.ask)
  for _, win in ipairs(vim.fn.win_findbuf(chat.buf)) do
    local cursor = vim.api.nvim_win_get_cursor(win)
    if win ~= vim.api.nvim_get_current_win() and cursor[1] > ask then
      vim.api.nvim_win_set_cursor(win, cursor)
    end
  end
end

--- Writes the text that came to the answer's end.
---@param chat aside.Chat
local function flush(chat)
  local turn = assert(chat.turn)
  local text = table.concat(turn.pending):gsub('\r', '')
  turn.pending = {}
  if text == '' or not vim.api.nvim_buf_is_loaded(chat.buf) then return end
  quietly(chat, function()
    local row, col = place(chat, turn.tail)
    local ask = place(chat, chat.ask)
    if row >= ask then
      -- The user deleted what stood between; the question is theirs, so the answer gets lines above it.
      vim.api.nvim_buf_set_lines(chat.buf, ask, ask, true, { '', '' })
      mark_at(chat, ask + 2, 0, { id = chat.ask, right_gravity = false })
      mark_at(chat, ask, 0, { id = turn.tail })
      row, col = ask, 0
    end
    local lines = vim.split(text, '\n', { plain = true })
    vim.api.nvim_buf_set_text(chat.buf, row, col, row, col, lines)
  end)
  follow(chat)
end

--- Writes at once, and then at most once a frame.
---@param chat aside.Chat
local function flush_soon(chat)
  if chat.flushing then return end
  chat.flushing = true
  flush(chat)
  vim.defer_fn(function()
    chat.flushing = false
    if chat.turn and #chat.turn.pending > 0 then flush_soon(chat) end
  end, FRAME_MS)
end

---@param chat aside.Chat
local function update_hint(chat)
  local row = place(chat, chat.ask)
  local typed = vim.api.nvim_buf_get_lines(chat.buf, row, -1, false)
  local empty = #typed <= 1 and (typed[1] or '') == ''
  if chat.hint then
    vim.api.nvim_buf_del_extmark(chat.buf, ns, chat.hint)
    chat.hint = nil
  end
  if empty then
    chat.hint =
      mark_at(chat, row, 0, { virt_text = { { HINT, 'AsideHint' } }, virt_text_pos = 'overlay' })
  end
end

---@param chat aside.Chat
---@return string
local function typed(chat)
  local row = place(chat, chat.ask)
  return vim.trim(table.concat(vim.api.nvim_buf_get_lines(chat.buf, row, -1, false), '\n'))
end

--- Replaces the question being typed.
---@param chat aside.Chat
---@param text string
local function set_typed(chat, text)
  local row = place(chat, chat.ask)
  vim.api.nvim_buf_set_lines(chat.buf, row, -1, false, vim.split(text, '\n', { plain = true }))
  mark_at(chat, row, 0, { id = chat.ask, right_gravity = false })
  update_hint(chat)
end

--- Puts the cursor where the question goes on.
---@param chat aside.Chat
local function cursor_to_end(chat)
  for _, win in ipairs(vim.fn.win_findbuf(chat.buf)) do
    local last = vim.api.nvim_buf_line_count(chat.buf)
    local line = vim.api.nvim_buf_get_lines(chat.buf, last - 1, last, true)[1]
    vim.api.nvim_win_set_cursor(win, { last, #line })
  end
end

--- Adds an answer's heading and the next question's below the lines there are, and their marks.
---@param chat aside.Chat
---@param asked string[] the question's lines, as they stay
---@param turn aside.Turn
local function add_turn(chat, asked, turn)
  quietly(chat, function()
    local row = place(chat, chat.ask)
    local lines =
      vim.list_extend(vim.list_slice(asked), { '', '## Aside', '', '', '', '## You', '', '' })
    vim.api.nvim_buf_set_lines(chat.buf, row, -1, false, lines)
    local heading = row + #asked + 1
    turn.heading = mark_at(chat, heading, 0)
    turn.first = mark_at(chat, heading + 2, 0, { right_gravity = false })
    turn.tail = mark_at(chat, heading + 2, 0)
    mark_at(chat, heading + 6, 0, { id = chat.ask, right_gravity = false })
  end)
  chat.turn = turn
  update_hint(chat)
end

---@param id string
---@param text string
---@param words string[]
---@return aside.Turn
local function new_turn(id, text, words)
  return {
    id = id,
    text = text,
    words = words,
    missing = {},
    state = 'sent',
    next_seq = 0,
    heading = 0,
    first = 0,
    tail = 0,
    pending = {},
    reasoning = '',
  }
end

---@param chat aside.Chat
local function request(chat)
  local turn = assert(chat.turn)
  annotate(chat)
  client.request(
    'aside/chat/send',
    function(ready)
      local mentions, missing = mention.resolve(turn.words, ready.offset_encoding)
      turn.missing = missing
      return { chat = chat.id, turn = turn.id, text = turn.text, mentions = mentions }
    end,
    nil,
    function(problem)
      turn.state, turn.problem = 'failed', problem
      annotate(chat)
    end
  )
end

--- Asks the last question again, in the place of the answer that failed.
---@param chat aside.Chat
local function again(chat)
  local old = assert(chat.turn)
  local turn = new_turn(old.id, old.text, old.words)
  turn.heading, turn.first, turn.tail = old.heading, old.first, old.tail
  chat.turn = turn
  quietly(chat, function()
    local row, col = place(chat, turn.first)
    local to_row, to_col = place(chat, turn.tail)
    if to_row > row or to_col > col then
      vim.api.nvim_buf_set_text(chat.buf, row, col, to_row, to_col, {})
    end
  end)
  request(chat)
end

--- Sends what is typed; with nothing typed, what failed.
---@param chat aside.Chat
local function send(chat)
  if is_running(chat.turn) then
    return say.info('the answer is still being written; <C-c> stops it')
  end
  local asked = typed(chat)
  if asked == '' then
    if chat.turn and (chat.turn.state == 'failed' or chat.turn.state == 'cancelled') then
      again(chat)
    end
    return
  end
  local text, words = mention.split(asked)
  if text == '' then return say.info('type a question to go with it') end
  add_turn(chat, vim.split(asked, '\n', { plain = true }), new_turn(new_name(), text, words))
  cursor_to_end(chat)
  request(chat)
end

---@param chat aside.Chat
---@return boolean stopped whether there was something to stop
local function stop(chat)
  if not is_running(chat.turn) then return false end
  client.request('aside/cancel', { kind = 'turn', chat = chat.id, turn = chat.turn.id })
  return true
end

--- The code block at the cursor.
---@return string[]? lines
---@return string language
local function code_block()
  local cursor = vim.api.nvim_win_get_cursor(0)[1]
  local fence, language, block, started
  for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
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
  return nil, ''
end

--- Yanks the code block at the cursor.
local function yank_code()
  local lines = code_block()
  if lines then
    vim.fn.setreg(vim.v.register, lines, 'l')
    say.info(count(#lines, 'line') .. ' yanked')
  end
end

--- Makes the code block at the cursor an instruction on the last selection.
local function apply_code()
  local lines, language = code_block()
  if lines then
    local code = table.concat(lines, '\n')
    local words = ('apply this:\n```%s\n%s\n```'):format(language, code)
    require('aside.proposal').start_on_selection(words)
  end
end

--- Opens the last answer's reasoning beside.
---@param chat aside.Chat
local function show_reasoning(chat)
  if not chat.turn or chat.turn.reasoning == '' then
    return say.info('there is no reasoning to show')
  end
  vim.cmd('belowright new')
  local lines = vim.split(vim.trim(chat.turn.reasoning), '\n', { plain = true })
  vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
  vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype = 'nofile', 'wipe', 'markdown'
  vim.wo[0][0].wrap, vim.wo[0][0].linebreak = true, true
end

---@param chat aside.Chat
local function set_keys(chat)
  local function map(mode, lhs, description, run, options)
    options =
      vim.tbl_extend('force', { buffer = chat.buf, desc = 'aside: ' .. description }, options or {})
    vim.keymap.set(mode, lhs, run, options)
  end
  map('n', '<CR>', 'send', function()
    send(chat)
  end)
  map('i', '<C-s>', 'send', function()
    send(chat)
  end)
  map('n', '<C-c>', 'stop', function()
    stop(chat)
  end)
  map('n', 'gy', 'yank the code block', yank_code)
  map('n', 'ga', 'apply the code block to the last selection', apply_code)
  map('n', 'gr', 'show the reasoning', function()
    show_reasoning(chat)
  end)
  -- <C-p> leaves what is typed as it is, so that the menu only offers.
  map('i', '#', 'take something along', function()
    local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
    return (before == '' or before:match('%s$')) and '#<C-x><C-o><C-p>' or '#'
  end, { expr = true })
end

---@param id string
---@return aside.Chat
local function create(id)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buf, 'aside://chat/' .. id)
  vim.bo[buf].bufhidden = 'hide'
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, { '## You', '', '' })
  local chat = { id = id, buf = buf, ask = 0 }
  chat.ask = mark_at(chat, 2, 0, { right_gravity = false })
  chats[id] = chat
  vim.bo[buf].filetype = 'markdown'
  vim.bo[buf].omnifunc = "v:lua.require'aside.mention'.complete"
  pcall(vim.treesitter.start, buf, 'markdown')
  set_keys(chat)
  update_hint(chat)
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI', 'TextChangedP' }, {
    buffer = buf,
    callback = function()
      update_hint(chat)
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = buf,
    callback = function()
      stop(chat)
      chats[id] = nil
    end,
  })
  return chat
end

--- Shows a chat in its window, or in a new one beside.
---@param chat aside.Chat
local function show(chat)
  latest = chat.id
  local win = vim.fn.bufwinid(chat.buf)
  if win ~= -1 then return vim.api.nvim_set_current_win(win) end
  -- One chat window is enough: another chat in this tab gives it up.
  for _, other in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if of_buffer(vim.api.nvim_win_get_buf(other)) then win = other end
  end
  if win == -1 then
    vim.cmd(client.split())
  else
    vim.api.nvim_set_current_win(win)
  end
  vim.api.nvim_win_set_buf(0, chat.buf)
  local options = vim.wo[0][0]
  options.wrap, options.linebreak, options.breakindent = true, true, true
  options.number, options.relativenumber, options.signcolumn = false, false, 'no'
  options.spell, options.list, options.foldenable = false, false, false
  cursor_to_end(chat)
end

--- Makes a command's lines the last selection, unless they are already.
---@param opts table
local function select(opts)
  local from, to = vim.fn.line("'<"), vim.fn.line("'>")
  if from ~= opts.line1 or to ~= opts.line2 then
    vim.api.nvim_buf_set_mark(0, '<', opts.line1, 0, {})
    local last = vim.fn.getline(opts.line2)
    vim.api.nvim_buf_set_mark(0, '>', opts.line2, math.max(#last - 1, 0), {})
  end
end

--- Opens a chat with a command's question in it, and sends it if there is one.
---@param chat aside.Chat
---@param opts table the command's arguments
local function begin(chat, opts)
  local with = ''
  if opts.range > 0 and not of_buffer() then
    select(opts)
    with = '#selection '
  end
  show(chat)
  if opts.args ~= '' and not is_running(chat.turn) and typed(chat) == '' then
    set_typed(chat, with .. opts.args)
    return send(chat)
  end
  local before = typed(chat)
  if with ~= '' or opts.args ~= '' then
    set_typed(chat, vim.trim(before .. ' ' .. with .. opts.args) .. ' ')
  end
  cursor_to_end(chat)
  vim.cmd('startinsert!')
end

--- `:Aside`: the chat that was last shown, or a first one.
---@param opts table
function M.open(opts)
  begin(of_buffer() or latest and chats[latest] or create(new_name()), opts)
end

--- `:AsideNew`: another chat.
---@param opts table
function M.new(opts)
  begin(create(new_name()), opts)
end

--- Fills a chat with what was kept of it.
---@param chat aside.Chat
---@param transcript table `ChatTranscript`
local function fill(chat, transcript)
  local turn
  for _, message in ipairs(transcript.messages) do
    if message.role == 'user' then
      turn = new_turn(message.turn, message.text, {})
      turn.state = message.turn == transcript.running and 'sent' or 'done'
      add_turn(chat, vim.split(message.text, '\n', { plain = true }), turn)
    elseif turn then
      turn.pending = { message.text }
      flush(chat)
    end
  end
end

---@param id string
local function open_kept(id)
  if chats[id] then return show(chats[id]) end
  client.request('aside/chat/open', { chat = id }, function(transcript)
    local chat = create(id)
    fill(chat, transcript)
    show(chat)
  end)
end

--- `:AsideChats`: chooses among the kept chats.
function M.choose()
  client.request('aside/chat/list', vim.empty_dict(), function(answer)
    local kept = answer and (answer.chats or answer) or {}
    if #kept == 0 then return say.info('there are no kept chats yet') end
    vim.ui.select(kept, {
      prompt = 'Chat',
      format_item = function(chat)
        return ('%s  %s, %s'):format(
          os.date('%Y-%m-%d %H:%M', chat.updated),
          chat.title,
          count(chat.turns, 'turn')
        )
      end,
    }, function(chosen)
      if chosen then open_kept(chosen.chat) end
    end)
  end)
end

--- What each kind of event does to its turn.
---@type table<string, fun(turn: aside.Turn, event: table)>
local on = {
  context = function(turn, event)
    turn.context = event
  end,
  text = function(turn, event)
    turn.pending[#turn.pending + 1] = event.text
  end,
  reasoning = function(turn, event)
    turn.reasoning = turn.reasoning .. event.text
  end,
  waiting = function(turn, event)
    turn.waiting = event
  end,
  usage = function(turn, event)
    turn.usage = event.usage
  end,
  done = function(turn, event)
    turn.state, turn.cut = 'done', event.cut
  end,
  failed = function(turn, event)
    turn.state, turn.problem = 'failed', event.problem
  end,
  cancelled = function(turn)
    turn.state = 'cancelled'
  end,
}

--- `aside/chat/event`
---@param params table
function M.on_event(params)
  local chat = chats[params.chat]
  local turn = chat and chat.turn
  local event = params.event
  if not turn or turn.id ~= params.turn or params.seq < turn.next_seq or not on[event.kind] then
    return
  end
  turn.next_seq = params.seq + 1
  on[event.kind](turn, event)
  if event.kind == 'text' and turn.state == 'writing' then return flush_soon(chat) end
  if event.kind == 'text' then turn.state = 'writing' end
  flush(chat)
  annotate(chat)
end

--- The server is gone: what was under way has failed, in its place.
function M.on_server_gone()
  for _, chat in pairs(chats) do
    if is_running(chat.turn) then
      local problem =
        { kind = 'internal', title = 'the server stopped', next = 'See :checkhealth aside.' }
      on.failed(chat.turn, { problem = problem })
      flush(chat)
      annotate(chat)
    end
  end
end

--- Stops the chat in the current buffer.
---@return boolean stopped
function M.stop_here()
  local chat = of_buffer()
  return chat ~= nil and stop(chat)
end

--- Stops every chat.
function M.stop_all()
  for _, chat in pairs(chats) do
    stop(chat)
  end
end

return M
