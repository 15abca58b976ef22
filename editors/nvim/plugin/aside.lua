-- The commands, and the autocommand that opens files to the server. Everything else loads at its first use.
if vim.g.loaded_aside then return end
vim.g.loaded_aside = true

--- Defines a command that a module's function runs, which gets the command's arguments.
---@type fun(name: string, module: string, run: string, options: table)
local command = function(name, module, run, options)
  vim.api.nvim_create_user_command(name, function(opts) require(module)[run](opts) end, options)
end

local words, lines = { nargs = '*' }, { nargs = '*', range = true }
command('Aside', 'aside.chat', 'open', lines)
command('AsideNew', 'aside.chat', 'open', lines)
command('AsideChats', 'aside.chat', 'choose', words)
local function verbs() return { 'rename', 'delete', 'export' } end
command('AsideChat', 'aside.chat', 'manage', { nargs = 1, complete = verbs })
command('AsideDo', 'aside.proposal', 'start', lines)
command('AsidePreview', 'aside', 'preview', lines)
command('AsideAccept', 'aside.proposal', 'accept', { bang = true, nargs = '?' })
command('AsideReject', 'aside.proposal', 'reject', { bang = true })
command('AsideRetry', 'aside.proposal', 'retry', words)
command('AsideNext', 'aside.proposal', 'jump', { bang = true })
command('AsideStop', 'aside', 'stop', {})
command('AsideModel', 'aside', 'model', { nargs = '?' })
command('AsideKey', 'aside', 'key', { nargs = 1 })
local function telemetry() return { 'show', 'export', 'delete' } end
command('AsideTelemetry', 'aside', 'run', { nargs = '*', complete = telemetry })
for _, name in ipairs({ 'Ledger', 'Data', 'Privacy', 'Doctor', 'NewChat' }) do
  command('Aside' .. name, 'aside', 'run', {})
end
vim.api.nvim_create_user_command('AsideStatus', 'checkhealth aside', {})

vim.api.nvim_create_autocmd({ 'FileType', 'BufEnter' }, {
  group = vim.api.nvim_create_augroup('aside', {}),
  callback = function(event) require('aside.client').attach(event.buf) end,
})
