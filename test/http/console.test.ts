/** The files of the console: how they are served, how large they are, and what they may do. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { test } from 'tap'
import { readConsoleFiles } from '../../src/http/console/console-files.ts'
import { startTestService } from '../helpers/service.ts'

const kilobyte = 1000
const { version, assets } = readConsoleFiles()
const base = `/console/assets/${version}`

test('every view is one document, whose files a browser keeps until they change', async (t) => {
  const { service } = await startTestService(t)
  const get = (url: string, headers = {}) => service.app.inject({ url, headers })

  await t.test(
    '/console and every view below it is the document, which nobody stores',
    async (t) => {
      const index = await get('/console')
      for (const path of ['/console', '/console/keys', '/console/keys?status=active']) {
        const answer = await get(path, { cookie: 'aeon_session=none' })
        t.equal(answer.statusCode, 200, path)
        t.equal(answer.body, index.body, path)
        t.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
        t.equal(answer.headers['cache-control'], 'no-store')
        t.equal(answer.headers['set-cookie'], undefined)
        t.equal(answer.headers['x-frame-options'], 'DENY')
      }
      for (const [, path = ''] of index.body.matchAll(/(?:href|src)="([^"]+)"/g)) {
        t.equal((await get(path)).statusCode, 200, path)
      }
    },
  )

  await t.test(
    'each console file is served compressed, with an ETag, and cached for good',
    async (t) => {
      for (const [path, { type, text }] of assets) {
        const plain = await get(`${base}/${path}`)
        t.equal(plain.body, text, path)
        t.equal(plain.headers['content-type'], type)
        t.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
        const tag = String(plain.headers.etag)
        t.equal((await get(`${base}/${path}`, { 'if-none-match': tag })).statusCode, 304)
      }
      const gzip = await get(`${base}/main.js`, { 'accept-encoding': 'gzip' })
      t.equal(String(gunzipSync(gzip.rawPayload)), assets.get('main.js')?.text)
      const brotli = await get(`${base}/main.js`, { 'accept-encoding': 'gzip, br' })
      t.equal(String(brotliDecompressSync(brotli.rawPayload)), assets.get('main.js')?.text)
    },
  )

  await t.test('no path below /console serves anything but its files', async (t) => {
    const others = [
      `${base}/index.html`,
      `${base}/types.d.ts`,
      `${base}/../package.json`,
      `${base}/%2e%2e%2fpackage.json`,
      '/console/assets/older/main.js',
      '/console/a/b',
    ]
    for (const path of others) t.equal((await get(path)).statusCode, 404, path)
  })

  await t.test(
    'the content policy of the console allows this service alone, and no inline code',
    async (t) => {
      const policy = String((await get('/console')).headers['content-security-policy'])
      t.same(policy.split('; '), [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        'trusted-types lit-html',
      ])
      const docs = String((await get('/docs')).headers['content-security-policy'])
      t.notMatch(docs, /trusted-types/, '/docs has a policy of its own')
    },
  )

  await t.test('a console path with a slash at its end redirects to the one without', async (t) => {
    for (const [path, location] of [
      ['/console/', '/console'],
      ['/console/keys/', '/console/keys'],
      ['/console/keys/?status=active', '/console/keys?status=active'],
    ]) {
      const answer = await get(path ?? '')
      t.same([answer.statusCode, answer.headers.location], [308, location], path ?? '')
    }
  })

  await t.test('console scripts are served without their comments, and otherwise whole', (t) => {
    for (const [path, { text }] of assets) {
      if (!path.endsWith('.js')) continue
      t.notMatch(text, /^\s*(?:\*|\/\/)/m, path)
      if (path === 'lit-html.js') continue
      const source = readFileSync(join(import.meta.dirname, '../../console', path), 'utf8')
      const code = (file: string) =>
        file.split('\n').filter((line) => !/^\s*(?:\/?\*|\/\/)/.test(line))
      t.same(code(text), code(source), path)
    }
    t.end()
  })

  await t.test('GET / sends those who ask for HTML to the console, and nobody else', async (t) => {
    const html = await get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
    t.same([html.statusCode, html.headers.location], [302, '/console'])
    for (const accept of ['*/*', 'application/json', 'text/html;q=0']) {
      const answer = await get('/', { accept })
      t.match(answer.json().links, { console: '/console', docs: '/docs' }, accept)
    }
  })
})

test('CONSOLE=off: no page, no file and no session route exists', async (t) => {
  const { service } = await startTestService(t, { settings: { CONSOLE: 'off' } })
  for (const url of ['/console', '/console/keys', `${base}/main.js`, '/v1/session']) {
    t.equal((await service.app.inject({ url })).statusCode, 404, url)
  }
  const root = await service.app.inject({ url: '/', headers: { accept: 'text/html' } })
  t.equal(root.headers.location, '/docs')
})

test('the console is small', async (t) => {
  const gzipped = (path: string) => gzipSync(assets.get(path)?.text ?? '', { level: 9 }).length
  const { service } = await startTestService(t)
  const { body } = await service.app.inject('/console')
  const named = [...body.matchAll(/(?:href|src)="\/console\/assets\/[^/"]+\/([^"]+)"/g)]
  const first = new Set(named.map(([, path = '']) => path))
  const sizes = [...first].map((path) => ({ path, size: gzipped(path) }))
  const sum = (all: readonly { readonly size: number }[]) =>
    all.reduce((n, { size }) => n + size, 0)

  const scripts = sizes.filter(({ path }) => path.endsWith('.js'))
  t.comment(`JavaScript of the first view: ${sum(scripts)} bytes in gzip`)
  t.ok(sum(scripts) < 20 * kilobyte, `${sum(scripts)} bytes of JavaScript in the first view`)
  const needed = [...first].filter((path) => path.endsWith('.js'))
  for (const path of needed) {
    for (const imported of importsOf(path)) t.ok(first.has(imported), `${imported} is announced`)
  }
  const whole = sum(sizes) + gzipSync(body).length
  t.comment(`the first view: ${whole} bytes in gzip`)
  t.ok(whole < 100 * kilobyte)

  const views = [...assets.keys()].filter((path) => path.startsWith('views/'))
  for (const path of views) {
    const size = [...closureOf(path)]
      .filter((one) => !first.has(one))
      .reduce((n, one) => n + gzipped(one), 0)
    t.ok(size < 10 * kilobyte, `${path} loads ${size} bytes`)
  }
  const total = [...assets.keys()].reduce((n, path) => n + gzipped(path), 0)
  t.comment(`all files: ${total} bytes in gzip`)
})

/** The files that a module imports before it runs. */
function importsOf(path: string): string[] {
  const text = assets.get(path)?.text ?? ''
  const found = [...text.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'/gm)]
  return found.map(([, name = '']) => new URL(name, `http://x/${path}`).pathname.slice(1))
}

function closureOf(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const imported of importsOf(path)) closureOf(imported, found)
  return found
}
