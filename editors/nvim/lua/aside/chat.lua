--- Chats: asked, answered, kept. What they look like is in `aside.transcript`.
local client = require('aside.client')
local draw = require('aside.draw')
local mention = require('aside.mention')
local position = require('aside.position')
local say = require('aside.say')
local Transcript = require('aside.transcript')

local M = {}

local api = vim.api

---@class aside.Chat: aside.Transcript
---@field id string
---@field foreseen string the mentions that what would go along was last asked for
local Chat = setmetatable({}, { __index = Transcript })
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

---@return boolean
function Chat:is_running()
  local state = self.turn and self.turn.state
  return state == 'sent' or state == 'writing'
end

--- Runs a function with the message about a question, once the server is ready for it.
---@type fun(self: aside.Chat, turn: string, text: string, run: fun(params: table), failed: fun(problem: aside.Problem))
Chat.message = function(self, turn, text, run, failed)
  client.ready(
    function()
      run({ kind = 'turn', chat = self.id, turn = turn, text = text, about = mention.about() })
    end,
    failed
  )
end

---@param problem aside.Problem
function Chat:fail(problem)
  self.turn.state, self.turn.said.beside = 'failed', ''
  self.turn.said.below = 'could not answer: ' .. say.words(problem)
  self:annotate()
end

--- Asks what the last turn asks.
function Chat:request()
  local function failed(problem) self:fail(problem) end
  self:annotate()
  self:message(
    self.turn.id,
    self.turn.text,
    function(params) client.request('aside/chat/send', params, nil, failed) end,
    failed
  )
end

--- Asks the last question again, in the place of the answer that failed.
function Chat:again()
  local turn = self.turn
  if not turn or turn.state == 'done' then return end
  turn.state, turn.next_seq, turn.reasoning = 'sent', 0, ''
  turn.said = { beside = '', above = {} }
  self:clear_answer()
  self:request()
end

--- Sends what is typed; with nothing typed, what failed.
function Chat:send()
  if self:is_running() then return say.info('the answer is being written; <C-c> stops it') end
  local asked = vim.trim(table.concat(self:typed(), '\n'))
  if asked == '' then return self:again() end
  local _, is_question = mention.scan(asked)
  if not is_question then return say.info('type a question to go with it') end
  self:add(draw.new_name(), asked, 'sent')
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
  local words = mention.scan(text)
  if words == self.foreseen then return end
  self.foreseen, self.along = words, nil
  if words == '' then return end
  local function show(lines, highlight)
    if self.foreseen ~= words or not api.nvim_buf_is_loaded(self.buf) then return end
    self.along = draw.wrap(self.buf, lines, highlight)
    self:update_hint()
  end
  local function failed(problem) show({ say.words(problem) }, 'AsideProblem') end
  self:message(draw.new_name(), text, function(params)
    client.request(
      'aside/preview',
      params,
      function(plan) show(plan.along, 'AsideHint') end,
      failed
    )
  end, failed)
end

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

--- Runs a function with the code block at the cursor.
---@param run fun(lines: string[], language: string)
local function with_block(run)
  local lines, language = Transcript.code_block()
  if not lines then return say.info('there is no code block at the cursor') end
  run(lines, language or '')
end

local function yank_block()
  with_block(function(lines) vim.fn.setreg(vim.v.register, lines, 'l') end)
end

local function apply_block()
  with_block(function(lines, language)
    local code = ('```%s\n%s\n```'):format(language, table.concat(lines, '\n'))
    require('aside.proposal').start_on_selection('apply this:\n' .. code)
  end)
end

--- The menu opens where a word begins. <C-p> leaves what is typed as it is.
local function offer_mentions()
  local before = api.nvim_get_current_line():sub(1, api.nvim_win_get_cursor(0)[2])
  return (before == '' or before:match('%s$'))
      and '#<Cmd>lua require("aside.mention").offer()<CR><C-p>'
    or '#'
end

function Chat:set_keys()
  local function map(mode, lhs, run, what)
    local options = { buffer = self.buf, desc = 'aside: ' .. what, expr = lhs == '#' }
    vim.keymap.set(mode, lhs, run, options)
  end
  map('n', '<CR>', function() self:send() end, 'send')
  map('i', '<C-s>', function() self:send() end, 'send')
  map('n', '<C-c>', function() self:stop() end, 'stop')
  map('n', 'gy', yank_block, 'yank the code block')
  map('n', 'ga', apply_block, 'apply the code block to the last selection')
  map('i', '#', offer_mentions, 'take something along')
  map('n', 'gr', function()
    local reasoning = self.turn and self.turn.reasoning or ''
    if reasoning == '' then return say.info('the last answer has no reasoning') end
    open_beside(reasoning)
  end, 'show the reasoning')
end

---@type fun(id: string): aside.Chat
local create = function(id)
  local chat = setmetatable(Transcript.new('aside://chat/' .. id), Chat)
  chat.id, chat.foreseen, chats[id] = id, '', chat
  chat:set_keys()
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
  options.number, options.relativenumber, options.signcolumn = false, false, 'no'
  self:cursor_to_end()
end

--- `:Aside` and `:AsideNew`: shows a chat with the command's question in it, and sends it if there is one.
---@param opts table
function M.open(opts)
  local words, here = opts.args, current()
  if opts.range > 0 and not here then
    position.select(opts.line1, opts.line2)
    words = '#selection ' .. words
  end
  local chat = opts.name == 'Aside' and (here or chats[latest or '']) or create(draw.new_name())
  chat:show()
  local typed = chat:typed()
  local is_free = vim.trim(table.concat(typed)) == '' and not chat:is_running()
  if words ~= '' then
    chat:type(vim.list_extend(is_free and {} or typed, vim.split(words, '\n')))
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
        local state = message.turn == transcript.running and 'sent' or 'done'
        chat:add(message.turn, message.text, state)
      elseif chat.turn then
        chat:write(message.text)
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
  local chat = current() or chats[latest or '']
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

--- `:AsidePreview` in a chat: shows what would be sent for the question being typed.
---@return boolean here whether the current window has a chat
function M.preview()
  local chat = current()
  if not chat then return false end
  local function show(params) client.execute('aside.preview', params) end
  chat:message(draw.new_name(), table.concat(chat:typed(), '\n'), show, say.problem)
  return true
end

--- `aside/chat/event`
---@param params table
function M.on_event(params)
  local chat, event = chats[params.chat], params.event
  local turn, kind = chat and chat.turn, event.kind
  if not turn or turn.id ~= params.turn or params.seq < turn.next_seq then return end
  turn.next_seq = params.seq + 1
  if kind == 'text' then
    turn.state = 'writing'
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

--- Stops the answer in the current window.
---@return boolean here whether that window has a chat
function M.stop()
  local here = current()
  if here then here:stop() end
  return here ~= nil
end

return M
