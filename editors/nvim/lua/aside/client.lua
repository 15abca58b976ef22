--- The server: started once per editor, told of every file, asked, and restarted once if it dies.
---
--- Neovim's own idea of a document's version can't be trusted for edits: another server's attaching sets it back to
--- 0 (0.10), and changes are sent late. So what the server was told is read off the wire.
local config = require('aside.config')
local here = require('aside.here')
local say = require('aside.say')

local M = {}

local api = vim.api
local modern = vim.fn.has('nvim-0.11') == 1
local ANSWER_MS = 2000

---@class aside.Document
---@field version integer the version that the server was last told
---@field told integer the buffer's changedtick when it was told
---@field changed integer the buffer's changedtick when its lines last changed

---@type table<integer, aside.Document>
local documents = {}
---@type vim.lsp.Client?
local client
--- What waits for the server to be ready, or to have failed.
---@type fun(problem?: aside.Problem)[]
local waiting = {}
local deaths, complained = 0, false

--- The last `aside/status`.
---@type table?
M.status = nil

---@return aside.Problem
local function missing()
  return { title = config.command()[1] .. ' was not found', next = 'See :help aside-install.' }
end

--- Calls a client's method, which is a plain function before Neovim 0.11.
---@type fun(name: string, ...: any): any
local call = function(name, ...)
  if modern then return client[name](client, ...) end
  return client[name](...)
end

--- Starts the process, and listens to what is said to it.
---@type fun(dispatchers: vim.lsp.rpc.Dispatchers): vim.lsp.rpc.PublicClient
local transport = function(dispatchers)
  local rpc = vim.lsp.rpc.start(config.command(), dispatchers)
  local notify, request = rpc.notify, rpc.request
  rpc.request = function(method, params, ...)
    if method == 'textDocument/codeAction' then
      -- Neovim tells only a server's own diagnostics (0.11). Those of others are the ones to fix.
      params.context.diagnostics = here.problems(vim.uri_to_bufnr(params.textDocument.uri))
    end
    return request(method, params, ...)
  end
  rpc.notify = function(method, params)
    if method == 'textDocument/didOpen' or method == 'textDocument/didChange' then
      local buf = vim.uri_to_bufnr(params.textDocument.uri)
      local tick = api.nvim_buf_get_changedtick(buf)
      documents[buf] = documents[buf] or { changed = tick }
      documents[buf].version, documents[buf].told = params.textDocument.version, tick
    end
    return notify(method, params)
  end
  return rpc
end

---@type fun(_: any, params: lsp.ShowDocumentParams, cx: table): lsp.ShowDocumentResult
local show_document = function(_, params, cx)
  local buf, from = not params.external and vim.uri_to_bufnr(params.uri), api.nvim_get_current_win()
  local is_new = buf and vim.fn.bufwinid(buf) == -1
  if is_new then vim.cmd(M.split()) end
  if params.takeFocus or not is_new then
    return vim.lsp.handlers['window/showDocument'](nil, params, cx)
  end
  -- Not listed, so that it isn't taken for a file of the user's.
  vim.bo[buf].buflisted = false
  api.nvim_win_set_buf(0, buf)
  vim.wo[0][0].wrap, vim.wo[0][0].linebreak = true, true
  -- An answer comes when the model is done: the user may be typing, so the focus stays.
  api.nvim_set_current_win(from)
  return { success = true }
end

---@param problem? aside.Problem
local function end_waiting(problem)
  local ended = waiting
  waiting = {}
  vim.tbl_map(function(run) run(problem) end, ended)
end

---@type fun(code: integer, signal: integer)
local on_exit = function(code, signal)
  local problem = { title = 'the server stopped', next = 'See :checkhealth aside.' }
  client, M.status, documents = nil, nil, {}
  end_waiting(problem)
  require('aside.chat').on_server_gone(problem)
  require('aside.proposal').forget()
  if vim.v.exiting ~= vim.NIL or (code == 0 and signal == 0) then return end
  deaths = deaths + 1
  if deaths > 1 then return say.problem(problem) end
  say.info('the server stopped and is started again', vim.log.levels.WARN)
  vim.defer_fn(function() vim.tbl_map(M.attach, api.nvim_list_bufs()) end, 1000)
end

---@return vim.lsp.ClientConfig
local function client_config()
  local settings = config.current.settings
  local features = { proposals = true, chat = true, status = true, words = true }
  return {
    name = 'aside',
    cmd = transport,
    -- Buffers are counted in bytes, so positions are as well.
    capabilities = vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), {
      general = { positionEncodings = { 'utf-8' } },
    }),
    root_dir = vim.fs.root(0, '.git') or vim.uv.cwd(),
    settings = { aside = settings },
    init_options = { settings = settings, aside = features },
    handlers = {
      ['aside/chat/event'] = function(_, params) require('aside.chat').on_event(params) end,
      ['aside/proposal/event'] = function(_, params) require('aside.proposal').on_event(params) end,
      ['aside/status'] = function(_, params)
        M.status = params
        vim.cmd.redrawstatus({ bang = true })
      end,
      ['window/showDocument'] = show_document,
    },
    -- The menu's Accept goes the same way as the key's: it is applied here, and only at its own version.
    commands = {
      ['aside.accept'] = function(command)
        require('aside.proposal').accept_named(command.arguments[1])
      end,
    },
    -- The files are opened right after this callback.
    on_init = vim.schedule_wrap(function() end_waiting() end),
    on_exit = vim.schedule_wrap(on_exit),
  }
