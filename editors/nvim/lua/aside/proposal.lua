--- Proposals: an instruction carried out on lines, drawn, and accepted as one undo step.
local client = require('aside.client')
local config = require('aside.config')
local draw = require('aside.draw')
local position = require('aside.position')
local say = require('aside.say')

local M = {}

local api = vim.api
local FRAME_MS = 30
local ACCEPT_TRIES = 5
local COMMANDS = {
  accept = 'AsideAccept',
  accept_hunk = 'AsideAccept!',
  reject = 'AsideReject',
  retry = 'AsideRetry',
  next = 'AsideNext',
  previous = 'AsideNext!',
}

---@class aside.Proposal
---@field id string
---@field buf integer
---@field event? table the last `aside/proposal/event`
---@field marks integer[] what is drawn
---@field hunks table<integer, integer> the mark on each drawn hunk, by the hunk's id
---@field due? boolean a redraw comes with the next frame
---@field resting? boolean it was drawn within this frame
local Proposal = {}
Proposal.__index = Proposal

---@type table<string, aside.Proposal>
local proposals = {}
--- The buffer mappings that stood where a buffer's keys stand, to be put back.
---@type table<integer, table<string, table|false>>
local mapped = {}

---@type fun(id: string, buf: integer): aside.Proposal
local create = function(id, buf)
  proposals[id] = setmetatable({ id = id, buf = buf, marks = {}, hunks = {} }, Proposal)
  return proposals[id]
end

--- The proposals of a buffer, of the current one without it.
---@type fun(buf?: integer): aside.Proposal[]
local of_buffer = function(buf)
  buf = buf or api.nvim_get_current_buf()
  return vim.tbl_filter(function(it) return it.buf == buf end, vim.tbl_values(proposals))
end

---@param buf integer
local function set_keys(buf)
  if mapped[buf] then return end
  mapped[buf] = {}
  for name, lhs in pairs(config.current.keys or {}) do
    if lhs and COMMANDS[name] then
      local old = api.nvim_buf_call(buf, function() return vim.fn.maparg(lhs, 'n', false, true) end)
      mapped[buf][lhs] = old.buffer == 1 and old
      local options = { buffer = buf, desc = 'aside: ' .. name:gsub('_', ' ') }
      vim.keymap.set('n', lhs, '<Cmd>' .. COMMANDS[name] .. '<CR>', options)
    end
  end
end

---@param buf integer
local function drop_keys(buf)
  local before = mapped[buf] or {}
  mapped[buf] = nil
  if not api.nvim_buf_is_valid(buf) then return end
  for lhs, old in pairs(before) do
    pcall(vim.keymap.del, 'n', lhs, { buffer = buf })
    if old then api.nvim_buf_call(buf, function() vim.fn.mapset('n', false, old) end) end
  end
end

function Proposal:forget()
  draw.clear(self.buf, self.marks)
  proposals[self.id] = nil
  if #of_buffer(self.buf) == 0 then drop_keys(self.buf) end
end

--- Draws the newest event if the text still is the one it is about (else the server sends another): at once, and
--- then at most once a frame.
function Proposal:redraw()
  self.due = self.resting
  if self.resting or proposals[self.id] ~= self then return end
  if not api.nvim_buf_is_loaded(self.buf) then return self:forget() end
  if client.is_at(self.buf, self.event.version) then
    draw.clear(self.buf, self.marks)
    self.marks, self.hunks = draw.proposal(self.buf, self.event)
  end
  self.resting = true
  vim.defer_fn(function()
    self.resting = false
    if self.due then self:redraw() end
  end, FRAME_MS)
end

