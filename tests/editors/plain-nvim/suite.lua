--- What a user of Neovim without a plugin does with Aside. A case is named `ROW: sentence` by its row of the table in
--- editors/README.md. The model is the built-in demo, and where a case is about what is done meanwhile, one that is held in
--- mid-answer.
local nvim, here, filter = arg[1], arg[2], arg[3]
package.path = here .. '/?.lua;' .. package.path
local Editor = require('editor')

local CODE = 'def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n'
local DONE = 'def add(a, b):\n    """`add` takes `a`, `b`."""\n    return a + b\n\n\n'
  .. 'def sub(a, b):\n    """`sub` takes `a`, `b`."""\n    return a - b\n'

local HELD = '```python\n' .. DONE .. '```\n'

local function equal(expected, actual)
  if expected ~= actual then error(('expected\n%s\nbut got\n%s'):format(expected, actual), 2) end
end

--- Opens a file and has its functions documented.
local function propose(e, text)
  e:open('a.py', text)
  e:act('Document this')
end

--- The same by a model that is held in mid-answer.
local function propose_held(e)
  e:hold(here, HELD)
  e:open('a.py', CODE)
  e:act('Held')
  e:offers('Cancel')
end

local function accept(e, text)
  e:act('Accept (')
  e:is(text)
end

local cases = {
  { 'accept', 'a proposal is accepted', function(e)
    propose(e, CODE)
    accept(e, DONE)
  end },
  { 'accept', 'its progress shows while the model writes', function(e)
    propose_held(e)
    e:wait('progress', function()
      local said = e:lua('_G.said = (_G.said or "") .. vim.lsp.status(); return _G.said')
      return said:find('Held', 1, true) ~= nil and said:find('asking held/m', 1, true) ~= nil
    end)
  end },
  { 'accept hunk', 'one hunk, then the rest', function(e)
    propose(e, CODE)
    e:act('Accept hunk 2 of 2')
    e:has('`sub` takes')
    equal(nil, e:text():find('`add` takes', 1, true))
    e:act('Accept (1 change)')
    e:is(DONE)
  end },
  { 'show', 'a proposal opens as a diff', function(e)
    propose(e, CODE)
    e:act('Show the proposal')
    e:shows('.diff', '@@ -1,6 +1,8 @@')
  end },
  { 'reject', 'a rejected proposal leaves the text', function(e)
    propose(e, CODE)
    e:act('Reject')
    e:wait('no proposal', function() return not table.concat(e:titles()):find('Accept', 1, true) end)
    e:is(CODE)
  end },
  { 'cancel, retry', 'what was cancelled is asked again', function(e)
    propose_held(e)
    e:act('Cancel')
    e:let_go()
    e:act('Retry')
    accept(e, DONE)
  end },
  { 'stale accept', 'a menu from before the user typed above', function(e)
    propose(e, CODE)
    e:offers('Accept (')
    -- The menu is open, then the text changes, then the user picks.
    e:lua([[
      local params = {
        textDocument = vim.lsp.util.make_text_document_params(0),
        range = { start = { line = 0, character = 0 }, ['end'] = { line = 6, character = 0 } },
        context = { diagnostics = {} },
      }
      local _, answer = next(vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 5000))
      for _, action in ipairs(answer.result) do
        if action.title:find('Accept (', 1, true) then _G.picked = action.command end
      end
    ]])
    e:keys('ggOimport os<CR>import re<CR><Esc>')
    e:lua("vim.lsp.buf_request(0, 'workspace/executeCommand', _G.picked, function() end)")
    e:is('import os\nimport re\n\n' .. DONE)
  end },
  { 'typing during the stream', 'above and below, while the model writes', function(e)
    propose_held(e)
    e:keys('Go<CR><CR>print(add(1, 2))<Esc>')
    e:keys('ggOimport os<CR><CR><Esc>')
    -- By now the server knows what was typed.
    e:offers('Cancel')
    e:let_go()
    accept(e, 'import os\n\n\n' .. DONE .. '\n\nprint(add(1, 2))\n')
  end },
  { 'CRLF file', 'lines end as they did', function(e)
    propose(e, (CODE:gsub('\n', '\r\n')))
    accept(e, DONE)
    equal((DONE:gsub('\n', '\r\n')), e:written('a.py'))
  end },
  { 'emoji before the span', 'and in the line that changes', function(e)
    local line = "x = '👩‍💻 é' # %s 👩‍💻\ny = 1\n"
    e:open('a.py', '# 👩‍💻 é 👩‍💻\n' .. line:format('abc'))
    local from = line:find('%s', 1, true) - 1
    e:act('Shout', { start = { 2, from }, ['end'] = { 2, from + 2 } })
    accept(e, '# 👩‍💻 é 👩‍💻\n' .. line:format('ABC'))
  end },
  { 'closed and reopened', 'the proposal is there again', function(e)
    propose_held(e)
    e:open('b.py', 'x = 1\n')
    e:command('bwipeout! a.py')
    e:let_go()
    e:is('x = 1\n')
    e:visit('a.py')
    accept(e, DONE)
  end },
  { 'undo in one step', 'and the proposal is open again', function(e)
    propose(e, CODE)
    accept(e, DONE)
    e:keys('u')
    e:is(CODE)
    accept(e, DONE)
  end },
  { 'chat in a file', 'a question is answered below it, and the next one below that', function(e)
    e:open('a.py', CODE)
    e:open('q.aside.md', 'What is in #a.py?\n')
    e:act('Aside: Send')
    e:wait('an answer', function() return e:text():find('\n## You\n', 1, true) ~= nil end)
    e:has('*With a.py; to this program')
    e:has('declares `add` (line 1), `sub` (line 5)')
    e:keys('GoAnd now?<Esc>')
    local last = vim.split(e:text(), '\n')
    e:act('Aside: Send', { start = { #last, 0 }, ['end'] = { #last, 0 } })
    e:has('This chat has 1 turn before this one.')
  end },
  { 'typing while the chat answers', 'all of it stays', function(e)
    e:hold(here, 'The first half.\nThe second half.\n')
    e:open('q.aside.md', 'Why?\n\nnotes\n')
    e:act('Aside: Send')
    e:has('The first half.')
    for word in ('one two three four five six seven'):gmatch('%S+') do
      e:keys('ggO' .. word .. '<Esc>')
      e:keys('Go' .. word .. ' below<Esc>')
    end
    e:let_go()
    e:has('The second half.')
    e:has('\n## You\n')
    local text = e:text()
    equal(1, text:find('seven\nsix\nfive\nfour\nthree\ntwo\none\nWhy?\n\nnotes\n', 1, true))
    local at = 1
    for word in ('one two three four five six seven'):gmatch('%S+') do
      at = assert(text:find(word .. ' below', at, true), word .. ' is not there, or out of order:\n' .. text)
    end
    local _, copies = text:gsub('The first half', '')
    equal(1, copies)
  end },
}

local passed, failed = 0, 0
for _, case in ipairs(cases) do
  local name = case[1] .. ': ' .. case[2]
  if name:find(filter, 1, true) then
    local editor = Editor.new(nvim)
    local fine, problem = pcall(case[3], editor)
    pcall(Editor.stop, editor)
    if fine then passed = passed + 1 else failed = failed + 1 end
    io.stdout:write(fine and 'ok ' or 'not ok ', name, '\n')
    if not fine then io.stdout:write('  ', tostring(problem):gsub('\n', '\n  '), '\n') end
    io.stdout:flush()
  end
end
io.stdout:write(('%d passed, %d failed\n'):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1)
