-- Instructions on lines, against the real server and its demo.

local TEXT = 'one\nfoo two\nthree\nfour\nfoo five\nsix\n'

---@param editor table
---@param text string
---@return integer row from 1
local function row_of(editor, text)
  for row, line in ipairs(vim.split(editor:screen(), '\n')) do
    if line:find(text, 1, true) then return row end
  end
  error('not on the screen: ' .. text)
end

---@param editor table
---@param instruction? string
local function propose(editor, instruction)
  editor:keys('ggVG:AsideDo ' .. (instruction or 'rename foo to bar') .. '<CR>')
end

case(
  'a proposal: drawn, typed around, accepted by hunk and in full, undone in one step',
  function(new)
    local editor = new()
    editor:edit('a.txt', TEXT)
    propose(editor)
    editor:sees('▌ 2 changes')
    editor:sees('bar two')
    editor:equal(row_of(editor, 'foo two') + 1, row_of(editor, 'bar two'))
    editor:equal(TEXT, table.concat(editor:lines(), '\n') .. '\n')

    -- Typing above moves it, typing between its hunks stays.
    editor:keys('ggOzero<Esc>')
    editor:sees('zero')
    editor:keys('/three<CR>Athree more<Esc>')
    editor:equal(row_of(editor, 'foo two') + 1, row_of(editor, 'bar two'))

    editor:keys(']a')
    editor:equal(6, editor:lua('return vim.fn.line(".")'))
    editor:keys('<Space>ah')
    editor:has('zero\none\nfoo two\nthreethree more\nfour\nbar five\nsix')
    editor:sees('▌ 1 change')
    editor:keys('<Space>aa')
    editor:has('zero\none\nbar two\nthreethree more\nfour\nbar five\nsix')
    editor:sees_no('▌')
    editor:keys('u')
    editor:has('zero\none\nfoo two\nthreethree more\nfour\nbar five\nsix')
  end
)

case('accepting all is one undo step', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  editor:keys('xx')
  propose(editor)
  editor:sees('▌ 2 changes')
  editor:keys('<Space>aa')
  editor:has('e\nbar two\nthree\nfour\nbar five\nsix')
  editor:keys('u')
  editor:has('e\nfoo two\nthree\nfour\nfoo five\nsix')
end)

case('typing inside a hunk is never overwritten', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  propose(editor)
  editor:sees('▌ 2 changes')
  editor:keys('2GAMINE<Esc>')
  vim.wait(300)
  editor:keys('<Space>aa')
  vim.wait(500)
  editor:sees('twoMINE')
  editor:wait(
    'the typed word in the text',
    function() return table.concat(editor:lines(), '\n'):find('twoMINE', 1, true) ~= nil end
  )
end)

case('keys typed right before accepting are in the text', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  propose(editor)
  editor:sees('▌ 2 changes')
  editor:keys('ggOzero<Esc><Space>aa')
  editor:has('zero\none\nbar two\nthree\nfour\nbar five\nsix')
end)

case('a rejected proposal leaves nothing', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  propose(editor)
  editor:sees('▌ 2 changes')
  editor:keys('<Space>ar')
  editor:sees_no('▌')
  editor:sees_no('bar two')
  editor:has(vim.trim(TEXT))
end)

case('a retry takes a further word', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  propose(editor)
  editor:sees('▌ 2 changes')
  editor:keys('<Space>at')
  editor:sees('Again, and')
  editor:keys('upper case<CR>')
  editor:sees('BAR TWO')
end)

case("what the model can't do is said in its place, and dismissed", function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  propose(editor, 'sing a song')
  editor:sees('▌ failed')
  editor:sees("can't do that")
  editor:keys('<Space>ar')
  editor:sees_no('▌')
end)

case('an instruction is asked for, with its lines shown', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  editor:keys('2GV:AsideDo<CR>')
  editor:sees('Instruction: ')
  editor:keys('upper case<CR>')
  editor:sees('FOO TWO')
end)

case('a CRLF file keeps its line endings', function(new)
  local editor = new()
  editor:edit('a.txt', (TEXT:gsub('\n', '\r\n')))
  editor:equal('dos', editor:lua('return vim.bo.fileformat'))
  propose(editor)
  editor:sees('bar two')
  editor:keys('<Space>aa')
  editor:has('one\nbar two\nthree\nfour\nbar five\nsix')
  editor:command('write')
  local file = assert(io.open(editor.folder .. '/a.txt', 'rb'))
  editor:equal((TEXT:gsub('foo', 'bar'):gsub('\n', '\r\n')), file:read('*a'))
  file:close()
end)

case('a file with mixed line endings keeps them', function(new)
  local editor = new()
  editor:edit('a.txt', 'foo one\r\ntwo\nfoo three\r\n')
  propose(editor)
  editor:sees('bar one')
  editor:keys('<Space>aa')
  editor:has('bar one\r\ntwo\nbar three\r')
end)

case('a file without a last line ending', function(new)
  local editor = new()
  editor:edit('a.txt', 'one\nfoo')
  propose(editor)
  editor:sees('▌ 1 change')
  editor:keys('<Space>aa')
  editor:has('one\nbar')
end)

case('emoji and tabs before the lines change nothing', function(new)
  local editor = new()
  editor:edit('a.txt', '😀👩‍👩‍👧 é\n\tfoo 😀 two\nlast\n')
  propose(editor)
  editor:sees('bar 😀 two')
  editor:keys('ggA 👩🏽<Esc><Space>aa')
  editor:has('😀👩‍👩‍👧 é 👩🏽\n\tbar 😀 two\nlast')
end)

case('another buffer may be shown meanwhile', function(new)
  local editor = new()
  editor:edit('a.txt', TEXT)
  propose(editor)
  editor:edit('b.txt', 'other\n')
  vim.wait(500)
  editor:command('buffer a.txt')
  editor:sees('bar two')
  editor:keys('<Space>aa')
  editor:has((vim.trim(TEXT):gsub('foo', 'bar')))
end)

case('sorting makes lines move as they would by hand', function(new)
  local editor = new()
  editor:edit('a.txt', 'c\nb\na\n')
  propose(editor, 'sort the lines')
  editor:sees('▌')
  editor:wait('ready', function() return editor:screen():find('change', 1, true) ~= nil end)
  editor:keys('<Space>aa')
  editor:has('a\nb\nc')
end)
