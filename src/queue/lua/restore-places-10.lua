-- Gives users the places of an epoch before back, as Postgres says what had become of them: while the line restores
-- places, and each once.
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
-- ARGV[1] epoch of the line for which Postgres was asked: where Redis lost the line once more since then, that is not
--   the last word, and nobody comes back by it
-- ARGV[2...] user, number, epoch, what had become of it and the end of its admission in ms, once for each place: 'W' in
--   line, 'A' admitted, 'C' completed, 'E' expired
--
-- Returns {1, how many came back}, or {-1} LINE_MISSING, {-2} OTHER_EPOCH.

-- @include includes/standing.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
if line_epoch() ~= tonumber(ARGV[1]) then return { -2 } end
local now, back = now_ms(), 0

-- An admission goes on where it was while nobody else can be let in; after that its place is the first in line.
local function admission_goes_on()
  return now < line_number('recovers_until')
    and redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf') < line_number('capacity')
end

local function restore(user, ordinal, was, ends_at)
  local _, state = standing(user, ordinal, now, false)
  if state ~= 'LOST' then return end
  if was == 'C' or was == 'E' then return remember_end(ordinal, was, now) end
  -- It ran out since. One that should have ended before the loss, and of whose end nothing is known, went on by a hold.
  if was == 'A' and ends_at <= now and ends_at > line_number('opened_at') then
    remember_end(ordinal, 'E', now)
    return log_event('E', { ordinal })
  end
  give_back(user, ordinal, now)
  if was == 'A' and ends_at > now and admission_goes_on() then
    redis.call('ZADD', admitted_key, ends_at, user)
  else
    come_back(user, ordinal, now)
  end
  back = back + 1
end

for i = 2, #ARGV, 5 do
  restore(ARGV[i], ordinal_of(tonumber(ARGV[i + 2]), tonumber(ARGV[i + 1])), ARGV[i + 3], tonumber(ARGV[i + 4]))
end
return { 1, back }
