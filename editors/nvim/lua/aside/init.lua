--- Aside for Neovim: the public functions.
local config = require('aside.config')
local say = require('aside.say')

local M = {}

--- Sets options; see |aside-options|. Not needed where nothing is to be set.
---@param options? table
function M.setup(options)
  config.set(options)
  require('aside.client').settings_changed()
end

--- For a statusline: the model, `●` while it works, `!` after a problem. Empty while no server runs.
---@return string
function M.status()
  local status = (package.loaded['aside.client'] or {}).status
  if not status then return '' end
  return status.chat .. (status.busy > 0 and ' ●' or '') .. (status.problem and ' !' or '')
end

--- `:AsideStop`: stops the chat's answer in a chat, everything under way elsewhere.
function M.stop()
  local client, chat = require('aside.client'), require('aside.chat').current()
  if chat then return chat:stop() end
  if client.get() then client.request('aside/cancel', { kind = 'all' }) end
end

--- `:AsidePreview`: shows what would be sent, for a chat's question or for an instruction on lines.
---@param opts table
function M.preview(opts)
  local chat = require('aside.chat').current()
  if chat then return chat:preview() end
  require('aside.proposal').start(opts)
end

--- A command that the server carries out: `:AsideTelemetry export` is its `aside.telemetryExport`.
---@param opts table
function M.run(opts)
  local verb, file = unpack(opts.fargs)
  local name = opts.name:gsub('^Aside(%u)', function(first) return 'aside.' .. first:lower() end)
  name = name .. (verb ~= 'show' and verb or ''):gsub('^%l', string.upper)
  local function argument() return file and { file = vim.fn.fnamemodify(file, ':p') } end
  require('aside.client').execute(name, argument)
end

--- Uses a model from now on, for everything, until Neovim ends.
---@param id string `provider/model`
local function use_model(id)
  local settings = config.current.settings
  settings.model, settings.models = id, nil
  require('aside.client').settings_changed()
  say.info(("the model is %s; for good: settings = { model = '%s' }"):format(id, id))
end

--- `:AsideModel`: uses the `provider/model` named, or lets the user choose one: of the provider named, or of the settings.
---@param opts table
function M.model(opts)
  local name = opts.args
  if name:find('/', 1, true) then return use_model(name) end
  local params = { provider = name ~= '' and name or nil, ['local'] = name == '' }
  require('aside.client').request('aside/models', params, function(answer)
    if answer.problem then say.problem(answer.problem) end
    if #answer.models == 0 then return end
    local function format(model)
      local roles = table.concat(model.roles or {}, ', ')
      return model.id .. (roles ~= '' and '  (' .. roles .. ')' or '')
    end
    vim.ui.select(answer.models, { prompt = 'Model', format_item = format }, function(model)
      if model then use_model(model.id) end
    end)
  end)
end

--- `:AsideKey`: saves a provider's key by the command line, in a terminal, so that it never goes through Neovim.
---@param opts table
function M.key(opts)
  local cmd, found = config.command()
  if not found then return say.info(cmd[1] .. ' was not found. See :help aside-install.') end
  vim.cmd('botright 8new')
  local open = vim.fn.has('nvim-0.11') == 1 and vim.fn.jobstart or vim.fn.termopen
  open({ cmd[1], 'key', 'set', opts.args }, { term = true })
  vim.cmd.startinsert()
end

return M
