import { setImmediate as nextTurn } from 'node:timers/promises'
import { test } from 'tap'
import { maxBodyBytes } from '../../src/domain/limits.ts'
import type { Json } from '../helpers/api.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { hostileBodies } from '../helpers/hostile/bodies.ts'
import { hostileForms } from '../helpers/hostile/forms.ts'
import { hostileHeaders, hostileSharedHeaders } from '../helpers/hostile/headers.ts'
import type { HostileRequest } from '../helpers/hostile/hostile-request.ts'
import { hostileQueries } from '../helpers/hostile/queries.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { maxTurnMs, watchTurns } from '../helpers/turns.ts'

/** What a garbage collection or a compilation adds, a repetition lacks. */
const maxTries = 5

test('no request of any route holds the event loop for more than 20 ms, or is answered 500', async (t) => {
  // The headers of a proxy are read only if it is trusted.
  const service = await startTestService(t, {
    settings: { TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'info' },
  })
  const account = await newAccount(service.root)
  const key = await newKey(service.root, account)
  const fill = (path: string) =>
    path
      .replace(':account_id', account)
      .replace(':id', key.id)
      .replace(/:\w+/g, '1')
      .replace('*', 'x')
  const documents = [
    (await service.root.get('/openapi.json')).body,
    (await service.root.get('/openapi/aeon.json')).body,
  ]
  const maxMs = await maxTurnMs()
  t.comment(`the most that a turn may take: ${maxMs.toFixed(1)} ms of CPU`)
  const apis = new Set<string>()
  let longest = 0
  for (const route of routesOf(service.service.app)) {
    const { method, path } = parseRoute(route)
    if (method === 'HEAD' || (path === '/v1/forward-auth' && !['GET', 'POST'].includes(method))) {
      continue
    }
    const requests = [
      ...(await hostileRequests(service, method, path, fill(path), documents)),
      ...(apis.has(apiOf(path)) ? [] : hostileSharedHeaders()),
    ]
    apis.add(apiOf(path))
    const tooLong: string[] = []
    for (const request of requests) {
      const ms = await turnOf(service, method, fill(path), request, maxMs)
      longest = Math.max(longest, ms)
      if (ms > maxMs) tooLong.push(`${request.told}: ${ms.toFixed(1)} ms`)
    }
    t.same(tooLong, [], `${route}: ${requests.length} requests`)
  }
  t.comment(`the longest turn: ${longest.toFixed(1)} ms of CPU`)
})

function apiOf(path: string): string {
  return path.split('/').slice(0, 3).join('/')
}

/** Every kind of hostile request to a route, with bodies as large as the route accepts. */
async function hostileRequests(
  service: TestService,
  method: string,
  path: string,
  url: string,
  documents: readonly Json[],
): Promise<readonly HostileRequest[]> {
  const pattern = path.replace(/:(\w+)/g, '{$1}')
  for (const document of documents) {
    const operation = document.paths[pattern]?.[method.toLowerCase()]
    if (operation === undefined) continue
    const names = (operation.parameters ?? [])
      .filter((parameter: Json) => parameter.in === 'query')
      .map((parameter: Json) => parameter.name)
    const [[type, content] = []] = Object.entries<Json>(operation.requestBody?.content ?? {})
    const make = type === formType ? hostileForms : hostileBodies
    const bodies =
      method === 'GET' ? [] : make(content?.schema, await bodyLimit(service, method, url), document)
    return [...bodies, ...hostileQueries(names), ...hostileHeaders()]
  }
  return [...hostileQueries([]), ...hostileHeaders()]
}

const formType = 'application/x-www-form-urlencoded'

/** The limit that the answer to too large a body names. */
async function bodyLimit(service: TestService, method: string, url: string): Promise<number> {
  const answer = await send(service, method, url, { told: '', body: ' '.repeat(maxBodyBytes + 1) })
  const named = / (\d+) bytes/.exec(answer.body)?.[1]
  return named === undefined ? maxBodyBytes : Number(named)
}

/**
 * The longest turn that a request takes, in milliseconds of CPU: the least of some tries. Infinite
 * for an answer 500.
 */
async function turnOf(
  service: TestService,
  method: string,
  url: string,
  request: HostileRequest,
  maxMs: number,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < maxTries && least > maxMs; tries += 1) {
    await nextTurn()
    const turns = watchTurns()
    await nextTurn()
    const { statusCode } = await send(service, method, url, request)
    await nextTurn()
    least = Math.min(least, turns.end())
    if (statusCode === 500) return Number.POSITIVE_INFINITY
  }
  return least
}

function send(
  { service, rootToken }: TestService,
  method: string,
  url: string,
  { query, headers, body }: HostileRequest,
) {
  return service.app.inject({
    method: method as 'GET',
    url: query === undefined ? url : `${url}?${query}`,
    headers: {
      authorization: `Bearer ${rootToken}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: body }),
  })
}
