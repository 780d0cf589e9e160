-- Claims the rebuilding of a map that Redis does not have, or has from before it lost its last second, and clears it away.
-- One instance at a time: the claim lapses where that one dies. What is sold has to be read from Postgres after this step: a
-- sale that settles meanwhile is in Postgres already.
--
-- KEYS[1..7] the performance
-- KEYS[8] claim
-- ARGV[1] who rebuilds
-- ARGV[2] how long the claim lives without a step, ms
-- ARGV[3] first seat of each row, and one past the last seat, two bytes each
-- ARGV[4] '1' where a map that is ready is made anew all the same
--
-- Returns 1 where the claim is the caller's, 0 where the map is ready, or -1 TAKEN.

-- @include includes/performance.lua

local performance = performance_at(1)
if ARGV[4] ~= '1' and is_ready(performance) then return 0 end
local is_claimed = redis.call('SET', KEYS[8], ARGV[1], 'NX', 'PX', ARGV[2])
if not is_claimed and redis.call('GET', KEYS[8]) ~= ARGV[1] then return -1 end
redis.call('HDEL', performance.state, 'ready')
redis.call('HSET', performance.state, 'rebuilder', rebuilder_now(ARGV[1]))
redis.call('UNLINK', performance.held, performance.sold, performance.taken, performance.runs, performance.owners)
redis.call('SET', performance.rows, ARGV[3])
return 1
