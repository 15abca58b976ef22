--- The server: started once per editor, told of every file, asked, and restarted once if it dies.
---
--- Neovim's own idea of a document's version can't be trusted for edits: another server's attaching sets it back to
--- 0 (0.10), and changes are sent late. So what the server was told is read off the wire.
local config = require('aside.config')
local say = require('aside.say')

local M = {}

local modern = vim.fn.has('nvim-0.11') == 1

---@class aside.Document
---@field version integer the version that the server was last told
---@field told integer the buffer's changedtick when it was told
---@field changed integer the buffer's changedtick when its lines last changed

---@type table<integer, aside.Document>
local documents = {}
---@type vim.lsp.Client?
local client
---@type fun(client: vim.lsp.Client)[]
local waiting = {}
local deaths, leaving, complained = 0, false, false

--- The last `aside/status`.
---@type table?
M.status = nil
--- The file buffer that the user was last in.
---@type integer?
M.last_file = nil

local INSTALL = 'See :help aside-install.'

---@return string
local function missing()
  return config.command()[1] .. ' was not found'
end

--- Calls a client's method, which is a plain function before Neovim 0.11.
---@param name string
---@param ... any
---@return any
local function call(name, ...)
  local method = assert(client)[name]
  if modern then return method(client, ...) end
  return method(...)
end

---@param method string
---@param params any
local function overheard(method, params)
  local document = type(params) == 'table' and params.textDocument
  if method ~= 'textDocument/didOpen' and method ~= 'textDocument/didChange' then return end
  local buf = vim.uri_to_bufnr(document.uri)
  local tick = vim.api.nvim_buf_get_changedtick(buf)
  local known = documents[buf] or { changed = tick }
  known.version, known.told = document.version, tick
  documents[buf] = known
end

--- Starts the process, and listens to what is said to it.
---@param cmd string[]
---@return fun(dispatchers: vim.lsp.rpc.Dispatchers): vim.lsp.rpc.PublicClient
local function transport(cmd)
  return function(dispatchers)
    local rpc = vim.lsp.rpc.start(cmd, dispatchers)
    local notify = rpc.notify
    rpc.notify = function(method, params)
      overheard(method, params)
      return notify(method, params)
    end
    return rpc
  end
end

---@param params lsp.ShowDocumentParams
---@return lsp.ShowDocumentResult
local function show_document(_, params, cx)
  local buf = not params.external and vim.uri_to_bufnr(params.uri)
  if not buf or vim.fn.bufwinid(buf) ~= -1 or not params.uri:match('%.md$') then
    return vim.lsp.handlers['window/showDocument'](nil, params, cx)
  end
  local from = vim.api.nvim_get_current_win()
  vim.cmd(M.split())
  vim.api.nvim_win_set_buf(0, buf)
  vim.wo[0][0].wrap, vim.wo[0][0].linebreak = true, true
  if not params.takeFocus then vim.api.nvim_set_current_win(from) end
  return { success = true }
end

---@param code integer
---@param signal integer
local function on_exit(code, signal)
  client, M.status, documents, waiting = nil, nil, {}, {}
  require('aside.chat').on_server_gone()
  require('aside.proposal').on_server_gone()
  if leaving or (code == 0 and signal == 0) then return end
  deaths = deaths + 1
  local how = signal ~= 0 and ('signal ' .. signal) or ('code ' .. code)
  if deaths > 1 then
    say.error(
      'the server stopped again ('
        .. how
        .. '). See :checkhealth aside; the next command starts it.'
    )
    return
  end
  say.warn('the server stopped (' .. how .. ') and is started again')
  vim.defer_fn(function()
    for _, buf in ipairs(vim.api.nvim_list_bufs()) do
      M.attach(buf)
    end
  end, 1000)
end

