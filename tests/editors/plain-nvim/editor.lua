--- A Neovim of its own, without any plugin, whose own LSP client runs the server.
local Editor = {}
Editor.__index = Editor

local START = [[
  local settings = ...
  vim.lsp.start({
    name = 'aside', cmd = { vim.env.ASIDE_BIN }, root_dir = vim.fn.getcwd(), settings = { aside = settings },
  })
]]

function Editor.new(nvim)
  local settings = { actions = { { title = 'Shout', instruction = 'make it uppercase' } } }
  local self = setmetatable({ folder = vim.fn.tempname(), settings = settings }, Editor)
  vim.fn.mkdir(self.folder, 'p')
  self.folder = vim.uv.fs_realpath(self.folder)
  local command = { nvim, '--clean', '-n', '--headless', '--embed' }
  self.channel = vim.fn.jobstart(command, { rpc = true, cwd = self.folder })
  self:lua('vim.o.columns, vim.o.lines = 100, 40; vim.o.more = false; vim.o.autoindent = false')
  return self
end

function Editor:lua(code, ...) return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... }) end

function Editor:command(command) vim.rpcrequest(self.channel, 'nvim_command', command) end

--- Types keys, and waits until they are worked off.
function Editor:keys(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
  self:wait('the keys', function() return self:lua('return vim.fn.getchar(1) == 0 and vim.fn.mode() == "n"') end)
end

--- From the first file on, the model is one that gives this answer, and stops in its middle until `let_go`. Its action is
--- offered when the settings are known, so nothing goes to the demo.
function Editor:hold(here, answer)
  local file, port = self.folder .. '/.answer', nil
  vim.fn.writefile(vim.split(answer, '\n'), file)
  self.model = vim.fn.jobstart({ here .. '/../held_model.py', file, self.folder .. '/.go' }, {
    on_stdout = function(_, data) port = port or tonumber(data[1]) end,
  })
  if not vim.wait(20000, function() return port ~= nil end, 10) then error('the model did not start', 0) end
  local url = ('http://127.0.0.1:%d/v1'):format(port)
  self.settings = {
    model = 'held/m',
    providers = { held = { format = 'openai-chat', baseUrl = url, keyOptional = true } },
    actions = { { title = 'Held', instruction = 'document it' } },
  }
end

function Editor:let_go() vim.fn.writefile({}, self.folder .. '/.go') end

--- Writes a file and opens it, with the server.
function Editor:open(name, text)
  local file = assert(io.open(self.folder .. '/' .. name, 'wb'))
  file:write(text)
  file:close()
  self:visit(name)
end

function Editor:visit(name)
  self:command('edit ' .. name)
  self:lua(START, self.settings)
  self:wait('a server', function()
    return self:lua('local c = vim.lsp.get_clients({ bufnr = 0 })[1]; return c ~= nil and c.initialized == true')
  end)
end

function Editor:text() return self:lua('return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\\n")') end

function Editor:wait(what, holds)
  if not vim.wait(60000, holds, 20) then error(('expected %s; the text is:\n%s'):format(what, self:text()), 0) end
end

function Editor:has(words)
  self:wait(words, function() return self:text():find(words, 1, true) ~= nil end)
end

--- The text, once it is this.
function Editor:is(text)
  text = text:gsub('\n$', '')
  self:wait('the text\n' .. text, function() return self:text() == text end)
end

--- The titles offered for lines, all of them without; Neovim tells of all changes before it asks.
function Editor:titles(first, last)
  return self:lua(
    [[
      local first, last = ...
      last = last or vim.api.nvim_buf_line_count(0)
      local params = {
        textDocument = vim.lsp.util.make_text_document_params(0),
        range = { start = { line = (first or 1) - 1, character = 0 }, ['end'] = { line = last, character = 0 } },
        context = { diagnostics = {} },
      }
      local titles = {}
      for _, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 5000) or {}) do
        for _, action in ipairs(answer.result or {}) do titles[#titles + 1] = action.title end
      end
      return titles
    ]],
    first,
    last
  )
end

--- Waits for a code action whose title holds the words.
function Editor:offers(words)
  self:wait('the action ' .. words, function()
    for _, title in ipairs(self:titles()) do
      if title:find(words, 1, true) then return true end
    end
    return false
  end)
end

--- Runs the code action whose title holds the words, as a user does who picks it, once it is offered. The editor asks for
--- the actions once more before it runs one: what comes next comes after that.
function Editor:act(words, range)
  self:offers(words)
  self:lua(
    [[
      local words, range = ...
      range = range or { start = { 1, 0 }, ['end'] = { vim.api.nvim_buf_line_count(0), 0 } }
      _G.ran = false
      vim.api.nvim_create_autocmd('LspRequest', {
        callback = function(event)
          local request = event.data.request
          if request.method ~= 'workspace/executeCommand' or request.type ~= 'complete' then return end
          _G.ran = true
          return true
        end,
      })
      vim.lsp.buf.code_action({
        apply = true, range = range,
        filter = function(action) return action.title:find(words, 1, true) ~= nil end,
      })
    ]],
    words,
    range
  )
  self:wait(words .. ' to be run', function() return self:lua('return _G.ran') end)
end

--- Whether some buffer's name ends so and it holds the words.
function Editor:shows(ending, words)
  self:wait(words .. ' in a document of its own', function()
    return self:lua(
      [[
        local ending, words = ...
        for _, buf in ipairs(vim.api.nvim_list_bufs()) do
          if vim.endswith(vim.api.nvim_buf_get_name(buf), ending) then
            local text = table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), '\n')
            if text:find(words, 1, true) then return true end
          end
        end
        return false
      ]],
      ending,
      words
    )
  end)
end

--- What is on the disk after writing.
function Editor:written(name)
  self:command('silent write')
  local file = assert(io.open(self.folder .. '/' .. name, 'rb'))
  local text = file:read('*a')
  file:close()
  return text
end

function Editor:stop()
  if self.model then vim.fn.jobstop(self.model) end
  pcall(vim.rpcnotify, self.channel, 'nvim_command', 'qall!')
  if vim.fn.jobwait({ self.channel }, 3000)[1] == -1 then vim.fn.jobstop(self.channel) end
  vim.fn.delete(self.folder, 'rf')
end

return Editor
