/**
 * People and programs of a provider in another language: zitadel/oidc, in Go, in Chromium. Where Go
 * is missing, a line says so, unless INTEROP=required. It has no back-channel logout.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { freePort } from '../helpers/free-port.ts'
import { audience } from '../helpers/jwt-issuer.ts'
import { writeProviders } from '../helpers/provider-sign-in.ts'
import { until } from '../helpers/until.ts'
import { startConsole } from './console/browser.ts'

const run = promisify(execFile)
const clientSecret = 'the-secret-of-aeon-keys-0123456789'
t.setTimeout(1_500_000)

const provider = await buildProvider(t)
if (provider === undefined) t.comment('Go is not to be had: not tried')
else {
  const issuer = `http://127.0.0.1:${await freePort()}`
  const started = await startConsole(t, async (url) => {
    await startProvider(t, provider, issuer, url)
    const mapped = { platform: true, role: 'viewer' }
    const roles = [
      { ...mapped, claim: 'email', value: 'test-user2@zitadel.ch' },
      { ...mapped, claim: 'sub', value: 'sid1' },
    ]
    const entry = { name: 'go', issuer, client_id: 'aeon-keys', audience }
    return { OIDC_FILE: await writeProviders(t, [{ entry, clientSecret, roles }]) }
  })
  if (started !== undefined) {
    started.canaries.addSecret(clientSecret)

    t.test(
      'a person signs in by a provider in Go with a role from claims, and logs out there',
      async (t) => {
        const { page, faults } = await started.open()
        await page.getByRole('button', { name: 'Sign in with go' }).click()
        await page.getByLabel('Username:').fill('test-user2')
        await page.getByLabel('Password:').fill('verysecure')
        await page.getByRole('button', { name: 'Login' }).click()
        await page.getByText('Signed in as Test User2').waitFor()
        await page.getByRole('link', { name: 'Users' }).click()
        const row = page.getByRole('row', { name: /Test User2.*test-user2@zitadel.ch.*viewer/ })
        await row.getByText('from the provider').waitFor()
        t.equal(await row.getByText('not verified').count(), 0)
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.getByText('You are signed out of this console.').waitFor()
        t.same(faults, [])
      },
    )

    t.test(
      'a program calls the API by a JWT of a provider in Go, and not by an altered one',
      async (t) => {
        const response = await fetch(`${issuer}/oauth/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa('sid1:verysecret')}` },
          body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'openid' }),
        })
        const { access_token: token } = (await response.json()) as { access_token: string }
        started.canaries.addSecret(token)
        const me = await started.as(token).get('/v1/me')
        t.match(me, { status: 200, body: { user: { issuer, subject: 'sid1' } } }, me.text)
        t.match(me.body.role, { name: 'viewer' })
        const altered = token.replace(/.{20}$/, (end) => [...end].reverse().join(''))
        t.equal((await started.as(altered).get('/v1/me')).status, 401)
      },
    )
  }
}
t.pass('the provider that is here was tried')

/** The path of the program; undefined where Go is missing and INTEROP is not required. */
async function buildProvider(t: Test): Promise<string | undefined> {
  const found = await run('go', ['version']).catch(() => undefined)
  if (found === undefined && process.env.INTEROP !== 'required') return undefined
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-provider-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const program = join(folder, 'provider')
  await run('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'provider') })
  return program
}

async function startProvider(t: Test, program: string, issuer: string, url: string) {
  const child = spawn(program, {
    stdio: 'ignore',
    env: {
      ISSUER: issuer,
      ADDRESS: new URL(issuer).host,
      CLIENT_SECRET: clientSecret,
      AUDIENCE: audience,
      REDIRECT_URI: `${url}/v1/session/callback/go`,
      POST_LOGOUT_REDIRECT_URI: `${url}/console/signed-out`,
    },
  })
  endWithParent(child)
  t.teardown(() => child.kill())
  const metadata = `${issuer}/.well-known/openid-configuration`
  await until(async () => (await fetch(metadata).catch(() => undefined))?.ok === true)
}
