-- Code actions, models, keys, health and help.

---@param editor table
---@param text string code actions with this in their title are run
local function act(editor, text)
  editor:lua(
    [[
    local text = ...
    vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.title:find(text, 1, true) ~= nil end })
  ]],
    text
  )
end

case("the menu offers a fix for another server's diagnostic, and takes its proposal", function(new)
  local model = scripted_model()
  local editor = new({ setup = model.setup })
  editor:edit('a.lua', 'local one = 1\nlocal b = 3\n')
  editor:lua([[
    local found = { lnum = 1, col = 6, end_col = 7, message = 'b should be 2', severity = 2 }
    vim.diagnostic.set(vim.api.nvim_create_namespace('linter'), 0, { found })
  ]])
  editor:keys('2G')
  editor:starts()
  act(editor, 'Fix this problem')
  editor:sees('▌ 1 change')
  act(editor, 'Accept')
  editor:sees_no('▌')
  editor:has('local one = 1\nlocal a = 1\nlocal b = 2')
  if model.log():find('b should be 2', 1, true) == nil then error('the diagnostic was not sent') end
  editor:keys('u')
  editor:has('local one = 1\nlocal b = 3')
end)

case('an explanation opens beside, and the cursor stays', function(new)
  local editor = new()
  editor:edit('a.lua', 'local one = 1\n')
  editor:wait(
    'the server',
    function() return editor:lua('return require("aside.client").get() ~= nil') end
  )
  act(editor, 'Explain')
  editor:sees('# Explain')
  editor:equal('a.lua', editor:lua('return vim.fn.expand("%:t")'))
  editor:equal(
    1,
    editor:lua('return vim.tbl_count(require("aside.client").get().attached_buffers)')
  )
end)

case('the statusline shows the model and that it works', function(new)
  local editor = new()
  editor:command([[set laststatus=2 statusline=<%{v:lua.require'aside'.status()}>]])
  editor:edit('a.lua', 'local one = 1\n')
  editor:sees('<demo/demo>')
  editor:command('AsideDo upper case')
  editor:sees('<demo/demo ●>')
  editor:sees('<demo/demo>')
end)

