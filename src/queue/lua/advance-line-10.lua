-- Moves the line on: ends what ran out, sets silent waiters at the head aside, admits from the head while capacity and
-- rate allow. Any instance may run it at any time: it does what is due and nothing twice.
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
-- ARGV[1] the most places to touch in one run, so that a run stays short
-- ARGV[2] for how long an ended place stays readable, ms
--
-- Returns {1, admitted, set aside, ended, '1' where more is due at once}, or {-1} LINE_MISSING.

-- @include includes/advance.lua
-- @include includes/head.lua
-- @include includes/server-run.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now, limit, retention_ms = now_ms(), tonumber(ARGV[1]), tonumber(ARGV[2])

local ended = end_run_out(now, limit)
forget_ended(now - retention_ms, limit)
-- Ends that are still due would stand in the log after the admissions that they made room for.
local room = ended < limit and math.max(0, doors_room(now)) or 0
-- By what was counted in another run of the server nobody is let in.
if room > 0 and notice_new_run() then room = 0 end
local admitted, set_aside = walk_head(now, room, limit)
if admitted > 0 then notice_full(now) end
if admitted + set_aside + ended > 0 then publish_moved(line_key) end
local more = ended >= limit or admitted + set_aside >= limit
return { 1, admitted, set_aside, ended, more and '1' or '0' }
