--- Runs every case of cases/*.lua in a Neovim of its own, and reads its screen.
---
--- A case is `function(editor)`. It types keys, waits for what it expects and fails with the screen otherwise.
local nvim, here, filter = arg[1], arg[2], arg[3]
local plugin = vim.fs.normalize(here .. '/../../../editors/nvim')

--- Neovim's own `print` now and then leaves a line's end out.
---@param line string
local function say(line) io.stdout:write(line, '\n') end

---@class Editor
---@field channel integer
---@field folder string a folder of its own, which is its working directory
local Editor = {}
Editor.__index = Editor

---@param path string
---@param text string
local function write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), 'p')
  local file = assert(io.open(path, 'wb'))
  file:write(text)
  file:close()
end

--- `init` is the user's own init.lua; with it, Neovim starts as in a terminal, and `answer` is typed at its first question.
---@param options? { server?: string[], columns?: integer, setup?: string, plain?: boolean, init?: string, answer?: string, files?: table<string, string> }
---@return Editor
function Editor.new(options)
  options = options or {}
  local self = setmetatable({ folder = vim.fn.tempname() }, Editor)
  vim.fn.mkdir(self.folder, 'p')
  self.folder = vim.uv.fs_realpath(self.folder)
  for name, text in pairs(options.files or {}) do
    write(self.folder .. '/' .. name, text)
  end
  local command = { nvim, '-n', '--embed', '--cmd', 'set rtp^=' .. plugin }
  local job = { rpc = true, cwd = self.folder }
  if options.init then
    job.env = { XDG_CONFIG_HOME = vim.fn.tempname() }
    write(job.env.XDG_CONFIG_HOME .. '/nvim/init.lua', options.init)
  else
    vim.list_extend(command, { '--clean', '--headless' })
  end
  self.channel = vim.fn.jobstart(command, job)
  if options.init then
    vim.rpcrequest(self.channel, 'nvim_ui_attach', 100, 40, vim.empty_dict())
    if options.answer then self:answer(options.answer) end
  end
  self:lua('vim.o.columns, vim.o.lines = ...', options.columns or 100, 40)
  self:lua('vim.o.more = false; vim.o.shortmess = "aoOTIcF"; vim.g.mapleader = " "')
  if not options.plain then
    local server = options.server or { vim.env.ASIDE_BIN }
    self:lua(
      'require("aside").setup(vim.tbl_extend("force", { cmd = ... }, '
        .. (options.setup or '{}')
        .. '))',
      server
    )
  end
  return self
end

--- Waits for a question of Neovim's own, and types the answer.
---@param keys string
function Editor:answer(keys)
  local function is_asking() return vim.rpcrequest(self.channel, 'nvim_get_mode').mode == 'r?' end
  if not vim.wait(20000, is_asking, 20) then error('Neovim asked nothing', 0) end
  vim.rpcrequest(self.channel, 'nvim_input', keys)
end

--- Runs Lua there.
---@param code string
---@param ... any
---@return any
function Editor:lua(code, ...) return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... }) end

--- Types keys, as `<CR>` and the like.
---@param keys string
function Editor:keys(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
  vim.wait(30)
end

---@param command string
function Editor:command(command) vim.rpcrequest(self.channel, 'nvim_command', command) end

--- Writes a file and opens it.
---@param name string
---@param text string
function Editor:edit(name, text)
  write(self.folder .. '/' .. name, text)
  self:command('edit ' .. name)
end

---@return string
function Editor:screen()
  return self:lua([[
    vim.cmd.redraw()
    local rows = {}
    for row = 1, vim.o.lines do
      local cells = {}
      for column = 1, vim.o.columns do
        cells[column] = vim.fn.screenstring(row, column)
      end
      rows[row] = (table.concat(cells):gsub('%s+$', ''))
    end
    return table.concat(vim.tbl_filter(function(row) return row ~= '~' end, rows), '\n')
  ]])
end

---@return string[]
function Editor:lines() return vim.rpcrequest(self.channel, 'nvim_buf_get_lines', 0, 0, -1, true) end

--- Waits until something holds, and fails with the screen if it never does.
---@param what string
---@param holds fun(): boolean
---@param ms? integer
function Editor:wait(what, holds, ms)
  if not vim.wait(ms or 20000, holds, 20) then
    error(('%s; the screen is:\n%s'):format(what, self:screen()), 0)
  end
end

--- Waits for text on the screen.
---@param text string
---@param ms? integer
function Editor:sees(text, ms)
  self:wait(
    'expected to see: ' .. text,
    function() return self:screen():find(text, 1, true) ~= nil end,
    ms
  )
end

--- Waits for the server to answer.
function Editor:starts()
  self:wait(
    'the server did not start',
    function() return self:lua('return require("aside.client").get() ~= nil') end
  )
end

--- Waits for text to be gone from the screen.
---@param text string
function Editor:sees_no(text)
  self:wait(
    'expected not to see: ' .. text,
    function() return self:screen():find(text, 1, true) == nil end
  )
end

--- Waits for the current buffer's lines.
---@param expected string
function Editor:has(expected)
  self:wait(
    'expected the text:\n' .. expected .. '\nbut it is:\n' .. table.concat(self:lines(), '\n'),
    function() return table.concat(self:lines(), '\n') == expected end
  )
end

---@param expected any
---@param actual any
function Editor:equal(expected, actual)
  if not vim.deep_equal(expected, actual) then
    error(
      ('expected %s\n but got %s\n%s'):format(
        vim.inspect(expected),
        vim.inspect(actual),
        self:screen()
      ),
      2
    )
  end
end

function Editor:stop()
  pcall(vim.rpcnotify, self.channel, 'nvim_command', 'qall!')
  if vim.fn.jobwait({ self.channel }, 3000)[1] == -1 then vim.fn.jobstop(self.channel) end
  vim.fn.delete(self.folder, 'rf')
end

local passed, failed = 0, 0
local open = {} ---@type Editor[]
local models = {} ---@type integer[]

---@param name string
---@param run fun(new: fun(options?: table): Editor)
local function case(name, run)
  if filter ~= '' and not name:find(filter, 1, true) then return end
  local ok, message = pcall(run, function(options)
    open[#open + 1] = Editor.new(options)
    return open[#open]
  end)
  for _, editor in ipairs(open) do
    editor:stop()
  end
  vim.tbl_map(vim.fn.jobstop, models)
  open, models = {}, {}
  if ok then
    passed = passed + 1
    say('ok ' .. name)
  else
    failed = failed + 1
    say('not ok ' .. name .. '\n    ' .. tostring(message):gsub('\n', '\n    '))
  end
  io.stdout:flush()
end

--- Starts a model, and gives the setup that makes it the one asked.
---@param command string[]
---@return string
local function start_model(command)
  local port
  models[#models + 1] = vim.fn.jobstart(command, {
    on_stdout = function(_, data) port = port or tonumber(data[1]) end,
  })
  vim.wait(5000, function() return port ~= nil end, 10)
  return ([[{ settings = { model = "fake/m", providers = { fake = {
    format = "openai-chat", baseUrl = "http://127.0.0.1:%d/v1", keyOptional = true } } } }]]):format(
    port
  )
end

--- A scripted model, and the setup that makes it the one asked.
---@return { setup: string, log: fun(): string }
function _G.scripted_model()
  local log = vim.fn.tempname()
  vim.fn.writefile({}, log)
  return {
    setup = start_model({ 'python3', here .. '/fake_model.py', log }),
    log = function() return table.concat(vim.fn.readfile(log), '\n') end,
  }
end

--- A model that says the first half of the answer's lines, and the rest once it is let go.
---@param answer string
---@return { setup: string, let_go: fun() }
function _G.held_model(answer)
  local file, go = vim.fn.tempname(), vim.fn.tempname()
  vim.fn.writefile(vim.split(answer, '\n'), file)
  return {
    setup = start_model({ 'python3', here .. '/../held_model.py', file, go }),
    let_go = function() vim.fn.writefile({}, go) end,
  }
end

_G.here = here
_G.fake = { 'python3', here .. '/fake_server.py' }
_G.case = case
say('# nvim ' .. tostring(vim.version()))
for _, file in ipairs(vim.fn.sort(vim.fn.glob(here .. '/cases/*.lua', true, true))) do
  dofile(file)
end
say(('%d passed, %d failed'):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1)
