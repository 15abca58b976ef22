--- Proposals: an instruction carried out on lines, drawn, and accepted as one undo step.
local client = require('aside.client')
local config = require('aside.config')
local draw = require('aside.draw')
local here = require('aside.here')
local say = require('aside.say')

local M = {}

local api = vim.api
local ACCEPT_TRIES = 5
local COMMANDS = {
  accept = 'AsideAccept',
  accept_hunk = 'AsideAccept!',
  take_mine = 'AsideAccept! mine',
  take_model = 'AsideAccept! model',
  reject = 'AsideReject',
  retry = 'AsideRetry',
  next = 'AsideNext',
  previous = 'AsideNext!',
}

---@class aside.Proposal
---@field id string
---@field buf integer
---@field event table the last `aside/proposal/event`
---@field ns integer the namespace that it is drawn in
---@field due? boolean it is drawn once the messages that are here are read
local Proposal = {}
Proposal.__index = Proposal

---@type table<string, aside.Proposal>
local proposals = {}
--- The keys that a buffer has while it has proposals.
---@type table<integer, string[]>
local mapped = {}

---@type fun(buf: integer): aside.Proposal[]
local of_buffer = function(buf)
  return vim.tbl_filter(function(it) return it.buf == buf end, vim.tbl_values(proposals))
end

--- Maps the keys, but those that the user has mapped in this buffer.
---@param buf integer
local function set_keys(buf)
  if mapped[buf] then return end
  mapped[buf] = {}
  for name, lhs in pairs(config.current.keys or {}) do
    local function old() return vim.fn.maparg(lhs, 'n', false, true) end
    if lhs and COMMANDS[name] and api.nvim_buf_call(buf, old).buffer ~= 1 then
      local options = { buffer = buf, desc = 'aside: ' .. name:gsub('_', ' ') }
      vim.keymap.set('n', lhs, '<Cmd>' .. COMMANDS[name] .. '<CR>', options)
      table.insert(mapped[buf], lhs)
    end
  end
end

function Proposal:forget()
  proposals[self.id] = nil
  if not api.nvim_buf_is_valid(self.buf) then return end
  api.nvim_buf_clear_namespace(self.buf, self.ns, 0, -1)
  if #of_buffer(self.buf) > 0 then return end
  for _, lhs in ipairs(mapped[self.buf] or {}) do
    pcall(vim.keymap.del, 'n', lhs, { buffer = self.buf })
  end
  mapped[self.buf] = nil
end

--- Draws the newest event, if the text still is the one it is about; else the server sends another.
function Proposal:redraw()
  self.due = false
  if proposals[self.id] ~= self then return end
  if not api.nvim_buf_is_loaded(self.buf) then return self:forget() end
  if client.is_at(self.buf, self.event.version) then
    draw.proposal(self.buf, self.ns, self.event)
  end
end

--- `aside/proposal/event`, at most once a frame.
---@param event table
function M.on_event(event)
  local proposal = proposals[event.proposal]
    or setmetatable({
      id = event.proposal,
      buf = vim.uri_to_bufnr(event.uri),
      ns = api.nvim_create_namespace('aside.' .. event.proposal),
    }, Proposal)
  local last, buf = proposal.event, proposal.buf
  if event.state == 'accepted' or event.state == 'rejected' then return proposal:forget() end
  if not api.nvim_buf_is_loaded(buf) or (last and event.seq < last.seq) then return end
  -- Where it can't be seen in its place, a problem is said.
  local is_told = last and last.problem or vim.fn.bufwinid(buf) ~= -1
  if event.problem and not is_told then say.problem(event.problem) end
  proposals[event.proposal], proposal.event = proposal, event
  set_keys(buf)
  if proposal.due then return end
  proposal.due = true
  vim.schedule(function() proposal:redraw() end)
end

local function redraw_all() vim.tbl_map(Proposal.redraw, vim.tbl_values(proposals)) end
api.nvim_create_autocmd('WinResized', { callback = redraw_all })

--- Forgets the proposals of a buffer that was closed, or all of a server that is gone.
---@param buf? integer
function M.forget(buf)
  vim.tbl_map(Proposal.forget, buf and of_buffer(buf) or vim.tbl_values(proposals))
end

--- Carries out an instruction on lines of a buffer, or shows what would be sent for it.
---@type fun(buf: integer, first: integer, last: integer, instruction: string, preview?: boolean)
local send = function(buf, first, last, instruction, preview)
  here.file = buf
  local function params()
    return {
      kind = 'inline',
      proposal = draw.new_name(),
      uri = vim.uri_from_bufnr(buf),
      version = client.version(buf) or 0,
      range = here.range(buf, { first, 0 }, { last, math.huge }),
      instruction = instruction,
    }
  end
  if preview then return client.execute('aside.preview', params) end
  client.request('aside/inline/start', params)
