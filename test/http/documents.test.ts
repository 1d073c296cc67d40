import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { test } from 'tap'
import { startTestService } from '../helpers/service.ts'

const documents = ['/openapi.json', '/docs/json', '/docs/yaml', '/openapi/aeon.json']

test('a document is made once, compressed once, and not sent again to a client that has it', async (t) => {
  const { service } = await startTestService(t)
  for (const url of documents) {
    const get = (headers: Record<string, string>) => service.app.inject({ url, headers })
    const plain = await get({})
    t.equal(plain.statusCode, 200, url)
    t.equal(plain.headers['content-encoding'], undefined)
    for (const [accepted, coding, decode] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['br;q=0, gzip', 'gzip', gunzipSync],
      ['*', 'gzip', gunzipSync],
    ] as const) {
      const answer = await get({ 'accept-encoding': accepted })
      t.equal(answer.headers['content-encoding'], coding, `${url}: ${accepted}`)
      t.equal(answer.headers.vary, 'accept-encoding')
      t.equal(decode(answer.rawPayload).toString(), plain.body)
      t.not(answer.headers.etag, plain.headers.etag, 'a coding has an entity tag of its own')
    }
    const tag = String(plain.headers.etag)
    for (const given of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await get({ 'if-none-match': given })
      t.same([answer.statusCode, answer.body, answer.headers.etag], [304, '', tag], given)
    }
    t.equal((await get({ 'if-none-match': '"other"' })).statusCode, 200)
    for (const given of ['"other"', `W/${tag}`]) {
      t.equal((await get({ 'if-match': given })).statusCode, 412, `If-Match: ${given}`)
    }
    t.equal((await get({ 'if-match': `"other", ${tag}` })).statusCode, 200)
    t.equal((await get({ 'accept-encoding': 'br', 'if-none-match': tag })).statusCode, 200)
  }
})

test('requests for metrics share what is collected once a second', async (t) => {
  const { service, root } = await startTestService(t, { metricsIntervalMs: 60_000 })
  const get = async () => (await service.app.inject('/metrics')).body
  const [first, second] = await Promise.all([get(), get()])
  await root.get('/v1/me')
  t.equal(second, first)
  t.equal(await get(), first)
})
