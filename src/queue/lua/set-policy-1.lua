-- Puts an admission policy in force, at once for all instances: the next admission is judged by it.
--
-- KEYS[1] line
-- ARGV[1] mode
-- ARGV[2] capacity
-- ARGV[3] rate_per_second
-- ARGV[4] burst
-- ARGV[5] admission_ttl_ms
-- ARGV[6] away_after_ms
-- ARGV[7] away_ttl_ms
-- ARGV[8] seat_headroom_percent
-- ARGV[9] revision of the policy
--
-- Returns 1, or 0 where a later policy is in force, or -1 LINE_MISSING: whoever opens the line takes the policy from
-- Postgres.

if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
if tonumber(redis.call('HGET', KEYS[1], 'policy_revision')) > tonumber(ARGV[9]) then return 0 end
redis.call('HSET', KEYS[1], 'mode', ARGV[1], 'capacity', ARGV[2], 'rate_per_second', ARGV[3], 'burst', ARGV[4],
  'admission_ttl_ms', ARGV[5], 'away_after_ms', ARGV[6], 'away_ttl_ms', ARGV[7],
  'seat_headroom_percent', ARGV[8], 'policy_revision', ARGV[9])
return 1