--- `aside/proposal/event`
---@param event table
function M.on_event(event)
  local proposal = proposals[event.proposal]
  if event.state == 'accepted' or event.state == 'rejected' then
    return proposal and proposal:forget()
  end
  local buf = proposal and proposal.buf or vim.uri_to_bufnr(event.uri)
  if not api.nvim_buf_is_loaded(buf) then return end
  proposal = proposal or create(event.proposal, buf)
  local last = proposal.event
  if last and event.seq < last.seq then return end
  proposal.event = event
  set_keys(buf)
  proposal:redraw()
  -- Where it can't be seen in its place, a problem is said.
  local is_new = event.problem and not (last and last.problem)
  if is_new and vim.fn.bufwinid(buf) == -1 then say.problem(event.problem) end
end

--- The server is gone, and its proposals with it.
function M.on_server_gone() vim.tbl_map(Proposal.forget, vim.tbl_values(proposals)) end

---@type fun(buf: integer, first: integer, last: integer, instruction: string)
local send = function(buf, first, last, instruction)
  local proposal = create(draw.new_name(), buf)
  local function failed(problem)
    proposal:forget()
    say.problem(problem)
  end
  client.last_file = buf
  client.ready(function(ready)
    local version = client.version(buf)
    if not version then
      return failed({ title = 'this buffer is no file', next = 'Save it under a name first.' })
    end
    client.request('aside/inline/start', {
      proposal = proposal.id,
      uri = vim.uri_from_bufnr(buf),
      version = version,
      range = position.range(buf, { first, 0 }, { last, math.huge }, ready.offset_encoding),
      instruction = instruction,
      mentions = {},
    }, nil, failed)
  end, failed)
end

--- `:AsideDo`: carries out an instruction on lines, and asks for it where it isn't given.
---@param opts table
function M.start(opts)
  local buf = api.nvim_get_current_buf()
  local first, last = opts.line1 - 1, opts.line2 - 1
  if opts.args ~= '' then return send(buf, first, last, opts.args) end
  -- A mark shows the lines, and keeps them, while the user types the instruction.
  local options = { end_row = last, line_hl_group = 'Visual' }
  local mark = api.nvim_buf_set_extmark(buf, draw.namespace, first, 0, options)
  vim.ui.input({ prompt = 'Instruction: ' }, function(instruction)
    local at = api.nvim_buf_get_extmark_by_id(buf, draw.namespace, mark, { details = true })
    draw.clear(buf, { mark })
    if vim.trim(instruction or '') ~= '' then send(buf, at[1], at[3].end_row, instruction) end
  end)
end

--- Carries out an instruction on the last selection of the last file.
---@param instruction string
function M.start_on_selection(instruction)
  local buf = client.last_file or 0
  local from, to = position.selection(buf)
  if not from or not to then return say.info('select the lines to change in a file first') end
  local win = vim.fn.bufwinid(buf)
  if win ~= -1 then api.nvim_set_current_win(win) end
  send(buf, from[1], to[1], instruction)
end

--- The row that a hunk stands on, carried by its mark over what was typed since it was drawn.
---@param hunk table
---@return integer
function Proposal:row_of(hunk)
  local mark = self.hunks[hunk.id] or 0
  local at = api.nvim_buf_get_extmark_by_id(self.buf, draw.namespace, mark, {})
  return at[1] or hunk.range.start.line
end

