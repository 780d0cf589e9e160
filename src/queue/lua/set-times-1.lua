-- Has a line go by when its queue and its sale open, at once for all instances: the next place and the next admission are
-- judged by it. Places stay as they are.
--
-- KEYS[1] line
-- ARGV[1] queue_opens_at, ms
-- ARGV[2] sale_opens_at, ms
-- ARGV[3] revision of the concert
--
-- Returns 1, or 0 where the line has the times of a later revision, or -1 LINE_MISSING: whoever opens the line takes the
-- times from Postgres.

if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
if (tonumber(redis.call('HGET', KEYS[1], 'times_revision')) or 0) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], 'queue_opens_at', ARGV[1], 'sale_opens_at', ARGV[2], 'times_revision', ARGV[3])
return 1
