--- Proposals: an instruction carried out on lines, drawn, and accepted as one undo step.
local client = require('aside.client')
local config = require('aside.config')
local draw = require('aside.draw')
local say = require('aside.say')

local M = {}

---@class aside.Proposal
---@field id string
---@field buf integer
---@field event? table the last event about the text as it was then
---@field marks integer[] what is drawn
---@field hunks table<integer, integer> the mark on each drawn hunk

---@type table<string, aside.Proposal>
local proposals = {}
--- The mappings that stood where a buffer's keys now stand, to be put back.
---@type table<integer, table<string, table|false>>
local mapped = {}
local redraws_due = {}

local FRAME_MS = 30
local ACCEPT_TRIES = 5

---@return string
function M.new_name()
  return vim.fn.sha256(tostring(vim.uv.hrtime()) .. vim.uv.os_getpid()):sub(1, 16)
end

---@param buf integer
---@return aside.Proposal[]
local function of_buffer(buf)
  return vim.tbl_filter(function(proposal)
    return proposal.buf == buf
  end, vim.tbl_values(proposals))
end

---@param buf integer
local function set_keys(buf)
  local keys = config.current.keys
  if not keys or mapped[buf] then return end
  mapped[buf] = {}
  local function map(lhs, description, run)
    if not lhs then return end
    local before = vim.api.nvim_buf_call(buf, function()
      return vim.fn.maparg(lhs, 'n', false, true)
    end)
    mapped[buf][lhs] = before.buffer == 1 and before or false
    vim.keymap.set('n', lhs, run, { buffer = buf, desc = 'aside: ' .. description })
  end
  map(keys.accept, 'accept the proposal', M.accept)
  map(keys.accept_hunk, 'accept the hunk', function()
    M.accept(true)
  end)
  map(keys.reject, 'reject the proposal', M.reject)
  map(keys.retry, 'ask again', function()
    M.retry('')
  end)
  map(keys.next, 'next hunk', function()
    M.jump(1)
  end)
  map(keys.previous, 'previous hunk', function()
    M.jump(-1)
  end)
end

---@param buf integer
local function drop_keys(buf)
  local before = mapped[buf]
  mapped[buf] = nil
  if not before or not vim.api.nvim_buf_is_valid(buf) then return end
  for lhs, mapping in pairs(before) do
    pcall(vim.keymap.del, 'n', lhs, { buffer = buf })
    if mapping then
      vim.api.nvim_buf_call(buf, function()
        vim.fn.mapset('n', false, mapping)
      end)
    end
  end
end

---@param proposal aside.Proposal
local function clear(proposal)
  if vim.api.nvim_buf_is_valid(proposal.buf) then draw.clear(proposal.buf, proposal.marks) end
  proposal.marks, proposal.hunks = {}, {}
end

---@param proposal aside.Proposal
local function forget(proposal)
  clear(proposal)
  proposals[proposal.id] = nil
  if #of_buffer(proposal.buf) == 0 then drop_keys(proposal.buf) end
end

--- Draws the newest event, if the text still is the one it is about. If not, the server sends another.
---@param proposal aside.Proposal
local function redraw(proposal)
  local event = proposal.event
  if not event or proposals[proposal.id] ~= proposal then return end
  if not vim.api.nvim_buf_is_loaded(proposal.buf) then return forget(proposal) end
  if client.is_at(proposal.buf, event.version) then
    clear(proposal)
    proposal.marks, proposal.hunks = draw.proposal(proposal.buf, event, config.current.keys)
  end
end

--- Draws at once, and then at most once a frame.
---@param proposal aside.Proposal
local function redraw_soon(proposal)
  if redraws_due[proposal.id] then
    redraws_due[proposal.id] = 'again'
    return
  end
  redraws_due[proposal.id] = 'drawn'
  redraw(proposal)
  vim.defer_fn(function()
    local due = redraws_due[proposal.id]
    redraws_due[proposal.id] = nil
    if due == 'again' then redraw_soon(proposal) end
  end, FRAME_MS)
end

