/** A path means the same in any spelling, and a path without a route says so. */
import { test } from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { sendBytes } from '../helpers/raw-socket.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'

test('a path means the same in any spelling, and one without a route says so', async (t) => {
  const { root, rootToken, service } = await startCheckedService(t)
  const { app } = service
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const account = await newAccount(root)
  const admin = await newKey(root, account)
  const bearer = `Authorization: Bearer ${rootToken}`
  const send = async (method: string, target: string, headers: readonly string[] = [bearer]) => {
    const lines = [`${method} ${target} HTTP/1.1`, 'Host: a', ...headers, 'Connection: close']
    const answer = await sendBytes(url, `${lines.join('\r\n')}\r\n\r\n`)
    const isJson = answer.headers['content-type']?.includes('json') === true
    return { ...answer, body: isJson && answer.text !== '' ? JSON.parse(answer.text) : undefined }
  }
  const keys = `/v1/accounts/${account}/api-keys`

  await t.test('other spellings of a path have its routes and its Allow', async (t) => {
    const spellings = (path: string) => [
      path,
      path.replace('m', '%6d').replace('k', '%6B'),
      `http://other.example${path}`,
      `HTTPS://[::1]:8080${path}`,
      `http://a${path.replace('e', '%65')}`,
    ]
    for (const [path, allow] of [
      ['/v1/me', 'GET, HEAD'],
      [`${keys}/report`, 'GET, HEAD'],
      [`${keys}/revoke`, 'POST'],
      ['/v1/api-keys/revoke', 'POST'],
      [`${keys}/${admin.id}`, 'GET, HEAD, PATCH'],
      ['/v1/verify', 'POST'],
      ['/docs', 'GET, HEAD'],
      ['/docs/', 'GET, HEAD'],
      ['/docs/static/', 'GET, HEAD'],
      ['/livez', 'GET, HEAD'],
    ] as const) {
      for (const target of spellings(path)) {
        for (const method of ['DELETE', 'OPTIONS']) {
          const answer = await send(method, target)
          t.equal(answer.status, 405, `${method} ${target}`)
          t.equal(answer.headers.allow, allow, `${method} ${target}`)
          t.equal(answer.body.code, 'method_not_allowed')
        }
        const isRead = allow.startsWith('GET')
        t.equal((await send('GET', target)).status, isRead ? 200 : 405, `GET ${target}`)
        const head = await send('HEAD', target)
        t.same([head.status, head.text], [isRead ? 200 : 405, ''], `HEAD ${target}`)
      }
    }
    for (const target of ['/v1/nope', '/v1/n%6fpe', 'http://a/v1/nope', '*', '/v1/%zz']) {
      for (const method of ['GET', 'DELETE', 'OPTIONS']) {
        const answer = await send(method, target)
        t.same([answer.status, answer.body?.code], [404, 'not_found'], `${method} ${target}`)
      }
    }
  })

  await t.test('every API answers in its own form, however its path is spelled', async (t) => {
    const aeon = { error: { detail: 'Requested API not found', status: 404 } }
    const paths = ['/api/public/v1/nope', '/api/public/v1/accounts//api-keys']
    const forms = [...paths, '/api/p%75blic/v1/nope', 'http://a/api/public/v1/nope']
    for (const target of forms) t.same((await send('GET', target)).body, aeon, target)
    for (const target of [
      '/oauth2/introspect/x',
      '/oauth2/%69ntrospect/x',
      'http://a/oauth2/introspect/x',
    ]) {
      t.same(Object.keys((await send('GET', target)).body), ['error', 'error_description'], target)
    }
    const list = `/api/public/v1/accounts/${account}/api-keys`
    for (const target of [
      `${list}?limit=1`,
      `http://a${list}?limit=1`,
      `${list.replace('k', '%6b')}?limit=1`,
    ]) {
      t.equal((await send('GET', target)).body._metadata.links.self, `${list}?limit=1`, target)
    }
  })

  await t.test('a path with an empty parameter is 404 for every caller', async (t) => {
    const routes = routesOf(app).map(parseRoute)
    // `/console/` leads to the console.
    const withParameter = routes.filter(
      ({ method, path }) => path.includes(':') && method !== 'HEAD' && path !== '/console/:view',
    )
    t.ok(withParameter.length > 20)
    for (const { method, path } of withParameter) {
      const [, last = ''] = path.match(/:(\w+)(?!.*:\w)/) ?? []
      const empty = path
        .replace(`:${last}`, '')
        .replace(/:account_id/g, account)
        .replace(/:\w+/g, '1')
      for (const token of [rootToken, admin.token, 'none']) {
        const headers = { authorization: `Bearer ${token}` }
        const answer = await app.inject({ method: method as 'GET', url: empty, headers })
        const { error, detail = error?.detail } = answer.json()
        t.ok([404, 405].includes(answer.statusCode), `${method} ${empty}: ${answer.statusCode}`)
        t.match(
          detail,
          /^There is no such route[.:]|^Requested API not found$|^The path supports only/,
        )
      }
    }
    const { body } = await root.get('/v1/accounts/')
    t.equal(body.detail, 'There is no such route: leave out the slash at the end.')
    for (const path of ['/v1/', '/openapi/', '/nowhere/', '/v1/accounts/%zz/']) {
      const { detail } = (await root.get(path)).body
      t.equal(detail, 'There is no such route.', `${path} has no route without the slash either`)
    }
    const two = await root.get('/v1//accounts')
    t.equal(two.body.detail, 'There is no such route: the path has two slashes in a row.')
    t.equal((await root.get('/v1/nope')).body.detail, 'There is no such route.')
  })

  await t.test('GET / says where the API and the console are', async (t) => {
    const programs = [
      [],
      ['Accept: */*'],
      ['Accept: application/json'],
      ['Accept: text/html;q=0, */*'],
    ]
    for (const accept of programs) {
      const { status, body, headers } = await send('GET', '/', accept)
      t.equal(status, 200)
      t.equal(headers.vary, 'accept')
      for (const link of Object.values<string>(body.links)) {
        t.equal((await send('GET', link)).status, 200, link)
      }
      t.same(Object.keys(body.links), ['console', 'docs', 'openapi', 'openapi_aeon'])
    }
    for (const accept of ['text/html', ', ,text/html,application/xml;q=0.9', 'TEXT/HTML ; q=1']) {
      const { status, headers } = await send('GET', '/', [`Accept: ${accept}`])
      t.same([status, headers.location], [302, '/console'], accept)
    }
    const post = await send('POST', '/')
    t.same([post.status, post.headers.allow], [405, 'GET, HEAD'])
  })
})

test('the root links only to what is served', async (t) => {
  const off = { DOCS: 'off', AEON_API: 'off', CONSOLE: 'off' }
  const bare = await startCheckedService(t, { settings: off })
  const html = { headers: { accept: 'text/html' } }
  t.same((await bare.root.call('GET', '/', html)).body, { service: 'aeon-keys', links: {} })
  const settings = { AEON_API: 'off', PUBLIC_URL: 'https://keys.example.com' }
  const behind = await startCheckedService(t, { settings })
  const { links } = (await behind.root.get('/')).body
  t.same(links, {
    console: 'https://keys.example.com/console',
    docs: 'https://keys.example.com/docs',
    openapi: 'https://keys.example.com/openapi.json',
  })
  t.match((await behind.root.get('/openapi.json')).body.servers, [{ url: settings.PUBLIC_URL }])
  const redirect = await behind.root.call('GET', '/', html)
  t.equal(redirect.headers.location, links.console)
})
