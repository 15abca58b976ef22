--- A chat's buffer: the transcript grows above, the user types the next question at the end. Two marks keep these
--- apart: the answer is written at the turn's `tail`, the question is what stands from the chat's `ask` to the end.
--- What is said about a turn (what went along, tokens, problems) is virtual.
local draw = require('aside.draw')

local api = vim.api
local ns = draw.namespace

---@class aside.Turn
---@field id string
---@field text string the question
---@field state 'running'|'done'|'failed'|'cancelled'
---@field next_seq integer
---@field reasoning string
---@field said table the server's last `said` about it
---@field heading integer mark on the answer's heading
---@field first integer mark at the answer's start
---@field tail integer mark at the answer's end

---@class aside.Transcript
---@field buf integer
---@field ask integer mark at the start of the question being typed
---@field hint integer mark of what is said about that question
---@field along? aside.Chunk[][] what would go along with it
---@field turns aside.Turn[]
---@field turn? aside.Turn the last one
local Transcript = {}
Transcript.__index = Transcript

---@type fun(name: string): aside.Transcript
Transcript.new = function(name)
  local buf = api.nvim_create_buf(false, true)
  local self = setmetatable({ buf = buf, turns = {} }, Transcript)
  api.nvim_buf_set_name(buf, name)
  api.nvim_buf_set_lines(buf, 0, -1, false, { '## You', '', '' })
  vim.bo[buf].filetype = 'markdown'
  pcall(vim.treesitter.start, buf, 'markdown')
  self.ask = self:mark(2, true)
  self:update_hint()
  return self
end

---@type fun(self: aside.Transcript, mark: integer): row: integer, col: integer
Transcript.place = function(self, mark)
  local at = api.nvim_buf_get_extmark_by_id(self.buf, ns, mark, {})
  return at[1] or 0, at[2] or 0
end

--- Sets a mark; a fixed one stays before what is written at its place.
---@type fun(self: aside.Transcript, row: integer, fixed: boolean, id?: integer): integer
Transcript.mark = function(self, row, fixed, id)
  return api.nvim_buf_set_extmark(self.buf, ns, row, 0, { id = id, right_gravity = not fixed })
end

--- Writes outside the undo history: undoing a piece of an answer makes no sense.
---@type fun(self: aside.Transcript, write: fun(...), ...: any)
Transcript.quietly = function(self, write, ...)
  local levels = vim.bo[self.buf].undolevels
  vim.bo[self.buf].undolevels = -1
  write(self.buf, ...)
  vim.bo[self.buf].undolevels = levels
end

--- Draws all that is said about a turn, the last one without it.
---@param turn? aside.Turn
function Transcript:annotate(turn)
  turn = turn or assert(self.turn)
  local below = draw.wrap(self.buf, { turn.said.below }, 'AsideProblem')
  if turn.state == 'failed' or turn.state == 'cancelled' then
    below[#below + 1] = { { '<CR> with nothing typed asks again', 'AsideHint' } }
  end
  local row, col = self:place(turn.heading)
  api.nvim_buf_set_extmark(self.buf, ns, row, col, {
    id = turn.heading,
    virt_text = { { turn.said.beside, 'AsideHint' } },
    virt_lines = draw.wrap(self.buf, turn.said.above, 'AsideHint'),
  })
  row, col = self:place(turn.tail)
  api.nvim_buf_set_extmark(self.buf, ns, row, col, { id = turn.tail, virt_lines = below })
end

--- Writes text that came at the answer's end. The server sends it once a frame.
---@type fun(self: aside.Transcript, text: string)
Transcript.write = function(self, text)
  local turn = assert(self.turn)
  local row, col = self:place(turn.tail)
  local ask = self:place(self.ask)
  if row >= ask then
    -- The user deleted what stood between. The question is theirs, so the answer gets lines above it.
    self:quietly(api.nvim_buf_set_lines, ask, ask, true, { '', '' })
    self:mark(ask + 2, true, self.ask)
    row, col, turn.tail = ask, 0, self:mark(ask, false, turn.tail)
  end
  local lines = vim.split(text:gsub('\r', ''), '\n')
  self:quietly(api.nvim_buf_set_text, row, col, row, col, lines)
  ask = self:place(self.ask)
  -- Only the current window follows its cursor by itself.
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    local cursor = api.nvim_win_get_cursor(win)
    local waits = win ~= api.nvim_get_current_win() and cursor[1] > ask
    if waits then api.nvim_win_set_cursor(win, cursor) end
  end
end

---@type fun(self: aside.Transcript): lines: string[], row: integer
Transcript.typed = function(self)
  local row = self:place(self.ask)
  return api.nvim_buf_get_lines(self.buf, row, -1, false), row
end

--- Draws what is said about the question being typed: a hint while there is none, and what would go along.
function Transcript:update_hint()
  local lines, row = self:typed()
  local is_empty = #lines == 1 and lines[1] == ''
  self.hint = api.nvim_buf_set_extmark(self.buf, ns, row, 0, {
    id = self.hint,
    virt_text = is_empty and { { 'Ask. # takes code along, <CR> sends.', 'AsideHint' } } or nil,
    virt_text_pos = 'overlay',
    virt_lines = self.along,
    virt_lines_above = true,
  })
end

--- Puts the cursor where the question goes on.
function Transcript:cursor_to_end()
  local last = api.nvim_buf_line_count(self.buf)
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    api.nvim_win_set_cursor(win, { last, #vim.fn.getbufoneline(self.buf, last) })
  end
end

--- Makes a question a turn: adds the answer's heading and the next question's, with their marks.
---@type fun(self: aside.Transcript, id: string, text: string, state: string)
Transcript.add = function(self, id, text, state)
  local row = self:place(self.ask)
  local lines = vim.split(text, '\n')
  local heading = row + #lines + 1
  vim.list_extend(lines, { '', '## Aside', '', '', '', '## You', '', '' })
  self:quietly(api.nvim_buf_set_lines, row, -1, false, lines)
  self.turn = {
    id = id,
    text = text,
    state = state,
    next_seq = 0,
    reasoning = '',
    said = { beside = '', above = {} },
    heading = self:mark(heading, false),
    first = self:mark(heading + 2, true),
    tail = self:mark(heading + 2, false),
  }
  table.insert(self.turns, self.turn)
  self:mark(heading + 6, true, self.ask)
  self.along = nil
  self:update_hint()
end

--- The code block at the cursor, in the current buffer; says so if there is none.
---@type fun(): lines: string[]?, language: string?
Transcript.code_block = function()
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
  require('aside.say').info('there is no code block at the cursor')
end

return Transcript