---@param event table
function M.on_event(event)
  local proposal = proposals[event.proposal]
  if event.state == 'accepted' or event.state == 'rejected' then
    return proposal and forget(proposal)
  end
  if not proposal then
    local buf = vim.uri_to_bufnr(event.uri)
    if not vim.api.nvim_buf_is_loaded(buf) then return end
    proposal = { id = event.proposal, buf = buf, marks = {}, hunks = {} }
    proposals[event.proposal] = proposal
  end
  if proposal.event and event.seq < proposal.event.seq then return end
  local failed = event.problem and not (proposal.event and proposal.event.problem)
  proposal.event = event
  set_keys(proposal.buf)
  redraw_soon(proposal)
  if failed and vim.fn.bufwinid(proposal.buf) == -1 then say.problem(event.problem) end
end

--- The server is gone, and its proposals with it.
function M.on_server_gone()
  for _, proposal in pairs(proposals) do
    forget(proposal)
  end
end

---@param buf integer
---@param first integer the first row
---@param last integer the last row
---@param instruction string
local function send(buf, first, last, instruction)
  local name = M.new_name()
  client.last_file = buf
  client.request(
    'aside/inline/start',
    function(ready)
      if not client.is_open(buf) then
        say.error('this buffer is not a file that the server knows; save it first')
        return nil
      end
      local encoding = ready.offset_encoding
      proposals[name] = { id = name, buf = buf, marks = {}, hunks = {} }
      return {
        proposal = name,
        uri = vim.uri_from_bufnr(buf),
        version = client.version(buf),
        range = require('aside.position').lines(buf, first, last, encoding),
        instruction = instruction,
        mentions = {},
      }
    end,
    nil,
    function(message)
      if proposals[name] then forget(proposals[name]) end
      say.problem(problem)
    end
  )
end

--- `:AsideDo`: carries out an instruction on lines, and asks for it where it isn't given.
---@param opts table the command's arguments
function M.start(opts)
  local buf = vim.api.nvim_get_current_buf()
  local first, last = opts.line1 - 1, opts.line2 - 1
  if opts.args ~= '' then return send(buf, first, last, opts.args) end
  -- The lines are kept by a mark while the user types the instruction.
  local mark = vim.api.nvim_buf_set_extmark(buf, draw.namespace, first, 0, {
    end_row = last,
    line_hl_group = 'Visual',
  })
  vim.ui.input({ prompt = 'Instruction: ' }, function(instruction)
    local at = vim.api.nvim_buf_get_extmark_by_id(buf, draw.namespace, mark, { details = true })
    draw.clear(buf, { mark })
    if instruction and vim.trim(instruction) ~= '' and at[1] then
      send(buf, at[1], at[3].end_row, instruction)
    end
  end)
end

--- Carries out an instruction on the last selection of the last file.
---@param instruction string
function M.start_on_selection(instruction)
  local buf = client.last_file
  local range = buf
    and vim.api.nvim_buf_is_loaded(buf)
    and require('aside.position').selection(buf, 'utf-8')
  if not range then return say.warn('select the lines to change in a file first') end
  local win = vim.fn.bufwinid(buf)
  if win ~= -1 then vim.api.nvim_set_current_win(win) end
  send(assert(buf), range.start.line, range['end'].line, instruction)
end

