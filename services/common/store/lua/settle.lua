-- KEYS: stop mark, then what the lost commit put and removed. ARGV: life of the
-- mark in ms. From here on that commit cannot happen any more. Answers the epoch
-- and the header of each key's record, "" for a missing one.
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
local answer = {epoch}
for i = 2, #KEYS do
  answer[i] = redis.call('GETRANGE', KEYS[i], 0, 40)
end
return answer
