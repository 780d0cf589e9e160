-- @include line.lua
-- @include run-id.lua

-- How far the counter moves on when the line wakes up in another server: farther than any second of joins.
local RUN_GAP = 100000

-- Notices that the line is in another run of the server than before: after a restart from the append-only file, or a
-- failover, its last second may be missing, and with it numbers that were given out. The counter moves on past all of
-- them, so that none is given twice, and the gap is written down; and nobody is let in by the free seats that were counted
-- before. Returns whether it is another one. One look is enough for a script that gives many places: INFO costs a third of
-- what giving one does.
local run_is_known = false
local function notice_new_run()
  if run_is_known then return false end
  run_is_known = true
  local run = server_run()
  if redis.call('HGET', line_key, 'run_id') == run then return false end
  redis.call('HSET', line_key, 'run_id', run)
  redis.call('HDEL', line_key, 'seats_free')
  log_event('G', { redis.call('HINCRBY', line_key, 'number', RUN_GAP) })
  return true
end
