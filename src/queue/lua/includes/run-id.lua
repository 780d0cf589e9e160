-- Which run of which server this is: a server that restarts, or a replica that takes over, has another one.
local function server_run()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end
