/**
 * Measures what a request of the console costs by its session, against the same by its key:
 *   npm run measure:sessions
 * Both are sent in turn over keep-alive connections to one real service. The figures are medians of
 * the rounds' ratios, since the load of the machine hits both.
 */
import { Agent, request } from 'node:http'
import t from 'tap'
import { consoleHeaders, cookieName, signIn } from '../test/helpers/browser.ts'
import { newAccount, newKey } from '../test/helpers/fixtures.ts'
import { startTestService } from '../test/helpers/service.ts'

const rounds = 9
const ofRound = 2_000
const connections = 8

t.setTimeout(600_000)
const service = await startTestService(t)
const account = await newAccount(service.root)
const { token } = await newKey(service.root, account)
const { cookie } = await signIn(service, { key: token })
const url = await service.service.app.listen({ host: '127.0.0.1', port: 0 })
const agent = new Agent({ keepAlive: true, maxSockets: connections })
t.teardown(() => agent.destroy())

const byKey = { authorization: `Bearer ${token}` }
const bySession = { ...consoleHeaders, cookie: `${cookieName}=${cookie}` }
await round(byKey)
await round(bySession)
const ratios: number[] = []
for (let count = 0; count < rounds; count += 1) {
  const ofKey = await round(byKey)
  ratios.push((await round(bySession)) / ofKey)
}
const median = ratios.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
t.comment(`a request by a session costs ${median.toFixed(2)}x of one by its key, ${rounds} rounds`)
t.ok(median <= 1.2, `${median.toFixed(2)}x`)

/** The milliseconds of CPU that a round of requests takes, those of the client included. */
async function round(headers: Readonly<Record<string, string>>): Promise<number> {
  const before = process.cpuUsage()
  const lane = async () => {
    for (let sent = 0; sent < ofRound / connections; sent += 1) await ask(headers)
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function ask(headers: Readonly<Record<string, string>>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const path = `${url}/v1/permissions`
  const sent = request(path, { agent, headers }, (response) => {
    if (response.statusCode !== 200) reject(new Error(`Answered ${response.statusCode}.`))
    response.resume().on('end', resolve)
  })
  sent.on('error', reject).end()
  return promise
}
