/**
 * The page /docs in Chromium: every operation is tried out with what the page proposes. And both
 * documents under two linters. Where Chromium is missing, a line says so, unless
 * INTEROP=required.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Json } from '../helpers/api.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { freePort } from '../helpers/free-port.ts'
import { exampleProvider, writeOidcFile } from '../helpers/oidc-file.ts'
import { startTestService } from '../helpers/service.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../docs-page')
const programs = join(folder, 'node_modules/.bin')
const documents = join(import.meta.dirname, '../../openapi')
const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } }
t.setTimeout(1_500_000)

await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], options)

for (const name of ['openapi.json', 'aeon.json']) {
  t.test(`linters of OpenAPI documents find nothing in ${name}`, async (t) => {
    const document = join(documents, name)
    const extended = '--extends=recommended'
    const redocly = await run(join(programs, 'redocly'), ['lint', document, extended], options)
    t.match(redocly.stderr + redocly.stdout, /is valid/)
    t.notMatch(redocly.stderr + redocly.stdout, /warning/i, 'Redocly')
    const strict = ['--fail-severity=hint', '--ruleset=.spectral.json']
    const spectral = await run(join(programs, 'spectral'), ['lint', document, ...strict], options)
    t.match(spectral.stdout, 'No results', 'Spectral')
  })
}

t.test('every operation of /docs works with what the page proposes', async (t) => {
  const chromium = await run('which', ['chromium']).catch(() => undefined)
  if (chromium === undefined && process.env.INTEROP !== 'required') {
    return t.comment('Chromium is missing')
  }
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const OIDC_FILE = await writeOidcFile(t, [exampleProvider])
  const started = await startTestService(t, { settings: { PUBLIC_URL: url, OIDC_FILE } })
  const { service, rootToken, root } = started
  await service.app.listen({ host: '127.0.0.1', port })
  const account = await newAccount(root)
  const tenant = await newKey(root, account)
  const person = { issuer: exampleProvider.issuer, subject: 'ada', role: 'viewer' }
  await root.post(`/v1/accounts/${account}/users`, person)
  const { stdout } = await run('node', ['try-it-out.mjs'], {
    ...options,
    env: {
      ...options.env,
      BASE_URL: url,
      ROOT_TOKEN: rootToken,
      TENANT_TOKEN: tenant.token,
      CHROMIUM: chromium?.stdout.trim(),
    },
  })
  const lines: Json[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const tried = lines.filter(({ operationId }) => operationId !== undefined)
  const operations = []
  for (const document of ['/openapi.json', '/openapi/aeon.json']) {
    const { paths } = (await service.app.inject(document)).json()
    operations.push(...Object.values<Json>(paths).flatMap((item) => Object.values<Json>(item)))
  }
  t.equal(tried.length, operations.length)
  for (const { operationId, status, ...rest } of tried) {
    t.ok(status >= 200 && status < 300, `${operationId}: ${status}`, rest)
  }
  const offered = ['aeon-keys', 'aeon-keys, as the API of Aeon']
  t.same(lines[0], { title: 'aeon-keys API', documents: offered })
  const other = lines.find((line) => line.other !== undefined)
  t.match(other?.other, /Aeon/, 'the other document is shown')
  t.same(lines.at(-1), { complaints: [] }, 'the console of the browser is empty')
})
