--- :checkhealth aside
local M = {}

local health = vim.health

---@param cmd string[]
---@return string? output
local function run(cmd)
  local ok, process = pcall(vim.system, cmd, { text = true, timeout = 5000 })
  local result = ok and process:wait() or nil
  return result and result.code == 0 and vim.trim(result.stdout) or nil
end

--- Says what is there, what is missing, and what to do about it.
function M.check()
  health.start('aside')
  if vim.fn.has('nvim-0.10') == 1 then
    health.ok('Neovim ' .. tostring(vim.version()))
  else
    health.error('Neovim 0.10 or newer is needed', { 'Update Neovim.' })
  end

  local cmd, found = require('aside.config').command()
  local path = found and vim.fn.exepath(cmd[1]) or cmd[1]
  if not found then
    health.error('the server `' .. path .. '` was not found', {
      'Install it with `cargo install --path server` in a checkout of Aside.',
      'Or name it: require("aside").setup({ cmd = { "/path/to/aside" } })',
    })
    return
  end
  local version = run({ path, '--version' })
  if version then
    health.ok('server: ' .. path .. ' (' .. version .. ')')
  else
    health.error('`' .. path .. ' --version` did not answer', { 'Install the server again.' })
  end

  local client = require('aside.client')
  local running = client.get()
  if not running then
    health.info('the server is not running; it starts with the first file, or with :Aside')
    return
  end
  local files = vim.tbl_count(running.attached_buffers)
  health.ok(('the server runs: %d files, positions in %s'):format(files, running.offset_encoding))
  local status = client.status
  if status then
    health.info('model: ' .. status.chat)
    health.info('key: ' .. (status.keySource or 'not used yet'))
    if status.problem then
      health.warn('last problem: ' .. require('aside.say').words(status.problem))
    end
  end
  health.info('`' .. path .. ' doctor` checks keys, the keyring and whether the provider answers')
end

return M
