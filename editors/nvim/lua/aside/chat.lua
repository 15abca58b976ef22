--- Chats: asked, answered, kept. What they look like is in `aside.transcript`.
local client = require('aside.client')
local draw = require('aside.draw')
local here = require('aside.here')
local say = require('aside.say')
local Transcript = require('aside.transcript')

local M = {}

local api = vim.api

---@class aside.Chat: aside.Transcript
---@field id string
---@field foreseen string the mentions that what would go along was last asked for
---@field warmed? boolean the server knows that a question is being typed
local Chat = setmetatable({}, { __index = Transcript })
Chat.__index = Chat

---@type table<string, aside.Chat>
local chats = {}
---@type string? the chat that was shown last
local latest

---@return aside.Chat? chat the one in the current window
function M.current()
  for _, chat in pairs(chats) do
    if chat.buf == api.nvim_get_current_buf() then return chat end
  end
end

---@return boolean
function Chat:is_running() return self.turn ~= nil and self.turn.state == 'running' end

--- The message about a question.
---@type fun(self: aside.Chat, turn: string, text: string): table
Chat.message = function(self, turn, text)
  return { kind = 'turn', chat = self.id, turn = turn, text = text, about = here.about() }
end

---@param problem aside.Problem
function Chat:fail(problem)
  if not api.nvim_buf_is_loaded(self.buf) then return end
  self.turn.state, self.turn.said.beside = 'failed', ''
  self.turn.said.below = 'could not answer: ' .. say.words(problem)
  self:annotate()
end

--- Asks what the last turn asks.
function Chat:request()
  self:annotate()
  local function params() return self:message(self.turn.id, self.turn.text) end
  client.request('aside/chat/send', params, nil, function(problem) self:fail(problem) end)
end

--- Asks the last question again, in the place of the answer that failed.
function Chat:again()
  local turn = self.turn
  if not turn or turn.state == 'done' then return end
  turn.state, turn.next_seq, turn.reasoning = 'running', 0, ''
  turn.said = { beside = '', above = {} }
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
  local _, is_question = here.scan(asked)
  if not is_question then return say.info('type a question to go with it') end
  self.warmed = false
  self:add(draw.new_name(), asked, 'running')
  self:cursor_to_end()
  self:request()
end

function Chat:stop()
  if not self:is_running() then return end
  client.request('aside/cancel', { kind = 'turn', chat = self.id, turn = self.turn.id })
end

--- Asks what would go along with the question being typed, when its mentions have changed, and shows it.
function Chat:foresee()
  local text = table.concat(self:typed(), '\n')
  local words = here.scan(text)
  if words == self.foreseen then return end
  self.foreseen, self.along = words, nil
  if words == '' then return end
  local function show(lines, highlight)
    if self.foreseen ~= words or not api.nvim_buf_is_loaded(self.buf) then return end
    self.along = draw.wrap(self.buf, lines, highlight)
    self:update_hint()
  end
  client.request(
    'aside/preview',
    function() return self:message(draw.new_name(), text) end,
    function(plan) show(plan.along, 'AsideHint') end,
    function(problem) show({ say.words(problem) }, 'AsideProblem') end
  )
end

--- Shows what would be sent for the question being typed.
function Chat:preview()
  local text = table.concat(self:typed(), '\n')
  client.execute('aside.preview', function() return self:message(draw.new_name(), text) end)
end

--- Breaks what is said about the turns into lines anew, which Neovim doesn't.
local function annotate_all()
  for _, chat in pairs(chats) do
    vim.tbl_map(function(turn) chat:annotate(turn) end, chat.turns)
  end
end
api.nvim_create_autocmd('WinResized', { callback = annotate_all })

--- What happens when the user types in the chat, comes back to it, or closes it.
---@param event string
function Chat:on(event)
  if event == 'BufUnload' then
    self:stop()
    chats[self.id] = nil
    -- A name that is still taken would be in the way when the chat is opened again.
    return vim.schedule(function() pcall(api.nvim_buf_delete, self.buf, { force = true }) end)
  end
  if event == 'BufEnter' then self.foreseen = '' end
  if event == 'TextChangedI' and not self.warmed and self:typed()[1] ~= '' then
    client.notify('aside/warm', { feature = 'chat' })
    self.warmed = true
  end
  self:foresee()
  self:update_hint()
end

--- Opens text beside, in a buffer that goes with its window.
---@param text string
local function open_beside(text)
  vim.cmd('belowright new')
  vim.bo.buftype, vim.bo.bufhidden, vim.bo.filetype = 'nofile', 'wipe', 'markdown'
  api.nvim_buf_set_lines(0, 0, -1, false, vim.split(vim.trim(text), '\n'))
end

function Chat:show_reasoning()
  local reasoning = self.turn and self.turn.reasoning or ''
  if reasoning == '' then return say.info('the last answer has no reasoning') end
  open_beside(reasoning)
end

function Chat:yank_block()
  local lines = Transcript.code_block()
  if lines then vim.fn.setreg(vim.v.register, lines, 'l') end
end

