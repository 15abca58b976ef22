--- Aside for Neovim: the public functions.
local config = require('aside.config')

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
  local client = package.loaded['aside.client']
  local status = client and client.status
  if not status then return '' end
  return status.chat .. (status.busy > 0 and ' ●' or '') .. (status.problem and ' !' or '')
end

--- Stops what is under way: the chat's turn in a chat, everything elsewhere.
function M.stop()
  local client = require('aside.client')
  local running = client.get()
  if not running or require('aside.chat').stop_here() then return end
  require('aside.chat').stop_all()
  require('aside.proposal').stop_all()
  for token in pairs(running.progress.pending) do
    client.notify('window/workDoneProgress/cancel', { token = token })
  end
end

--- Uses a model from now on, for everything, until Neovim ends.
---@param id string `provider/model`
local function use_model(id)
  local settings = config.current.settings
  settings.model, settings.models = id, nil
  require('aside.client').settings_changed()
  require('aside.say').info('the model is ' .. id)
end

--- Chooses among the models of the settings; of a provider's own list where only the provider is named.
---@param name string `provider/model`, `provider` or nothing
function M.model(name)
  local client, say = require('aside.client'), require('aside.say')
  if name:find('/', 1, true) then
    return client.ready(function()
      use_model(name)
    end)
  end
  local params = name ~= '' and { provider = name } or vim.empty_dict()
  client.request('aside/models', params, function(answer)
    if answer.problem and #answer.models == 0 then return say.problem(answer.problem) end
    vim.ui.select(answer.models, {
      prompt = 'Model',
      format_item = function(model)
        local roles = model.roles or {}
        return model.id .. (#roles > 0 and '  (' .. table.concat(roles, ', ') .. ')' or '')
      end,
    }, function(model)
      if model then use_model(model.id) end
    end)
  end)
end

--- Saves a provider's key by the command line, in a terminal: it goes to the keyring and never through Neovim.
---@param provider string
function M.key(provider)
  local cmd, found = config.command()
  if not found then
    return require('aside.say').error(cmd[1] .. ' was not found; see :help aside-install')
  end
  vim.cmd('botright 8new')
  local buf = vim.api.nvim_get_current_buf()
  local run = vim.list_extend({ cmd[1] }, { 'key', 'set', provider })
  local options = {
    on_exit = function(_, code)
      if code == 0 and vim.api.nvim_buf_is_valid(buf) then
        vim.api.nvim_buf_delete(buf, { force = true })
        require('aside.say').info('the key for ' .. provider .. ' is saved')
      end
    end,
  }
  if vim.fn.has('nvim-0.11') == 1 then
    options.term = true
    vim.fn.jobstart(run, options)
  else
    ---@diagnostic disable-next-line: deprecated
    vim.fn.termopen(run, options)
  end
  vim.cmd.startinsert()
end

--- Shows what is configured and what went wrong last.
function M.show_status()
  local client = require('aside.client')
  client.ready(function()
    local status = client.status
    if not status then
      return require('aside.say').info('the server runs; it has said nothing yet')
    end
    local lines = {
      { 'chat    ' .. status.chat .. '\n' },
      { 'inline  ' .. status.inline .. '\n' },
      { 'actions ' .. status.actions .. '\n' },
      { 'key     ' .. (status.keySource or 'not used yet') .. '\n' },
      { 'busy    ' .. status.busy .. '\n' },
    }
    if status.problem then
      local words = require('aside.say').words(status.problem)
      lines[#lines + 1] = { 'problem ' .. words .. '\n', 'WarningMsg' }
    end
    vim.api.nvim_echo(lines, true, {})
  end)
end

return M
