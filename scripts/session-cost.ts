/**
 * Measures what a request costs by the session of a key, by the session of a person and by the JWT
 * of an issuer, against the same request by a key:
 *   npm run measure:sessions
 * All are sent in turn over keep-alive connections to one real service. The figures are medians of
 * the rounds' ratios, since the load of the machine hits all of them.
 */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import t from 'tap'
import { consoleHeaders, cookieName, signIn } from '../test/helpers/browser.ts'
import { newKey } from '../test/helpers/fixtures.ts'
import { startJwtIssuer } from '../test/helpers/jwt-issuer.ts'
import { writeOidcFile } from '../test/helpers/oidc-file.ts'
import { signInAs } from '../test/helpers/people.ts'
import { startTestService } from '../test/helpers/service.ts'

type Headers = Readonly<Record<string, string>>

const rounds = 9
const ofRound = 2_000
const connections = 8

t.setTimeout(600_000)
const issuer = await startJwtIssuer(t)
const account = randomUUID()
const roles = [{ claim: 'groups', value: 'admins', account, role: 'admin' }]
const OIDC_FILE = await writeOidcFile(t, [{ ...issuer.entry, roles }])
const service = await startTestService(t, { settings: { OIDC_FILE } })
await service.root.post('/v1/accounts', { id: account, name: 'Acme' })
const { token } = await newKey(service.root, account)
const ofKey = await signIn(service, { key: token })
const mapped = [{ accountId: account, role: 'admin' }]
const ofPerson = await signInAs(service, 'ada', mapped, { issuer: issuer.issuer })
const jwt = issuer.mint('ada', { claims: { groups: 'admins' } })
const url = await service.service.app.listen({ host: '127.0.0.1', port: 0 })
const agent = new Agent({ keepAlive: true, maxSockets: connections })
t.teardown(() => agent.destroy())

const bearer = (text: string): Headers => ({ authorization: `Bearer ${text}` })
const session = ({ cookie }: { readonly cookie: string }): Headers => ({
  ...consoleHeaders,
  cookie: `${cookieName}=${cookie}`,
})
const byKey = bearer(token)
/** Each way with the bound of its ratio, if there is one. */
const ways: readonly [string, Headers, number | undefined][] = [
  ['the session of a key', session(ofKey), 1.2],
  ['the session of a person', session(ofPerson), 1.2],
  ['the JWT of an issuer', bearer(jwt), undefined],
]

for (const headers of [byKey, ...ways.map(([, headers]) => headers)]) await round(headers)
const ratios = new Map<string, number[]>()
for (let count = 0; count < rounds; count += 1) {
  const ofKey = await round(byKey)
  for (const [way, headers] of ways) {
    ratios.set(way, [...(ratios.get(way) ?? []), (await round(headers)) / ofKey])
  }
}
for (const [way, , bound] of ways) {
  const median = ratios.get(way)?.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0
  t.comment(`a request by ${way} costs ${median.toFixed(2)}x of one by a key, ${rounds} rounds`)
  if (bound !== undefined) t.ok(median <= bound, `${way}: ${median.toFixed(2)}x`)
}

/** The milliseconds of CPU that a round of requests takes, those of the client included. */
async function round(headers: Headers): Promise<number> {
  const before = process.cpuUsage()
  const lane = async () => {
    for (let sent = 0; sent < ofRound / connections; sent += 1) await ask(headers)
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function ask(headers: Headers): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const path = `${url}/v1/permissions`
  const sent = request(path, { agent, headers }, (response) => {
    if (response.statusCode !== 200) reject(new Error(`Answered ${response.statusCode}.`))
    response.resume().on('end', resolve)
  })
  sent.on('error', reject).end()
  return promise
}