function Chat:apply_block()
  local lines, language = Transcript.code_block()
  if not lines then return end
  local code = ('```%s\n%s\n```'):format(language, table.concat(lines, '\n'))
  require('aside.proposal').start_on_selection('apply this:\n' .. code)
end

--- Of each key: its mode, what it does.
local KEYS = {
  ['<CR>'] = { 'n', 'send', Chat.send },
  ['<C-s>'] = { 'i', 'send', Chat.send },
  ['<C-c>'] = { 'n', 'stop', Chat.stop },
  gr = { 'n', 'show the reasoning', Chat.show_reasoning },
  gy = { 'n', 'yank the code block', Chat.yank_block },
  ga = { 'n', 'apply the code block to the last selection', Chat.apply_block },
}

---@type fun(id: string): aside.Chat
local create = function(id)
  local chat = setmetatable(Transcript.new('aside://chat/' .. id), Chat)
  chat.id, chat.foreseen, chats[id] = id, '', chat
  vim.keymap.set('i', '#', here.offer, { buffer = chat.buf, expr = true })
  for lhs, key in pairs(KEYS) do
    local options = { buffer = chat.buf, desc = 'aside: ' .. key[2] }
    vim.keymap.set(key[1], lhs, function() key[3](chat) end, options)
  end
  local events = { 'TextChanged', 'TextChangedI', 'TextChangedP', 'BufEnter', 'BufUnload' }
  local function on(event) chat:on(event.event) end
  api.nvim_create_autocmd(events, { buffer = chat.buf, callback = on })
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
  -- Otherwise a paragraph that is longer than the window is not shown at all.
  options.smoothscroll = true
  options.number, options.relativenumber, options.signcolumn = false, false, 'no'
  self:cursor_to_end()
end

--- `:Aside` and `:AsideNew`: shows a chat with the command's question in it, and sends it if there is one.
---@param opts table
function M.open(opts)
  local words, shown = opts.args, M.current()
  if opts.range > 0 and not shown then
    here.select(opts.line1, opts.line2)
    words = '#selection ' .. words
  end
  local chat = opts.name == 'Aside' and (shown or chats[latest or '']) or create(draw.new_name())
  chat:show()
  local typed, row = chat:typed()
  local is_free = vim.trim(table.concat(typed)) == '' and not chat:is_running()
  if words ~= '' then
    typed = vim.list_extend(is_free and {} or typed, vim.split(words, '\n'))
    api.nvim_buf_set_lines(chat.buf, row, -1, false, typed)
    chat:mark(row, true, chat.ask)
  end
  chat:on('TextChanged')
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
        local state = message.turn == transcript.running and 'running' or 'done'
        chat:add(message.turn, message.text, state)
      elseif chat.turn then
        chat:write(message.text)
        chat.turn.said = message.said or chat.turn.said
        chat:annotate()
      end
    end
    chat:show()
  end)
end

--- `:AsideChats`: chooses among the kept chats, or among those that hold the words.
---@param opts table
function M.choose(opts)
  client.request('aside/chat/search', { text = opts.args }, function(kept)
    if #kept == 0 then return say.info('there are no such chats') end
    local function format(chat) return os.date('%Y-%m-%d %H:%M  ', chat.updated) .. chat.title end
    vim.ui.select(kept, { prompt = 'Chat', format_item = format }, function(chosen)
      if chosen then open_kept(chosen.chat) end
    end)
  end)
end

--- `:AsideChat`: renames, deletes or exports the chat that was shown last.
---@param opts table
function M.manage(opts)
  local chat = M.current() or chats[latest or '']
  if not chat then return say.info('no chat is open; :AsideChats opens one') end
  local action, title = opts.args:match('^(%S+)%s*(.*)$')
  local done = ({ rename = 'renamed', delete = 'deleted', export = 'shown as Markdown' })[action]
  if not done then return say.info('it can rename (to a title), delete or export') end
  local question = 'Delete this chat for good?'
  if action == 'delete' and vim.fn.confirm(question, '&Delete\n&Keep', 2) ~= 1 then return end
  client.request('aside/chat/' .. action, { chat = chat.id, title = title }, function(answer)
    if action == 'export' then open_beside(answer.markdown) end
    if action == 'delete' then api.nvim_buf_delete(chat.buf, { force = true }) end
    say.info('the chat is ' .. done)
  end)
end

--- `aside/chat/event`
---@param params table
function M.on_event(params)
  local chat, event = chats[params.chat], params.event
  local turn, kind = chat and chat.turn, event.kind
  if not turn or turn.id ~= params.turn or params.seq < turn.next_seq then return end
  turn.next_seq = params.seq + 1
  if kind == 'text' then
    chat:write(event.text)
  elseif kind == 'reasoning' then
    turn.reasoning = turn.reasoning .. event.text
  elseif kind == 'done' or kind == 'failed' or kind == 'cancelled' then
    turn.state = kind
  end
  if not params.said then return end
  turn.said = params.said
  chat:annotate()
end

--- The server is gone: what was under way has failed, in its place.
---@param problem aside.Problem
function M.on_server_gone(problem)
  for _, chat in pairs(chats) do
    if chat:is_running() then chat:fail(problem) end
  end
end

return M