end

---@return vim.lsp.Client?
local function start()
  local _, found = config.command()
  if client or not found then return client end
  local options = { attach = false, reuse_client = function() return false end }
  ---@diagnostic disable-next-line: deprecated
  local id = (modern and vim.lsp.start or vim.lsp.start_client)(client_config(), options)
  client = id and vim.lsp.get_client_by_id(id) or nil
  return client
end

--- Opens a file to the server, and starts the server if need be; `wanted` by a command of the user's.
---@type fun(buf: integer, wanted?: boolean)
M.attach = function(buf, wanted)
  local name, options = api.nvim_buf_get_name(buf), vim.bo[buf]
  if not api.nvim_buf_is_loaded(buf) or options.buftype ~= '' or not options.buflisted then
    return
  end
  if name == '' or name:match('^%a[%w+.-]+://') then return end
  if buf == api.nvim_get_current_buf() then here.file = buf end
  if documents[buf] or not wanted and (deaths > 1 or not config.current.autostart) then return end
  if not start() then
    if not wanted and not complained then say.problem(missing()) end
    complained = true
    return
  end
  local document = { version = 0, told = -1, changed = api.nvim_buf_get_changedtick(buf) }
  documents[buf] = document
  api.nvim_buf_attach(buf, false, {
    on_lines = function(_, _, tick)
      document.changed = tick
      return documents[buf] ~= document
    end,
    on_reload = function() end,
    on_detach = function()
      documents[buf] = nil
      require('aside.proposal').forget(buf)
    end,
  })
  vim.lsp.buf_attach_client(buf, assert(client).id)
end

--- The running server's client, if it answers yet.
---@return vim.lsp.Client?
function M.get() return client and client.initialized and client or nil end

---@type fun(err: lsp.ResponseError): aside.Problem
local problem_of = function(err)
  if err.code == vim.lsp.protocol.ErrorCodes.MethodNotFound then
    return { title = 'the server does not know that', next = 'Update it, see :help aside-install.' }
  end
  local told = type(err.data) == 'table' and err.data.title and err.data
  return told or { title = err.message, next = 'See :AsideStatus.' }
end

--- Asks the server, once it is ready and the last file open to it: then `params` are made. Unsent changes go first.
---@alias aside.Params table|fun(): table
---@type fun(method: string, params: aside.Params, answered?: fun(result: any), failed?: fun(problem: aside.Problem))
M.request = function(method, params, answered, failed)
  failed = failed or say.problem
  local function send(problem)
    if problem then return failed(problem) end
    if type(params) == 'function' then params = params() end
    call('request', method, params, function(err, result)
      if err then return failed(problem_of(err)) end
      if answered then answered(result) end
    end)
  end
  if here.file and api.nvim_buf_is_valid(here.file) then M.attach(here.file, true) end
  if not start() then return failed(missing()) end
  if M.get() then return send() end
  table.insert(waiting, send)
end

--- Asks the running server for what has to happen before the next key, and waits.
---@type fun(method: string, params: table): any
M.ask = function(method, params)
  local answer, why = call('request_sync', method, params, ANSWER_MS)
  if answer and not answer.err then return answer.result end
  local problem = { title = 'the server gave no answer: ' .. (why or ''), next = 'Try again.' }
  say.problem(answer and problem_of(answer.err) or problem)
end

--- Runs a command of the server's. What it has to show it opens as a document.
---@type fun(command: string, argument?: fun(): table)
M.execute = function(command, argument)
  local function params() return { command = command, arguments = { argument and argument() } } end
  M.request('workspace/executeCommand', params)
end

--- Tells a running server something.
---@type fun(method: string, params: table)
M.notify = function(method, params)
  if M.get() then call('notify', method, params) end
end

--- Passes changed settings on.
function M.settings_changed()
  if not client then return end
  client.settings = { aside = config.current.settings }
  M.notify('workspace/didChangeConfiguration', { settings = client.settings })
end

--- The version that the buffer has once unsent changes are sent, as every request does; nil for an unknown buffer.
---@type fun(buf: integer): integer?
M.version = function(buf)
  local known = documents[buf]
  if not known or known.told >= known.changed then return known and known.version end
  return vim.lsp.util.buf_versions[buf]
end

--- Whether the buffer's text is, at this moment, the text of that version.
---@type fun(buf: integer, version: integer): boolean
M.is_at = function(buf, version)
  local known = documents[buf]
  return known ~= nil and known.version == version and known.told >= known.changed
end

--- The command that opens a window beside, by the room there is.
---@return string
function M.split()
  local set = config.current.window
  return set ~= '' and set or (vim.o.columns >= 110 and 'botright vsplit' or 'botright split')
end

return M
