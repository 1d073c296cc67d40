/** What the log of an edge says of a service that it cannot attach to. */
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { EdgeVerdicts } from '../../src/edge-mode/edge-verdicts.ts'
import { Detachments } from '../../src/process/detachments.ts'
import { createLog } from '../../src/process/log.ts'
import { until } from '../helpers/until.ts'

interface Line {
  readonly reason?: string
  readonly cause?: string
}

/** Attaches by a log, and returns the lines of it. */
function attachTo(t: Test, url: string, token: () => Promise<string>): readonly Line[] {
  const lines: Line[] = []
  const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) })
  const detachments = new Detachments(log)
  const verdicts = new EdgeVerdicts({
    url,
    token,
    maxKeys: 10,
    timeoutMs: 60_000,
    onAttached: () => detachments.attached(),
    onDetached: (error) => detachments.detached(error),
  })
  t.teardown(() => verdicts.close())
  return lines
}

async function listeningPort(t: Test): Promise<number> {
  const server = createServer((socket) => socket.end('no HTTP\r\n\r\n')).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('the log says why an edge cannot reach its service', async (t) => {
  const port = await listeningPort(t)
  const causes: readonly [string, RegExp][] = [
    ['http://127.0.0.1:1', /ECONNREFUSED/],
    ['http://keys.invalid', /ENOTFOUND|EAI_AGAIN/],
    [`https://127.0.0.1:${port}`, /SSL|EPROTO/],
    [`http://127.0.0.1:${port}`, /Parse Error/],
  ]
  for (const [url, cause] of causes) {
    const lines = attachTo(t, url, () => Promise.resolve('a-secret'))
    await until(() => lines.length > 0)
    t.match(lines[0], { reason: /could not be reached/, cause }, url)
    t.notMatch(JSON.stringify(lines), 'a-secret')
  }
})

t.test('the log names each reason once, and a later one too', async (t) => {
  let attempts = 0
  const faults = [
    new Error('first'),
    new Error('first'),
    Object.assign(new Error('open /secret'), { code: 'ENOENT', path: '/secret' }),
  ]
  const lines = attachTo(t, 'http://127.0.0.1:1', () => {
    const fault = faults[Math.min(attempts, faults.length - 1)]
    attempts += 1
    return Promise.reject(fault)
  })
  await until(() => attempts > 2)
  t.match(lines, [
    { reason: /could not be read/, cause: 'first' },
    { reason: /could not be read/, cause: 'ENOENT' },
  ])
  t.equal(lines.length, 2)
})
