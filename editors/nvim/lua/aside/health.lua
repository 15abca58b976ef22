--- :checkhealth aside
local M = {}

--- Says what is there, what is missing, and what to do about it.
function M.check()
  local health, client = vim.health, require('aside.client')
  health.start('aside')
  health.ok('Neovim ' .. tostring(vim.version()) .. '; 0.10 is needed')

  local cmd, found = require('aside.config').command()
  if not found then
    return health.error('the server `' .. cmd[1] .. '` was not found', {
      'Install it: `cargo install --path server` in a checkout of Aside.',
      'Or name it: require("aside").setup({ cmd = { "/path/to/aside" } })',
    })
  end
  local path = vim.fn.exepath(cmd[1])
  local version = vim.trim(vim.fn.system({ path, '--version' }))
  health[vim.v.shell_error == 0 and 'ok' or 'error']('server: ' .. path .. ' (' .. version .. ')')

  if not client.get() then
    return health.info('the server is not running; it starts with the first file, or with :Aside')
  end
  local status = client.status or {}
  local models = { status.chat, status.inline, status.actions }
  health.ok('it runs; open files: ' .. vim.tbl_count(assert(client.get()).attached_buffers))
  health.info('models for chats, instructions and actions: ' .. table.concat(models, ', '))
  health.info('key: ' .. (status.keySource or 'not used yet'))
  if status.problem then
    health.warn('last problem: ' .. require('aside.say').words(status.problem))
  end
  health.info('`' .. path .. ' doctor` checks keys, the keyring and whether the provider answers')
end

return M
