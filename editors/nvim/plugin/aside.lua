-- The commands, and the autocommand that opens files to the server. Everything else is loaded at its first use.
if vim.g.loaded_aside then return end
vim.g.loaded_aside = true

local command = vim.api.nvim_create_user_command

command('Aside', function(opts)
  require('aside.chat').open(opts)
end, { nargs = '*', range = true, desc = 'Open the chat, or ask a question' })

command('AsideNew', function(opts)
  require('aside.chat').new(opts)
end, { nargs = '*', range = true, desc = 'Start another chat' })

command('AsideChats', function()
  require('aside.chat').choose()
end, { desc = 'Open a kept chat' })

command('AsideDo', function(opts)
  require('aside.proposal').start(opts)
end, { nargs = '*', range = true, desc = 'Carry out an instruction on the lines' })

command('AsideAccept', function(opts)
  require('aside.proposal').accept(opts.bang)
end, { bang = true, desc = 'Accept the proposal (!: only the hunk at the cursor)' })

command('AsideReject', function(opts)
  require('aside.proposal').reject(opts.bang)
end, { bang = true, desc = 'Reject the proposal (!: only the hunk at the cursor)' })

command('AsideRetry', function(opts)
  require('aside.proposal').retry(opts.args)
end, { nargs = '*', desc = 'Ask for the proposal again, with a further word' })

command('AsideNext', function(opts)
  require('aside.proposal').jump(opts.bang and -1 or 1)
end, { bang = true, desc = 'Go to the next hunk (!: the previous one)' })

command('AsideStop', function()
  require('aside').stop()
end, { desc = 'Stop what is under way' })

command('AsideModel', function(opts)
  require('aside').model(opts.args)
end, { nargs = '?', desc = 'Choose the model' })

command('AsideKey', function(opts)
  require('aside').key(opts.args)
end, { nargs = 1, desc = "Save a provider's key in the system's keyring" })

command('AsideStatus', function()
  require('aside').show_status()
end, { desc = 'Show the models, where the key comes from and the last problem' })

vim.api.nvim_create_autocmd({ 'FileType', 'BufEnter' }, {
  group = vim.api.nvim_create_augroup('aside', {}),
  callback = function(event)
    require('aside.client').attach(event.buf)
  end,
})
