/**
 * Introspection by a client in another language. Where Python or one of its packages is missing, a
 * line says so, unless INTEROP=required.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { Json } from '../helpers/api.ts'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { freePort } from '../helpers/free-port.ts'
import { startTestService } from '../helpers/service.ts'

const sources = join(import.meta.dirname, 'python')
const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-interop-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
t.setTimeout(120_000)

const python = await installPython()
if (python === undefined) t.comment('Python with Authlib is not to be had: not tried')
else t.test('Authlib (Python) introspects tokens', (t) => introspect(t, python))
t.pass('the languages that are here were tried')

async function introspect(t: Test, python: string): Promise<void> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const { service, root } = await startTestService(t, { settings: { PUBLIC_URL: issuer } })
  await service.app.listen({ host: '127.0.0.1', port })
  const account = await newAccount(root)
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const verifier = await newKey(root, platform, { role: 'verifier' })
  const list = await newAllowList(root, account, ['2001:db8::/32'])
  const key = await newKey(root, account, { role: 'viewer', allow_list_ids: [list] })
  const good = { client_ip: '2001:db8::7', permission: ['cluster:read', 'backup:read'] }
  const run = (clientId: string, secret: string) =>
    runScript(python, {
      issuer,
      client_id: clientId,
      client_secret: secret,
      attempts: [
        { token: key.token, parameters: good },
        { token: key.token, parameters: { ...good, client_ip: '203.0.113.7' } },
        { token: key.token, parameters: { ...good, permission: ['cluster:delete'] } },
        { token: key.token, parameters: { ...good, account_id: platform } },
        { token: 'nonsense', parameters: {} },
        { token: key.token, parameters: { client_ip: 'nonsense' } },
      ],
    })
  const inactive = { status: 200, body: { active: false } }
  for (const clientId of [verifier.id, verifier.token.slice(0, 27)]) {
    const [active, ...others] = await run(clientId, verifier.token)
    t.match(active, { status: 200, body: { active: true, sub: key.id, iss: issuer } })
    t.same(others.slice(0, 4), [inactive, inactive, inactive, inactive])
    t.match(others[4], { status: 400, body: { error: 'invalid_request' } })
  }
  for (const answer of await run(verifier.id, key.token)) {
    t.match(answer, { status: 401, body: { error: 'invalid_client' } })
  }
}

/** The interpreter of an environment with the packages; undefined where that cannot be made. */
async function installPython(): Promise<string | undefined> {
  const run = promisify(execFile)
  const interpreter = join(folder, 'bin', 'python')
  const packages = join(sources, 'requirements.txt')
  try {
    await run('python3', ['-m', 'venv', folder])
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', packages])
    return interpreter
  } catch (error) {
    if (process.env.INTEROP === 'required') throw error
    return undefined
  }
}

async function runScript(python: string, asked: object): Promise<Json> {
  const child = spawn(python, [join(sources, 'introspect.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  endWithParent(child)
  child.stdin.end(JSON.stringify(asked))
  return JSON.parse(await text(child.stdout))
}
