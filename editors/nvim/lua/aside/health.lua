--- :checkhealth aside
local M = {}

local health = vim.health

--- Says what is there, what is missing, and what to do about it.
function M.check()
  health.start('aside')
  if vim.fn.has('nvim-0.10') == 1 then
    health.ok('Neovim ' .. tostring(vim.version()))
  else
    health.error('Neovim 0.10 or newer is needed')
  end

  local cmd, found = require('aside.config').command()
  if not found then
    return health.error('the server `' .. cmd[1] .. '` was not found', {
      'Install it: `cargo install --path server` in a checkout of Aside.',
      'Or name it: require("aside").setup({ cmd = { "/path/to/aside" } })',
    })
  end
  local path = vim.fn.exepath(cmd[1])
  local version = vim.trim(vim.fn.system({ path, '--version' }))
  if vim.v.shell_error == 0 then
    health.ok('server: ' .. path .. ' (' .. version .. ')')
  else
    health.error('`' .. path .. ' --version` failed', { 'Install the server again.' })
  end

  local client = require('aside.client')
  local running = client.get()
  if not running then
    return health.info('the server is not running; it starts with the first file, or with :Aside')
  end
  local files = vim.tbl_count(running.attached_buffers)
  health.ok(
    ('the server runs; %d files open, positions in %s'):format(files, running.offset_encoding)
  )
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
