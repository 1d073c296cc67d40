import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Caller } from './caller.ts'
import type { Call } from './history.ts'
import { lookUpAll } from './look-up.ts'

const bodies: Readonly<Record<string, object>> = {
  '/v1/accounts/a/api-keys?limit=200': {
    api_keys: [{ id: 'k', status: 'active' }],
    next_cursor: null,
  },
  '/v1/accounts/a/allow-lists/l': { allow_list: { entries: ['203.0.113.7'] } },
  '/v1/accounts/a/roles/r': { role: { permissions: ['cluster:read'] } },
}
const all = [
  { kind: 'key', status: 'active' },
  { kind: 'list', entries: ['203.0.113.7'] },
  { kind: 'role', permissions: ['cluster:read'] },
]

t.test('the final look-up of chaos repeats what a fault refused', async (t) => {
  const { problems, seen } = await lookUp(t, 3)
  t.same(problems, [])
  t.same(seen, all)
})

t.test('what the look-up of chaos cannot read is a problem, and no answer', async (t) => {
  const { problems, seen } = await lookUp(t, Number.POSITIVE_INFINITY)
  t.same(problems, [
    'The keys of a cannot be listed.',
    'The list list cannot be read.',
    'The role role cannot be read.',
  ])
  t.same(seen, [])
})

/** Looks up a key, a list and a role, each refused so many times. */
async function lookUp(
  t: Test,
  refusals: number,
): Promise<{ problems: readonly string[]; seen: readonly unknown[] }> {
  const asked = new Map<string, number>()
  const server = createServer(({ url = '' }, response) => {
    const times = asked.get(url) ?? 0
    asked.set(url, times + 1)
    response.statusCode = times < refusals ? 503 : 200
    response.end(JSON.stringify(times < refusals ? { code: 'unavailable' } : bodies[url]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const instance = { name: 'a', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const calls: Call[] = []
  const testBed = {
    account: 'a',
    role: { name: 'role', id: 'r' },
    list: { name: 'list', id: 'l' },
  }
  const clients = {
    sites: [testBed],
    roles: [{ account: 'a', ...testBed.role }],
    keys: [{ id: 'k', name: 'key', testBed }],
    verifyAll: async () => undefined,
  }
  const caller = new Caller('root', (call) => calls.push(call))
  const problems = await lookUpAll(caller, clients, instance, 1)
  return { problems, seen: calls.map(({ outcome }) => 'seen' in outcome && outcome.seen) }
}
