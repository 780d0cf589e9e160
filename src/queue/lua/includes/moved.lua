-- Tells the watchers of a line on every instance that something moved: the channel is lineChannel of queue.keys.ts.
local function publish_moved(line)
  redis.call('PUBLISH', string.gsub(line, ':line$', ':moved'), '1')
end