--- The proposal, and its hunk, nearest to the cursor in the current buffer.
---@return aside.Proposal?, table? hunk
local function nearest()
  local cursor = api.nvim_win_get_cursor(0)[1] - 1
  local best, best_hunk, distance = nil, nil, math.huge
  for _, proposal in ipairs(of_buffer()) do
    local event = proposal.event
    best = best or proposal
    -- One without hunks has failed, or has only begun; its place is its range.
    local spots = event and (#event.hunks > 0 and event.hunks or { { range = event.range } }) or {}
    for _, spot in ipairs(spots) do
      local row = proposal:row_of(spot)
      local last = row + math.max(spot.range['end'].line - spot.range.start.line - 1, 0)
      local away = math.max(row - cursor, cursor - last, 0)
      if away < distance then
        best, best_hunk, distance = proposal, spot.id and spot, away
      end
    end
  end
  if not best then say.info('there is no proposal in this buffer') end
  return best, best_hunk
end

--- Asks for the edit and applies it, if the text still is the one it was made for; else asks again.
---@type fun(params: table, tries?: integer)
M.accept_named = function(params, tries)
  local proposal = proposals[params.proposal]
  client.request('aside/proposal/accept', params, function(answer)
    if answer.problem then return say.problem(answer.problem) end
    local change = vim.tbl_get(answer, 'edit', 'documentChanges', 1)
    local running, buf = client.get(), proposal and proposal.buf
    if not change or not running or not buf or not api.nvim_buf_is_loaded(buf) then return end
    tries = tries or ACCEPT_TRIES
    if client.is_at(buf, change.textDocument.version) then
      if not vim.bo[buf].modifiable then return say.error("the buffer is not 'modifiable'") end
      require('aside.edit').apply(buf, change.edits, running.offset_encoding)
    elseif tries > 1 then
      M.accept_named(params, tries - 1)
    else
      say.info('the text kept changing, nothing was written; accept again')
    end
  end)
end

--- `:AsideAccept`: accepts the proposal nearest to the cursor; with a bang its hunk there.
---@param opts table
function M.accept(opts)
  local proposal, hunk = nearest()
  if not proposal then return end
  if not opts.bang then return M.accept_named({ proposal = proposal.id }) end
  if not hunk then return say.info('there is no hunk to accept') end
  local params = { proposal = proposal.id, hunks = { hunk.id } }
  if not hunk.conflict then return M.accept_named(params) end
  local sides = { 'Keep what is in the file', "Take the model's text" }
  vim.ui.select(sides, { prompt = 'Both changed these lines' }, function(_, choice)
    params.take = ({ 'mine', 'model' })[choice]
    if choice then M.accept_named(params) end
  end)
end

--- `:AsideReject`: rejects, or stops, the proposal nearest to the cursor; with a bang only its hunk there.
---@param opts table
function M.reject(opts)
  local proposal, hunk = nearest()
  if not proposal then return end
  local hunks = opts.bang and hunk and { hunk.id } or nil
  client.request('aside/proposal/reject', { proposal = proposal.id, hunks = hunks })
  if not hunks then proposal:forget() end
end

--- `:AsideRetry`: asks again on the text as it now stands, with a further word.
---@param opts table
function M.retry(opts)
  local proposal = nearest()
  if not proposal then return end
  local function again(words)
    local params = { proposal = proposal.id, instruction = words ~= '' and words or nil }
    if words then client.request('aside/proposal/retry', params) end
  end
  if opts.args ~= '' then return again(opts.args) end
  vim.ui.input({ prompt = 'Again, and (may be empty): ' }, again)
end

--- `:AsideNext`: goes to the next hunk, with a bang to the previous one, around the buffer's end.
---@param opts table
function M.jump(opts)
  local step = opts.bang and -1 or 1
  local cursor, count = api.nvim_win_get_cursor(0)[1] - 1, api.nvim_buf_line_count(0)
  local target, distance = nil, math.huge
  for _, proposal in ipairs(of_buffer()) do
    for _, hunk in ipairs(proposal.event and proposal.event.hunks or {}) do
      local row = proposal:row_of(hunk)
      local away = ((row - cursor) * step - 1) % count
      if away < distance then
        target, distance = row, away
      end
    end
  end
  if not target then return say.info('there is no hunk in this buffer') end
  vim.cmd("normal! m'")
  api.nvim_win_set_cursor(0, { math.min(target + 1, count), 0 })
end

--- Stops every proposal that the model still writes.
function M.stop()
  for id, proposal in pairs(proposals) do
    if not proposal.event or proposal.event.state == 'working' then
      client.request('aside/cancel', { kind = 'proposal', proposal = id })
    end
  end
end

return M
