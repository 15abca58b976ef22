-- A day of use in a real Neovim with its extension: `nvim --clean -n --headless -l day.lua PLUGIN SERVER SETTINGS`.
-- `neovim.rs` beside this file is the provider, and looks at every address that was tried.
local plugin, server, settings = arg[1], arg[2], vim.json.decode(arg[3])

---@param what string
---@param holds fun(): any
local function wait(what, holds)
  if vim.wait(20000, function() return holds() and true end, 20) then return end
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  io.stderr:write('not seen: ', what, '; the buffer is:\n', text, '\n')
  os.exit(1)
end

--- Whether a text is in a buffer, or drawn over it.
---@param buf integer
---@param text string
local function shows(buf, text)
  local marks = vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })
  local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
  return (table.concat(lines, '\n') .. vim.inspect(marks)):find(text, 1, true) ~= nil
end

--- Waits until a text is in a buffer that is shown.
---@param text string
local function see(text)
  wait(text, function()
    return vim
      .iter(vim.api.nvim_list_wins())
      :any(function(win) return shows(vim.api.nvim_win_get_buf(win), text) end)
  end)
end

--- Starts, as Neovim does it for its user.
local function start()
  vim.opt.rtp:prepend(plugin)
  vim.cmd.runtime('plugin/aside.lua')
  vim.cmd('filetype on')
  require('aside').setup({ cmd = { server }, settings = settings })
  vim.cmd.edit('main.lua')
  wait('the server', function() return require('aside.client').get() end)
end

start()
local file = vim.api.nvim_get_current_win()
vim.cmd('Aside what is this #file')
see('the first answer')
see('tokens in')
vim.cmd('AsideNew what else')
see('the provider said no')
vim.cmd('AsideNew and then')
see('the beginning')
vim.cmd('AsideStop')
see('stopped')

vim.api.nvim_set_current_win(file)
vim.cmd('1AsideDo call it two')
see('local two = 1')
vim.cmd('AsideAccept')
wait('the edit', function() return vim.fn.getline(1) == 'local two = 1' end)
vim.cmd('1AsideDo call it three')
see('not an instruction')
vim.cmd('AsideReject')

vim.cmd('1AsidePreview call it four')
see('# What would be sent')
for name, heading in pairs({
  Ledger = 'main.lua',
  Data = '# What Aside keeps on this machine',
  Privacy = '# Privacy',
  Doctor = '# ',
}) do
  vim.cmd('Aside' .. name)
  see(heading)
end
vim.ui.select = function(items, _, done) done(items[1]) end
vim.cmd('AsideModel fake')
wait('the model', function() return require('aside').status():find('fake/listed', 1, true) end)
vim.cmd('checkhealth aside')

-- The server ends, and is started again by the next question.
vim
  .iter(vim.lsp.get_clients({ name = 'aside' }))
  :each(function(client) vim.lsp.stop_client(client.id) end)
wait('the end', function() return not require('aside.client').get() end)
vim.api.nvim_set_current_win(file)
vim.cmd.edit('other.lua')
wait('the server again', function() return require('aside.client').get() end)
vim.cmd('AsideNew once more')
see('the last answer')
vim.cmd('qall!')
