-- Opens the line of a concert where Redis does not have it: the first time, and after Redis lost everything. Then it
-- recovers for a while, in which nobody is admitted and lost places come back by their tokens.
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
-- KEYS[10] holding
-- KEYS[11] who opens
-- ARGV[1] who opens, as in claim-opening: whoever dawdled for longer than that lasts opens nothing
-- ARGV[2] epoch, counted up in Postgres by whoever opens
-- ARGV[3] for how long a line that is not the first recovers, ms
-- ARGV[4] queue_opens_at, ms
-- ARGV[5] sale_opens_at, ms
-- ARGV[6] revision of the concert that has these times
-- ARGV[7] mode
-- ARGV[8] capacity
-- ARGV[9] rate_per_second
-- ARGV[10] burst
-- ARGV[11] admission_ttl_ms
-- ARGV[12] away_after_ms
-- ARGV[13] away_ttl_ms
-- ARGV[14] seat_headroom_percent
-- ARGV[15] revision of the policy
--
-- Returns 1 where this call opened it, 0 where it was open or this caller may not: then nothing is changed.

-- @include includes/server-run.lua

if redis.call('EXISTS', line_key) == 1 or redis.call('GET', KEYS[11]) ~= ARGV[1] then return 0 end
-- A line that lost only its own record must not mix with what is left of the epoch before.
redis.call('UNLINK', places_key, waiting_key, seen_key, away_key, admitted_key, holders_key, ended_key, holding_key)
local now = now_ms()
local recovers_until = tonumber(ARGV[2]) > 1 and now + ARGV[3] or 0
redis.call('HSET', line_key, 'number', 0, 'epoch', ARGV[2], 'queue_opens_at', ARGV[4], 'sale_opens_at', ARGV[5],
  'times_revision', ARGV[6], 'mode', ARGV[7], 'capacity', ARGV[8], 'rate_per_second', ARGV[9], 'burst', ARGV[10],
  'admission_ttl_ms', ARGV[11], 'away_after_ms', ARGV[12], 'away_ttl_ms', ARGV[13], 'seat_headroom_percent', ARGV[14],
  'policy_revision', ARGV[15], 'run_id', server_run(), 'opened_at', now,
  -- Who comes later than that was away for too long, as anyone else who is set aside.
  'recovers_until', recovers_until, 'restores_until', recovers_until > 0 and recovers_until + ARGV[13] or 0)
log_event('O', { 0 })
redis.call('DEL', KEYS[11])
return 1
