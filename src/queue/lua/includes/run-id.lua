-- Which run of which server this is: a server that restarts, or a replica that takes over, has another one.
-- Asked for once in a step.
local run_of_server
local function server_run()
  run_of_server = run_of_server or string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  return run_of_server
end