case('a model is chosen', function(new)
  local model = scripted_model()
  local editor = new({ setup = model.setup:gsub('model = "fake/m",', '') })
  editor:edit('a.lua', 'local one = 1\n')
  editor:command('AsideModel fake/other')
  editor:command('Aside show me code')
  editor:sees('fake/other')
  editor:sees('Done 😀.')
  editor:lua([[vim.ui.select = function(items, options, choose) choose(items[#items]) end]])
  editor:command('AsideModel')
  editor:wait(
    'a message',
    function() return editor:lua('return vim.fn.execute("messages")'):find('the model is') ~= nil end
  )
end)

case('a key is asked for in a terminal, and never in a message', function(new)
  local wire = vim.fn.tempname()
  local spy = ('tee -a %s.in | %s | tee -a %s.out'):format(wire, vim.env.ASIDE_BIN, wire)
  local editor = new({ server = { 'sh', '-c', spy } })
  editor:lua('require("aside.config").current.cmd = { ... }', vim.env.ASIDE_BIN)
  editor:edit('a.lua', 'local one = 1\n')
  editor:command('AsideKey openai')
  editor:equal('terminal', editor:lua('return vim.bo.buftype'))
  editor:sees('openai')
  -- The prompt stands there a moment before the terminal stops to echo.
  local pty = editor:lua('return vim.api.nvim_get_chan_info(vim.bo.channel).pty')
  local function is_hidden()
    return vim.fn.system({ 'stty', '-F', pty, '-a' }):find(' -echo ', 1, true) ~= nil
  end
  editor:wait('a hidden input', is_hidden)
  editor:keys('sk-canary-123<CR>')
  vim.wait(800)
  editor:equal(nil, editor:screen():find('canary'))
  for _, way in ipairs({ '.in', '.out' }) do
    local file = io.open(wire .. way)
    local text = file and file:read('*a') or ''
    editor:equal(nil, text:find('canary', 1, true))
  end
end)

case(':checkhealth and :help', function(new)
  local editor = new()
  editor:edit('a.lua', 'local one = 1\n')
  editor:wait(
    'the server',
    function() return editor:lua('return require("aside.client").get() ~= nil') end
  )
  editor:command('checkhealth aside')
  editor:sees('it runs; open files: 1')
  editor:sees('doctor')
  editor:equal(nil, editor:screen():find('ERROR'))
  -- As it comes, whether or not a plugin manager makes the tags.
  for _, tag in ipairs({ 'aside', ':AsideDo', ':AsideKey', 'aside-options', 'aside.status()' }) do
    editor:command('help ' .. tag)
    editor:sees('aside')
  end
end)

case("the help's tags are those of its text", function(new)
  local editor = new()
  local doc, own = here .. '/../../../editors/nvim/doc/', editor.folder .. '/'
  vim.uv.fs_copyfile(doc .. 'aside.txt', own .. 'aside.txt')
  editor:command('helptags ' .. own)
  local made = vim.fn.readfile(own .. 'tags')
  local kept = vim.fn.filereadable(doc .. 'tags') == 1 and vim.fn.readfile(doc .. 'tags') or {}
  if not vim.deep_equal(made, kept) then
    vim.fn.writefile(made, doc .. 'tags')
    error('editors/nvim/doc/tags was not up to date, and has been written', 0)
  end
end)

case('commands are the only thing that loads at the start', function(new)
  local editor = new({ plain = true })
  editor:equal(2, editor:lua('return vim.fn.exists(":AsideDo")'))
  editor:equal(
    false,
    editor:lua(
      'return package.loaded["aside.chat"] ~= nil or package.loaded["aside.proposal"] ~= nil'
    )
  )
end)

case(
  "a chat in a file of the user's own opens beside, and is asked by its code action",
  function(new)
    local editor = new()
    editor:edit('a.lua', 'local one = 1\n')
    editor:starts()
    editor:command('AsideNewChat')
    editor:wait(
      'the file',
      function() return editor:lua('return vim.fn.expand("%:t")'):match('%.aside%.md$') ~= nil end
    )
    editor:equal(2, editor:lua('return vim.fn.winnr("$")'))
    editor:keys('Gohow are you<Esc>')
    act(editor, 'Send')
    editor:sees('built-in demo')
  end
)

case('a command that the server has not says so', function(new)
  local editor = new({ server = fake })
  editor:edit('a.lua', 'local one = 1\n')
  editor:command('AsideLedger')
  editor:sees('the server does not know that. Update it, see :help aside-install.')
end)

case('the connection is warmed when a question or an instruction is begun', function(new)
  local wire = vim.fn.tempname()
  local editor =
    new({ server = { 'sh', '-c', ('tee -a %s | %s'):format(wire, vim.env.ASIDE_BIN) } })
  local function warmed() return select(2, io.open(wire):read('*a'):gsub('aside\\?/warm', '')) end
  editor:edit('a.lua', 'local one = 1\n')
  editor:starts()
  editor:keys('x:Aside<CR>')
  editor:sees('Ask. # takes code along')
  editor:equal(0, warmed())
  editor:keys('why')
  editor:wait('a warm connection for the chat', function() return warmed() == 1 end)
  editor:keys('<Esc><C-w>p:AsideDo<CR>')
  editor:wait('a warm connection for the instruction', function() return warmed() == 2 end)
end)

case('what telemetry holds is shown, exported to a file and deleted', function(new)
  local editor = new({ setup = '{ settings = { telemetry = { usage = true } } }' })
  local days, file = vim.env.ASIDE_STATE_DIR .. '/telemetry/days.json', vim.fn.tempname()
  editor:equal(
    { 'show', 'export', 'delete' },
    editor:lua('return vim.fn.getcompletion("AsideTelemetry ", "cmdline")')
  )
  editor:edit('a.lua', 'local one = 1\n')
  editor:command('AsideDo upper case')
  editor:wait('the count', function() return vim.uv.fs_stat(days) end)
  editor:command('AsideTelemetry show')
  editor:sees('What waits, in words')
  editor:command('AsideTelemetry export ' .. file)
  editor:sees('1 day written into')
  local told = vim.json.decode(assert(io.open(file)):read('*a'))
  editor:equal('instruction', told[1].events[1].feature)
  editor:command('AsideTelemetry export')
  editor:sees('"events": [')
  editor:command('AsideTelemetry delete')
  editor:wait('the deletion', function() return not vim.uv.fs_stat(days) end)
end)
