-- The line's keys by name, and the steps that several scripts take. Every script that includes this file takes the
-- keys of the line as its first nine.
local line_key, places_key, waiting_key, seen_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local away_key, admitted_key, holders_key, ended_key = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local log_key = KEYS[9]

-- @include clock.lua
-- @include moved.lua

-- The window over which admissions are counted, and from which their rate is measured.
local RATE_WINDOW_MS = 60000

-- A field of the line as a number; 0 where it is not set.
local function line_number(field)
  return tonumber(redis.call('HGET', line_key, field)) or 0
end

-- Writes down what happened to a number: 'A' admitted, 'S' set aside, 'R' returned, 'L' left, 'E' expired, 'C' completed.
-- Without the user, so that anyone may read the log; the time is that of the entry's id. Several numbers to which the same
-- happened in one step are joined by commas.
local epoch_of_log
local function log_event(letter, numbers)
  epoch_of_log = epoch_of_log or line_number('epoch')
  redis.call('XADD', log_key, '*', 'k', letter, 'e', epoch_of_log, 'n', numbers)
end

-- Ends the place of a user: 'C' completed, 'E' expired, 'L' left. The number stays readable by the tokens that name it.
local function end_place(user, number, letter, now)
  redis.call('HDEL', places_key, user)
  redis.call('ZREM', waiting_key, user)
  redis.call('ZREM', seen_key, user)
  redis.call('ZREM', away_key, user)
  redis.call('ZREM', admitted_key, user)
  redis.call('HDEL', holders_key, user)
  redis.call('ZADD', ended_key, now, number .. ':' .. letter)
  log_event(letter, number)
end

-- The live hold of a user: reservation id, end of the hold, end of the admission without it. Nil where none lives: the
-- entry of a hold that ran out stays until the place ends and is judged by the time here.
local function live_hold(user, now)
  local entry = redis.call('HGET', holders_key, user)
  if not entry then return nil end
  local reservation, hold_end, admission_end = string.match(entry, '^([^|]+)|(%d+)|(%d+)$')
  if tonumber(hold_end) <= now then return nil end
  return reservation, tonumber(hold_end), tonumber(admission_end)
end
