-- Sends the requests of a file in turn and looks at every answer.
-- wrk ... -- REQUESTS_FILE GOOD_ANSWER; the last line of the output is JSON.

local requests = {}
local sent = 0
local good = ''
local threads = {}
wrong = 0

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  good = args[2]
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = 'application/json'
  for line in io.lines(args[1]) do
    if wrk.headers['Authorization'] == nil then
      wrk.headers['Authorization'] = 'Bearer ' .. line
    else
      table.insert(requests, wrk.format(nil, nil, nil, line))
    end
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function response(status, _, body)
  if status ~= 200 or body:sub(1, #good) ~= good then
    wrong = wrong + 1
  end
end

function done(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  for _, thread in ipairs(threads) do
    errors = errors + thread:get('wrong')
  end
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"errors":%d,"p50Ms":%.3f,"p99Ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, errors,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
