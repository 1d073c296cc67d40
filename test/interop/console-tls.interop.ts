/** The console behind a proxy that ends TLS, at PUBLIC_URL: a real Caddy and a real browser. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { freePort } from '../helpers/free-port.ts'
import { enter, openWindow, startConsole } from './console/browser.ts'
import { runProxy } from './proxies.ts'

t.setTimeout(300_000)
const version = await promisify(execFile)('caddy', ['version']).catch(() => undefined)
if (version === undefined && process.env.INTEROP !== 'required') t.comment('Caddy is missing')
else await t.test('behind Caddy the cookie is bound to the host and to TLS', (t) => story(t))

async function story(t: Test): Promise<void> {
  const publicUrl = `https://localhost:${await freePort()}`
  const started = await startConsole(t, () => ({
    PUBLIC_URL: publicUrl,
    TRUSTED_PROXIES: '127.0.0.1',
  }))
  if (started === undefined) return
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-caddy-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { host } = new URL(started.url)
  const caddy = await runProxy(
    {
      name: 'Caddy',
      version: ['caddy', 'version'],
      async configure({ service }, port) {
        // The port of a plain site, by which the proxy shows that it listens, is another one.
        await writeFile(
          join(folder, 'Caddyfile'),
          `{
            admin off
            skip_install_trust
            auto_https disable_redirects
            default_bind 127.0.0.1
            storage file_system ${folder}
          }
          http://localhost:${port} {
            respond "here"
          }
          ${publicUrl} {
            tls internal
            reverse_proxy ${service}
          }`,
        )
        const path = join(folder, 'Caddyfile')
        return ['caddy', 'run', '--adapter', 'caddyfile', '--config', path]
      },
      outage: { undecided: 503, away: 502 },
      tellsScope: true,
      keepsConnections: true,
    },
    { folder, service: host, app: host, verifierToken: '' },
  )
  t.teardown(() => caddy.stop())

  const { page, context, faults } = await openWindow(started.browser, publicUrl)
  await enter(page, started.token)
  const [cookie, ...others] = await context.cookies()
  t.same(others, [])
  started.canaries.addSecret(cookie?.value ?? '')
  t.match(cookie, {
    name: '__Host-aeon_session',
    domain: 'localhost',
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    expires: -1,
  })
  t.equal(await page.evaluate('document.cookie'), '', 'no script reads it')
  await page.getByRole('button', { name: 'Create API key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Create API Key' })
  await dialog.getByLabel('Name', { exact: true }).fill('over TLS')
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
  await dialog.getByRole('button', { name: 'Generate Key' }).click()
  const token = await dialog.getByRole('textbox', { name: 'API key' }).inputValue()
  started.canaries.addToken(token)
  t.equal((await started.root.verify(token)).valid, true)

  // Another host of the same service: the browser sends no cookie, and the page asks for a key.
  const plain = await context.newPage()
  await plain.goto(`${started.url}/console`)
  await plain.getByRole('heading', { name: 'Sign in' }).waitFor()

  await dialog.getByRole('button', { name: 'Copy key' }).click()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  t.same(await context.cookies(), [], 'the browser forgets it')
  t.same(faults, [])
}