---@return vim.lsp.ClientConfig?
local function client_config()
  local cmd, found = config.command()
  if not found then return nil end
  local settings = config.settings()
  local function forward(module, name)
    return function(_, params)
      require(module)[name](params)
    end
  end
  return {
    name = 'aside',
    cmd = transport(cmd),
    root_dir = vim.fs.root(0, '.git') or vim.uv.cwd(),
    settings = { aside = settings },
    init_options = {
      settings = settings,
      aside = { proposals = true, chat = true, status = true },
    },
    handlers = {
      ['aside/chat/event'] = forward('aside.chat', 'on_event'),
      ['aside/proposal/event'] = forward('aside.proposal', 'on_event'),
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
    on_init = function(started)
      client = started
      -- The files are opened right after this callback.
      vim.schedule(function()
        local queue = waiting
        waiting = {}
        for _, run in ipairs(queue) do
          run(started)
        end
      end)
    end,
    on_exit = vim.schedule_wrap(on_exit),
  }
end

---@return vim.lsp.Client?
local function start()
  if client then return client end
  local options = client_config()
  if not options then return nil end
  local id
  if modern then
    id = vim.lsp.start(options, {
      attach = false,
      reuse_client = function()
        return false
      end,
    })
  else
    ---@diagnostic disable-next-line: deprecated
    id = vim.lsp.start_client(options)
  end
  client = id and vim.lsp.get_client_by_id(id) or nil
  return client
end

---@param buf integer
---@return boolean
local function is_file(buf)
  return vim.api.nvim_buf_is_loaded(buf)
    and vim.bo[buf].buftype == ''
    and vim.bo[buf].buflisted
    and vim.api.nvim_buf_get_name(buf) ~= ''
    and not vim.api.nvim_buf_get_name(buf):match('^%a[%w+.-]+://')
end

---@param buf integer
local function follow(buf)
  vim.api.nvim_buf_attach(buf, false, {
    on_lines = function(_, _, tick)
      if not documents[buf] then return true end
      documents[buf].changed = tick
    end,
    on_reload = function() end,
    on_detach = function()
      documents[buf] = nil
    end,
  })
end

--- Opens a file to the server, and starts the server if need be.
---@param buf integer
---@param loud? boolean
function M.attach(buf, loud)
  if not is_file(buf) then return end
  if buf == vim.api.nvim_get_current_buf() then M.last_file = buf end
  if not loud and not config.current.autostart or documents[buf] then return end
  if deaths > 1 and not loud then return end
  if start() then
    local tick = vim.api.nvim_buf_get_changedtick(buf)
    documents[buf] = { version = 0, told = -1, changed = tick }
    follow(buf)
    vim.lsp.buf_attach_client(buf, assert(client).id)
  elseif not loud and not complained then
    complained = true
    say.error(missing() .. '. ' .. INSTALL)
  end
end

--- Runs a function with the server ready, and the last file open to it.
---@param run fun(client: vim.lsp.Client)
---@param failed? fun(problem: aside.Problem)
function M.ready(run, failed)
  if M.last_file and vim.api.nvim_buf_is_valid(M.last_file) then M.attach(M.last_file, true) end
  if not start() then
    local problem = { kind = 'notFound', title = missing(), next = INSTALL }
    return (failed or say.problem)(problem)
  end
  if assert(client).initialized then
    run(client)
  else
    waiting[#waiting + 1] = run
  end
end

--- The running server's client, if it answers yet.
---@return vim.lsp.Client?
function M.get()
  return client and client.initialized and client or nil
end

--- Asks the server, once it is ready. Changes not yet sent go first.
---@param method string
---@param params table|fun(client: vim.lsp.Client): table?
---@param answered? fun(result: any)
---@param failed? fun(problem: aside.Problem)
function M.request(method, params, answered, failed)
  M.ready(function(ready)
    local body = params
    if type(params) == 'function' then body = params(ready) end
    if not body then return end
    call('request', method, body, function(err, result)
      if err then
        local told = type(err.data) == 'table' and err.data.title and err.data
        local problem = { kind = 'internal', title = err.message, next = 'See :AsideStatus.' }
        (failed or say.problem)(told or problem)
      elseif answered then
        answered(result)
      end
    end)
  end, failed)
end

--- Tells a running server something.
---@param method string
---@param params table
function M.notify(method, params)
  if M.get() then call('notify', method, params) end
end

--- Passes changed settings on.
function M.settings_changed()
  if client then
    client.settings = { aside = config.settings() }
    M.notify('workspace/didChangeConfiguration', { settings = client.settings })
  end
end

--- The version that the buffer has once changes not yet sent are sent, as every request does.
---@param buf integer
---@return integer
function M.version(buf)
  local known = documents[buf]
  if known and known.told >= known.changed then return known.version end
  return vim.lsp.util.buf_versions[buf] or 0
end

--- Whether the buffer's text is, at this moment, the text of that version.
---@param buf integer
---@param version integer
---@return boolean
function M.is_at(buf, version)
  local known = documents[buf]
  return known ~= nil and known.version == version and known.told >= known.changed
end

---@param buf integer
---@return boolean
function M.is_open(buf)
  return documents[buf] ~= nil
end

--- The command that opens a window beside, by the room there is.
---@return string
function M.split()
  local set = config.current.window
  return set ~= '' and set or (vim.o.columns >= 110 and 'botright vsplit' or 'botright split')
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('aside.leave', {}),
  callback = function()
    leaving = true
  end,
})

return M
