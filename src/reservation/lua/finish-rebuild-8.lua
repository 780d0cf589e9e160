-- Says that a rebuilt map is whole, and tells its watchers to read it. Versions go on above all that were given: they begin
-- with the time.
--
-- KEYS[1..7] the performance
-- KEYS[8] claim
-- ARGV[1] who rebuilt
-- ARGV[2] '1' where Postgres says that the performance was canceled
--
-- Returns 1, or -1 CLAIM_LOST.

-- @include includes/performance.lua

local performance = performance_at(1)
if not is_rebuilt_by(performance, KEYS[8], ARGV[1]) then return -1 end
if ARGV[2] == '1' then redis.call('HSET', performance.state, 'canceled', 1) end
local run = server_run()
local version = math.max(now_ms(), (tonumber(redis.call('HGET', performance.state, 'version')) or 0) + 1)
redis.call('HSET', performance.state, 'ready', run, 'version', string.format('%.0f', version))
redis.call('HDEL', performance.state, 'rebuilder')
redis.call('HSET', performance.owners, 'ready', run)
redis.call('DEL', KEYS[8])
redis.call('PUBLISH', string.gsub(performance.state, ':state$', ':changes'), string.format('%.0f', version))
return 1