---@param proposal aside.Proposal
---@return integer[] rows of its hunks as they are drawn, top down
---@return table<integer, integer> row by the hunk's id
local function hunk_rows(proposal)
  local rows, by_id = {}, {}
  for id, mark in pairs(proposal.hunks) do
    local at = vim.api.nvim_buf_get_extmark_by_id(proposal.buf, draw.namespace, mark, {})
    if at[1] then
      rows[#rows + 1], by_id[id] = at[1], at[1]
    end
  end
  table.sort(rows)
  return rows, by_id
end

--- The proposal, and its hunk, nearest to the cursor in the current buffer.
---@return aside.Proposal?
---@return table? hunk
local function nearest()
  local cursor = vim.api.nvim_win_get_cursor(0)[1] - 1
  local best, best_hunk, distance
  for _, proposal in ipairs(of_buffer(vim.api.nvim_get_current_buf())) do
    local event = proposal.event
    local _, rows = hunk_rows(proposal)
    for _, hunk in ipairs(event and event.hunks or {}) do
      local row = rows[hunk.id] or hunk.range.start.line
      local last = row + math.max(hunk.range['end'].line - hunk.range.start.line - 1, 0)
      local away = math.max(row - cursor, cursor - last, 0)
      if not distance or away < distance then
        best, best_hunk, distance = proposal, hunk, away
      end
    end
    if not distance or not event or #event.hunks == 0 then best = best or proposal end
  end
  if not best then say.info('there is no proposal in this buffer') end
  return best, best_hunk
end

--- Asks for the edit and applies it, if the text is still the one it was made for; else asks again.
---@param params table `aside/proposal/accept`
---@param buf integer
---@param tries integer
local function accept(params, buf, tries)
  client.request('aside/proposal/accept', params, function(answer)
    if answer.problem then return say.problem(answer.problem) end
    local change = vim.tbl_get(answer, 'edit', 'documentChanges', 1)
    if not change or not vim.api.nvim_buf_is_loaded(buf) then return end
    if client.is_at(buf, change.textDocument.version) then
      if not vim.bo[buf].modifiable then
        return say.error("the buffer is not modifiable; ':set modifiable' and accept again")
      end
      require('aside.edit').apply(buf, change.edits, assert(client.get()).offset_encoding)
    elseif tries > 1 then
      accept(params, buf, tries - 1)
    else
      say.warn('the text kept changing, nothing was written; accept again')
    end
  end)
end

--- Accepts what a code action's command names.
---@param params table `aside/proposal/accept`
function M.accept_named(params)
  local proposal = proposals[params.proposal]
  if proposal then accept(params, proposal.buf, ACCEPT_TRIES) end
end

--- Accepts the proposal nearest to the cursor, or its hunk there.
---@param only_hunk? boolean
function M.accept(only_hunk)
  local proposal, hunk = nearest()
  if not proposal then return end
  local params = { proposal = proposal.id }
  if only_hunk then
    if not hunk then return say.info('there is no hunk here') end
    params.hunks = { hunk.id }
  end
  if not (only_hunk and hunk and hunk.conflict) then
    return accept(params, proposal.buf, ACCEPT_TRIES)
  end
  local sides = { { 'mine', 'Keep what is in the file' }, { 'model', "Take the model's text" } }
  vim.ui.select(sides, {
    prompt = 'Both changed these lines',
    format_item = function(side)
      return side[2]
    end,
  }, function(side)
    if side then
      params.take = side[1]
      accept(params, proposal.buf, ACCEPT_TRIES)
    end
  end)
end

--- Rejects the proposal nearest to the cursor (or its hunk there), and stops it if it is under way.
---@param only_hunk? boolean
function M.reject(only_hunk)
  local proposal, hunk = nearest()
  if proposal then
    local hunks = only_hunk and hunk and { hunk.id } or nil
    client.request('aside/proposal/reject', { proposal = proposal.id, hunks = hunks })
    if not hunks then forget(proposal) end
  end
end

--- Asks again on the text as it now stands, with a further word.
---@param instruction string asked for where it is empty
function M.retry(instruction)
  local proposal = nearest()
  if not proposal then return end
  local function again(words)
    if words then
      local further = vim.trim(words)
      local params = { proposal = proposal.id, instruction = further ~= '' and further or nil }
      client.request('aside/proposal/retry', params)
    end
  end
  if instruction ~= '' then return again(instruction) end
  vim.ui.input({ prompt = 'Again, and (may be empty): ' }, again)
end

--- Goes to the next or the previous hunk, around the buffer's end.
---@param step 1|-1
function M.jump(step)
  local rows = {}
  for _, proposal in ipairs(of_buffer(vim.api.nvim_get_current_buf())) do
    vim.list_extend(rows, (hunk_rows(proposal)))
  end
  if #rows == 0 then return say.info('there is no hunk in this buffer') end
  table.sort(rows, function(a, b)
    return (a - b) * step < 0
  end)
  local cursor = vim.api.nvim_win_get_cursor(0)[1] - 1
  local target = rows[1]
  for _, row in ipairs(rows) do
    if (row - cursor) * step > 0 then
      target = row
      break
    end
  end
  vim.cmd("normal! m'")
  vim.api.nvim_win_set_cursor(0, { target + 1, 0 })
end

--- Stops every proposal that the model still writes.
function M.stop_all()
  for _, proposal in pairs(proposals) do
    if not proposal.event or proposal.event.state == 'working' then
      client.request('aside/cancel', { kind = 'proposal', proposal = proposal.id })
    end
  end
end

return M
