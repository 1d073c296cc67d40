-- Sends the requests of a file and looks at every answer.
-- wrk ... -- REQUESTS_FILE SEQUENCE_FILE|- START_OF_ANSWER GOOD_VERDICTS|-; the last line of the
-- output is JSON.

local requests = {}
local sequence = nil
local sent = 0
local start = ''
local goodVerdicts = nil
local threads = {}
local percentiles = { 50, 75, 90, 95, 99, 99.9 }
wrong = 0

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  readRequests(args[1])
  if args[2] ~= '-' then readSequence(args[2]) end
  start = args[3]
  goodVerdicts = tonumber(args[4])
end

function readRequests(file)
  local lines = io.lines(file)
  local authorization = lines()
  if authorization ~= '' then wrk.headers['Authorization'] = authorization end
  local contentType = lines()
  for line in lines do
    local path, body = line:match('^(.-)\t(.*)$')
    if body == '' then
      wrk.headers['Content-Type'] = nil
      table.insert(requests, wrk.format('GET', path))
    else
      wrk.headers['Content-Type'] = contentType
      table.insert(requests, wrk.format('POST', path, nil, body))
    end
  end
end

function readSequence(file)
  sequence = {}
  for line in io.lines(file) do
    table.insert(sequence, tonumber(line) + 1)
  end
end

function request()
  sent = sent + 1
  if sequence then return requests[sequence[(sent - 1) % #sequence + 1]] end
  return requests[(sent - 1) % #requests + 1]
end

function response(status, _, body)
  if status ~= 200 or body:sub(1, #start) ~= start then
    wrong = wrong + 1
  elseif goodVerdicts and countGood(body) ~= goodVerdicts then
    wrong = wrong + 1
  end
end

function countGood(body)
  local count, from = 0, 1
  while true do
    local _, last = body:find('"valid":true', from, true)
    if not last then return count end
    count, from = count + 1, last + 1
  end
end

function done(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  for _, thread in ipairs(threads) do
    errors = errors + thread:get('wrong')
  end
  local latencies = {}
  for _, percentile in ipairs(percentiles) do
    table.insert(latencies, string.format('%.3f', latency:percentile(percentile) / 1e3))
  end
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"errors":%d,"latenciesMs":[%s]}\n',
    summary.requests, summary.duration / 1e6, errors, table.concat(latencies, ',')))
end
