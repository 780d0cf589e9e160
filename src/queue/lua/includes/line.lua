-- The line's keys by name, and the steps that several scripts take. Every script that includes this file takes the
-- keys of the line as its first ten.
local line_key, places_key, waiting_key, seen_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local away_key, admitted_key, holders_key, ended_key = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local log_key, holding_key = KEYS[9], KEYS[10]

-- @include clock.lua
-- @include moved.lua

-- A field of the line as a number; 0 where it is not set.
local function line_number(field)
  return tonumber(redis.call('HGET', line_key, field)) or 0
end

-- @include ordinal.lua

-- Writes down what happened to places: 'A' admitted, 'S' set aside, 'R' returned, 'L' left, 'E' expired, 'C' completed.
-- By epoch and number without the user, so that anyone may read the log; the time is that of the entry's id. Several
-- numbers of one epoch to which the same happened in one step are joined by commas.
local function log_event(letter, ordinals)
  local at = 1
  while at <= #ordinals do
    local epoch, number = named_by(ordinals[at])
    local numbers, same = {}, epoch
    while same == epoch do
      numbers[#numbers + 1] = string.format('%.0f', number)
      at = at + 1
      if at > #ordinals then break end
      same, number = named_by(ordinals[at])
    end
    redis.call('XADD', log_key, '*', 'k', letter, 'e', epoch, 'n', table.concat(numbers, ','))
  end
end

-- Takes a user out of every set of the line.
local function take_out(user)
  redis.call('HDEL', places_key, user)
  redis.call('ZREM', waiting_key, user)
  redis.call('ZREM', seen_key, user)
  redis.call('ZREM', away_key, user)
  redis.call('ZREM', admitted_key, user)
  redis.call('HDEL', holders_key, user)
  redis.call('ZREM', holding_key, user)
end

-- Remembers for the tokens that name a place how it ended: 'C' completed, 'E' expired, 'L' left.
local function remember_end(ordinal, letter, now)
  redis.call('ZADD', ended_key, now, ordinal_text(ordinal) .. ':' .. letter)
end

-- Ends a place of a user, who may have another one.
local function give_up(user, ordinal, letter, now)
  take_out(user)
  remember_end(ordinal, letter, now)
  log_event(letter, { ordinal })
end

-- Ends the place of a user. While places of an epoch before can come back, the user is remembered too: who had a place
-- since then had the turn, and an older token is no second one.
local function end_place(user, ordinal, letter, now)
  give_up(user, ordinal, letter, now)
  if now < line_number('restores_until') then redis.call('ZADD', ended_key, now, user) end
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
