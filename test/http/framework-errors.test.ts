/** An error that Fastify or a plugin foresees keeps its status; only an unforeseen error is 500. */
import { STATUS_CODES } from 'node:http'
import t from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { assertProblem } from '../helpers/problems.ts'
import { sendBytes } from '../helpers/raw-socket.ts'
import { startTestService } from '../helpers/service.ts'

t.test('no path below /docs is an unexpected error', async (t) => {
  const { service, logLines } = await startCheckedService(t)
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const rows: readonly [path: string, status: number, headers?: readonly string[]][] = [
    ['/docs/static/../x', 403],
    ['/docs/static/..', 403],
    ['/docs/static/../../../../../../etc/passwd', 403],
    ['/docs/static/%2e%2e/x', 403],
    ['/docs/static/..%2fx', 404],
    ['/docs/static/%2e%2e%2f%2e%2e%2fpackage.json', 404],
    ['/docs/static//x', 403],
    ['/docs/static//etc/passwd', 403],
    ['/docs/static/%00', 403],
    ['/docs/static/index.css%00.js', 403],
    [`/docs/static/${'a'.repeat(300)}`, 403],
    [`/docs/static/${'a/'.repeat(300)}`, 404],
    ['/docs/static/nope', 404],
    ['/docs/static/index.css/x', 404],
    ['/docs/static/%zz', 404],
    ['/docs/static/.git/config', 404],
    ['/docs/static/index.css', 416, ['Range: bytes=99999999-']],
    ['/docs/static/index.css', 412, ['If-Match: "other"']],
    ['/docs/static/index.css', 412, ['If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT']],
  ]
  for (const [path, status, headers = []] of rows) {
    const lines = [`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', '']
    const answer = await sendBytes(url, lines.join('\r\n'))
    const told = `${path.slice(0, 40)} ${headers}`
    t.equal(answer.status, status, told)
    t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', told)
    t.match(JSON.parse(answer.text), { status, request_id: String, code: String }, told)
    t.notMatch(answer.text, /node_modules|ENAMETOOLONG/)
  }
  t.notOk(logLines.some((line) => line.includes('unexpected error')))
})

t.test('the 4xx of a plugin is answered as itself in each form, without its message', async (t) => {
  const { service, as, logLines } = await startTestService(t)
  const statuses = Object.keys(STATUS_CODES).map(Number)
  const clientFaults = statuses.filter((status) => status >= 400 && status < 500)
  t.ok(clientFaults.length > 20)
  const fail = (request: { readonly params: unknown }) => {
    const { status } = request.params as { readonly status: string }
    throw Object.assign(new Error('the secret of a plugin'), { statusCode: Number(status) })
  }
  service.app.get('/fail/:status', fail)
  const nobody = as(undefined)
  for (const status of clientFaults) {
    const answer = await nobody.get(`/fail/${status}`)
    t.equal(answer.status, status)
    t.equal(answer.body.status, status)
    t.equal(answer.body.title, STATUS_CODES[status])
    t.notMatch(answer.text, 'secret')
  }
  t.notOk(logLines.some((line) => line.includes('unexpected error')))

  for (const status of [200, 302, 399, 500, 501, 600, Number.NaN]) {
    const answer = await nobody.get(`/fail/${status}`)
    assertProblem(t, answer, { status: 500, code: 'internal' }, `${status}`)
  }
  t.ok(logLines.some((line) => line.includes('unexpected error')))
})
