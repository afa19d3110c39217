-- KEYS: index. ARGV: the first name, the name behind the last, limit, most
-- bytes. Answers the epoch, 1 if there is more, then names and records in turn.
-- A name without a record (somebody used DEL) is taken out of the index.
local base = string.sub(KEYS[1], 1, -7) .. ':'
local from, limit, room = '[' .. ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local answer, count = {epoch, 0}, 0
while true do
  local names = redis.call('ZRANGEBYLEX', KEYS[1], from, '(' .. ARGV[2],
                           'LIMIT', 0, limit - count + 1)
  if #names == 0 then return answer end
  for _, name in ipairs(names) do
    local record = redis.call('GET', base .. name)
    if not record then
      redis.call('ZREM', KEYS[1], name)
    else
      room = room - #record
      if count == limit or room < 0 then
        answer[2] = 1
        return answer
      end
      count = count + 1
      answer[1 + 2 * count], answer[2 + 2 * count] = name, record
    end
    from = '(' .. name
  end
end
