-- Opens the line of a concert where Redis does not have it: the first time, and after Redis lost everything.
--
-- KEYS[1] line
-- KEYS[2] places
-- KEYS[3] waiting
-- KEYS[4] seen
-- KEYS[5] away
-- KEYS[6] admitted
-- KEYS[7] holders
-- KEYS[8] ended
-- KEYS[9] log
-- ARGV[1] epoch, counted up in Postgres by whoever opens
-- ARGV[2] queue_opens_at, ms
-- ARGV[3] sale_opens_at, ms
-- ARGV[4] mode
-- ARGV[5] capacity
-- ARGV[6] rate_per_second
-- ARGV[7] burst
-- ARGV[8] admission_ttl_ms
-- ARGV[9] away_after_ms
-- ARGV[10] away_ttl_ms
-- ARGV[11] revision of the policy
--
-- Returns 1 where this call opened it, 0 where it was open: then nothing is changed.

-- @include includes/server-run.lua

if redis.call('EXISTS', line_key) == 1 then return 0 end
-- A line that lost only its own record must not mix with what is left of the epoch before.
redis.call('DEL', places_key, waiting_key, seen_key, away_key, admitted_key, holders_key, ended_key)
redis.call('HSET', line_key, 'number', 0, 'epoch', ARGV[1], 'queue_opens_at', ARGV[2], 'sale_opens_at', ARGV[3],
  'mode', ARGV[4], 'capacity', ARGV[5], 'rate_per_second', ARGV[6], 'burst', ARGV[7],
  'admission_ttl_ms', ARGV[8], 'away_after_ms', ARGV[9], 'away_ttl_ms', ARGV[10],
  'policy_revision', ARGV[11], 'run_id', server_run())
return 1
