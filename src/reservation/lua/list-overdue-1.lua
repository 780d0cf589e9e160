-- Lists payments whose deadline has passed for a while, the longest overdue first.
--
-- KEYS[1] paying
-- ARGV[1] for how long at least, ms
-- ARGV[2] how many at most
--
-- Returns their reservations.

-- @include ../../queue/lua/includes/clock.lua

return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms() - ARGV[1], 'LIMIT', 0, ARGV[2])