end

--- `:AsideDo`: carries out an instruction on lines, and asks for it. `:AsidePreview` shows what that would send.
---@param opts table
function M.start(opts)
  local buf, first, last = api.nvim_get_current_buf(), opts.line1 - 1, opts.line2 - 1
  local preview = opts.name == 'AsidePreview'
  if api.nvim_buf_get_name(buf) == '' then return say.info('save the file under a name first') end
  if opts.args ~= '' then return send(buf, first, last, opts.args, preview) end
  -- A mark shows the lines, and keeps them, while the user types the instruction.
  local options = { end_row = last, line_hl_group = 'Visual' }
  local mark = api.nvim_buf_set_extmark(buf, draw.namespace, first, 0, options)
  client.notify('aside/warm', { feature = 'inline' })
  vim.ui.input({ prompt = 'Instruction: ' }, function(instruction)
    local at = api.nvim_buf_get_extmark_by_id(buf, draw.namespace, mark, { details = true })
    api.nvim_buf_del_extmark(buf, draw.namespace, mark)
    if vim.trim(instruction or '') == '' then return end
    send(buf, at[1], at[3].end_row, instruction, preview)
  end)
end

--- Carries out an instruction on the last selection of the last file.
---@param instruction string
function M.start_on_selection(instruction)
  local buf = here.file or 0
  local from, to = here.selection(buf)
  if not from or not to then return say.info('select the lines to change in a file first') end
  local win = vim.fn.bufwinid(buf)
  if win ~= -1 then api.nvim_set_current_win(win) end
  send(buf, from[1], to[1], instruction)
end

--- The hunk, or the proposal without one, nearest to the cursor, or the next one from it; says so if there is none.
---@type fun(step?: 'next'|'previous'): table?
local near = function(step)
  local buf, line = api.nvim_get_current_buf(), api.nvim_win_get_cursor(0)[1] - 1
  local version = client.version(buf)
  local params = { uri = vim.uri_from_bufnr(buf), version = version, line = line, step = step }
  local spot = #of_buffer(buf) > 0 and client.ask('aside/proposal/near', params)
  if not spot then say.info('there is no proposal in this buffer') end
  return spot or nil
end

--- Applies the edit that accepting gives, if the text still is the one it was made for; else asks again.
---@param params table
function M.accept_named(params)
  for _ = 1, ACCEPT_TRIES do
    local answer = client.ask('aside/proposal/accept', params)
    if not answer then return end
    if answer.problem then return say.problem(answer.problem) end
    local change = vim.tbl_get(answer, 'edit', 'documentChanges', 1)
    if not change then return end
    local buf = vim.uri_to_bufnr(change.textDocument.uri)
    if client.is_at(buf, change.textDocument.version) then
      if not vim.bo[buf].modifiable then
        return say.info("the buffer is not 'modifiable'", vim.log.levels.ERROR)
      end
      return require('aside.edit').apply(buf, change.edits)
    end
  end
  say.info('the text kept changing, nothing was written; accept again')
end

--- `:AsideAccept`: accepts the proposal nearest to the cursor; with a bang its hunk there, of a conflict the side named.
---@param opts table
function M.accept(opts)
  local spot = near()
  if not spot then return end
  local params = { proposal = spot.proposal }
  if opts.bang then
    params.hunks = { spot.hunk }
    params.take = spot.conflict and opts.args ~= '' and opts.args or nil
  end
  M.accept_named(params)
end

--- `:AsideReject`: rejects, or stops, the proposal nearest to the cursor; with a bang only its hunk there.
---@param opts table
function M.reject(opts)
  local spot = near()
  if not spot then return end
  local hunks = opts.bang and { spot.hunk } or nil
  client.request('aside/proposal/reject', { proposal = spot.proposal, hunks = hunks })
end

--- `:AsideRetry`: asks again on the text as it now stands, with a further word.
---@param opts table
function M.retry(opts)
  local spot = near()
  if not spot then return end
  local function again(words)
    local params = { proposal = spot.proposal, instruction = words ~= '' and words or nil }
    if words then client.request('aside/proposal/retry', params) end
  end
  if opts.args ~= '' then return again(opts.args) end
  vim.ui.input({ prompt = 'Again, and (may be empty): ' }, again)
end

--- `:AsideNext`: goes to the next hunk, with a bang to the previous one, around the buffer's end.
---@param opts table
function M.jump(opts)
  local spot = near(opts.bang and 'previous' or 'next')
  if not spot then return end
  vim.cmd("normal! m'")
  api.nvim_win_set_cursor(0, { math.min(spot.line + 1, api.nvim_buf_line_count(0)), 0 })
end

return M
