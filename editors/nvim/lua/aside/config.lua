--- What the user can set. Everything works with nothing set.
local M = {}

---@class aside.Config
---@field cmd? string[] the server's command; found by itself where this isn't set
---@field settings table<string, any> passed to the server as they are
---@field keys table<string, string|false>|false keys that a buffer has while it has a proposal; false for none
---@field window string the command that opens the chat's window; '' goes by the screen's width
---@field autostart boolean open every file to the server, so that it offers code actions

---@type aside.Config
local defaults = {
  -- An object also when nothing is set.
  settings = vim.empty_dict(),
  keys = {
    accept = '<leader>aa',
    accept_hunk = '<leader>ah',
    take_mine = '<leader>am',
    take_model = '<leader>ao',
    reject = '<leader>ar',
    retry = '<leader>at',
    next = ']a',
    previous = '[a',
  },
  window = '',
  autostart = true,
}

---@type aside.Config
M.current = vim.deepcopy(defaults)

---@param options? table
function M.set(options) M.current = vim.tbl_deep_extend('force', defaults, options or {}) end

--- The server's command: the user's, the one in the path, or the one built in the plugin's own checkout.
---@return string[] cmd, boolean found
function M.command()
  local cmd = M.current.cmd
  if not cmd then
    local here = debug.getinfo(1, 'S').source:sub(2)
    local built = vim.fs.normalize(vim.fs.dirname(here) .. '/../../../../target/release/aside')
    local outside = vim.fn.executable('aside') == 1 or vim.fn.executable(built) == 0
    cmd = { outside and 'aside' or built }
  end
  return cmd, vim.fn.executable(cmd[1]) == 1
end

return M
