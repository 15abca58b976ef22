--- :checkhealth aside
local M = {}

--- Says what is there, what is missing, and what to do about it.
function M.check()
  local health, client = vim.health, require('aside.client')
  health.start('aside')
  local is_new = vim.fn.has('nvim-0.10') == 1
  health[is_new and 'ok' or 'error']('Neovim ' .. tostring(vim.version()) .. '; 0.10 is needed')

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

  local running = client.get()
  if not running then
    return health.info('the server is not running; it starts with the first file, or with :Aside')
  end
  local files = vim.tbl_count(running.attached_buffers)
  health.ok(('it runs; open files: %d, positions in %s'):format(files, running.offset_encoding))
  local status = client.status or {}
  for _, role in ipairs({ 'chat', 'inline', 'actions' }) do
    health.info(('model for %s: %s'):format(role, status[role] or 'not said yet'))
  end
  health.info('key: ' .. (status.keySource or 'not used yet'))
  if status.problem then
    health.warn('last problem: ' .. require('aside.say').words(status.problem))
  end
  health.info('`' .. path .. ' doctor` checks keys, the keyring and whether the provider answers')
end

return M
