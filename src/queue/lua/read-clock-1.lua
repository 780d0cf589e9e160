-- Tells the time by the clock of the server that has a concert's log, which is that of the log's entries, and how many
-- entries there are.
--
-- KEYS[1] log
--
-- Returns {now, number of entries}

-- @include includes/clock.lua

return { string.format('%.0f', now_ms()), redis.call('XLEN', KEYS[1]) }
