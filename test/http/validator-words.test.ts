/** What the validator finds is told in words of our own, whatever a request holds. */
import { test } from 'tap'
import { describe } from '../../scripts/describe-app.ts'
import type { Api, CallOptions, Json } from '../helpers/api.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'

type Method = Parameters<Api['call']>[0]

const odd: readonly unknown[] = [
  ...[null, true, 0.5, -1, 1e300, '', 'x'.repeat(5_000), '\u0000'],
  ...[[], [null], Array(2_000).fill('x'), { a: {} }],
]
const oddQueries = ['', 'x', '-1', '0x10', '1e1', '%00', 'a,b', 'x'.repeat(3_000), '1&NAME=1']
const oddHeaders = ['', ' ', 'x', '%zz', '%00', '"', 'x'.repeat(3_000)]

/** Words of Ajv, as in "must be string" and "data/name must NOT have fewer than 1 characters". */
const validatorWords =
  /must (?:NOT|match|contain|pass)\b|must have (?:required|property)|must be (?:string|integer|number|boolean|object|array|null|equal|[<>=]|multiple|valid)|should|\bschema\b|\bdata\//

for (const document of ['openapi.json', 'aeon.json'] as const) {
  test(`no sentence of the validator is in an answer of ${document}`, async (t) => {
    const { service, root, as } = await startTestService(t)
    const account = await newAccount(root)
    const of: Readonly<Record<string, string>> = {
      'allow-lists': await newAllowList(root, account, ['192.0.2.1']),
      'api-keys': (await newKey(root, account)).id,
      roles: await newRole(root, account, 'reader', ['cluster:read']),
    }
    const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
    const caller = document === 'aeon.json' ? as((await newKey(root, account)).token) : root
    const fill = (path: string) =>
      path
        .replace('{account_id}', account)
        .replace('{project_id}', project)
        .replace(/([\w-]+)\/\{\w+\}/, (all, kind: string) =>
          of[kind] ? `${kind}/${of[kind]}` : all,
        )
        .replaceAll(/\{\w+\}/g, '1')
    const described: Json = (await describe())[document]
    const seen = new Set<string>()
    for (const [method, path, request] of requestsOf(described)) {
      const answer = await caller.call(method, fill(path), request)
      if (answer.status < 400) continue
      const { errors = [], detail, error } = answer.body ?? {}
      const texts = [detail, error?.detail ?? error, ...errors.map(({ message }: Json) => message)]
      for (const text of texts) if (typeof text === 'string') seen.add(text)
      if (answer.status === 500) t.fail(`${method} ${path}`)
    }
    t.ok(seen.size > 20, `${seen.size} sentences`)
    const own = new RegExp(document === 'aeon.json' ? /^\w.*[.)]$/s : /^[A-Z].*\.$/s)
    for (const text of seen) {
      t.notMatch(text, validatorWords)
      t.notMatch(text, /that matches|\^\[/, 'no regular expression')
      t.match(text, own, 'a sentence')
    }
    t.equal((await service.app.inject('/livez')).statusCode, 200)
  })
}

/** Every operation with odd values for one of its parts at a time. */
function* requestsOf(document: Json): Generator<[Method, string, CallOptions]> {
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    for (const [name, operation] of Object.entries<Json>(item)) {
      const method = name.toUpperCase() as Method
      if (!/^[/\w{}.-]+$/.test(path) || path === '/v1/forward-auth') continue
      for (const given of operation.parameters ?? []) {
        const { in: place, name: parameter } = follow(document, given)
        if (place === 'query') {
          for (const value of oddQueries) {
            yield [method, `${path}?${parameter}=${value.replace('NAME', parameter)}`, {}]
          }
        } else if (place === 'header') {
          for (const value of oddHeaders) {
            yield [method, path, { headers: { [parameter.toLowerCase()]: value }, body: {} }]
          }
        }
      }
      const json = operation.requestBody?.content['application/json']
      if (json !== undefined) yield* bodiesOf(document, method, path, json)
    }
  }
}

function* bodiesOf(
  document: Json,
  method: Method,
  path: string,
  { schema, example }: Json,
): Generator<[Method, string, CallOptions]> {
  const headers = method === 'PATCH' && path.includes('/api-keys/') ? { 'if-match': '*' } : {}
  const good = example ?? {}
  for (const body of odd) yield [method, path, { body, headers }]
  yield [method, path, { body: { ...good, unknown: 1 }, headers }]
  for (const [name, property] of Object.entries<Json>(follow(document, schema).properties ?? {})) {
    for (const value of odd) yield [method, path, { body: { ...good, [name]: value }, headers }]
    for (const inner of Object.keys(follow(document, property).properties ?? {})) {
      for (const value of odd) {
        yield [method, path, { body: { ...good, [name]: { [inner]: value } }, headers }]
      }
    }
  }
}

function follow(document: Json, node: Json): Json {
  if (node.$ref === undefined) return node
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((found: Json, part: string) => found[part], document)
}
