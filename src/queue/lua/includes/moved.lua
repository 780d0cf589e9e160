-- Tells the watchers of a line on every instance that something happened to it: the channel and what may be said on it are
-- those of queue.keys.ts.
local function publish(line, text)
  redis.call('PUBLISH', string.gsub(line, ':line$', ':moved'), text)
end

-- Somebody was admitted, left or was set aside.
local function publish_moved(line)
  publish(line, 'moved')
end

-- The concert sold out, or a seat came back: so many seats are free now. Everybody in line is told, however far back.
local function publish_stock(line, seats_free)
  publish(line, 'stock:' .. seats_free)
end
