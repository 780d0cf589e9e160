-- Says who opens a line that Redis does not have: one at a time, so that the epoch counts up once for each loss. Whoever
-- it is has so long; after that somebody else may, and the first one opens nothing any more.
--
-- KEYS[1] line
-- KEYS[2] who opens
-- ARGV[1] a name of the caller's that nobody else has
-- ARGV[2] for how long, ms
--
-- Returns 1 where the caller opens, 0 where the line is open, or -1 TAKEN.

if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return -1
