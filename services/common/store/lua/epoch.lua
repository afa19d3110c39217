-- In front of each script: the engine's incarnation, read in the same instant
-- as everything else. A replica answers nothing, so nothing is read there.
local info = redis.call('INFO', 'replication')
if not string.find(info, '\nrole:master\r', 1, true) then
  return redis.error_reply('READONLY this server is not the master')
end
local epoch = string.match(info, '\nmaster_replid:(%x+)\r')

