-- Loads sold seats from Postgres into a performance that Redis does not have, in as many calls as it takes. Safe beside
-- sales that settle at the same time: a seat counts once.
--
-- KEYS[1] state of the performance
-- KEYS[2] sold seats of the performance
-- KEYS[3] owned seats by user
-- ARGV[1] '1' with the last call: the map is complete
-- ARGV[2...] seat number, owner, once for each seat
--
-- Returns 1.

for i = 2, #ARGV, 2 do
  if redis.call('SADD', KEYS[2], ARGV[i]) == 1 then redis.call('HINCRBY', KEYS[3], ARGV[i + 1], 1) end
end
if ARGV[1] == '1' then
  redis.call('HSET', KEYS[1], 'ready', 1)
  redis.call('HINCRBY', KEYS[1], 'version', 1)
end
return 1
