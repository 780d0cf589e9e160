-- Ends the sale of a performance for good: nothing of it can be held, extended or paid any more. Whether the map is there
-- does not matter: one that is made anew learns it from Postgres.
--
-- KEYS[1..7] the performance
--
-- Returns 1 where the sale ended by this call, 0 where it had before.

-- @include includes/performance.lua

local performance = performance_at(1)
return redis.call('HSET', performance.state, 'canceled', 1)
