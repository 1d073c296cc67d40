import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import type { Api } from '../../helpers/api.ts'
import { newKey } from '../../helpers/fixtures.ts'
import { freePort } from '../../helpers/free-port.ts'
import { type RealProvider, startProvider } from '../../helpers/oidc-provider.ts'
import { type PersonBrowser, signInAs } from '../../helpers/people.ts'
import { writeProviders } from '../../helpers/provider-sign-in.ts'
import { type Console, startConsole, type Window, type WindowOptions } from './browser.ts'
import { keyboardOf } from './keyboard.ts'

/** A console whose people sign in at a real provider. */
export interface PeopleConsole extends Console {
  readonly provider: RealProvider
  /** Gives a person with this name a role in the account, and signs the person in once. */
  addPerson(name: string, role?: string): Promise<PersonBrowser>
  /** A window in which a person is signed in, at the page Users. */
  openUsers(subject: string, options?: WindowOptions): Promise<Window>
  /** The token of a key that a person issues. */
  newKeyOf(person: PersonBrowser): Promise<string>
}

/**
 * Starts a provider, one that is away, and a console. The group `operators` has the role admin of
 * the platform account.
 */
export async function startPeopleConsole(t: Test): Promise<PeopleConsole | undefined> {
  let provider: RealProvider | undefined
  const started = await startConsole(t, async (url) => {
    provider = await startProvider(t, 'corp', {
      redirect_uris: [`${url}/v1/session/callback/corp`],
      post_logout_redirect_uris: [`${url}/console/signed-out`],
    })
    const { entry, clientSecret } = provider
    const issuer = `http://127.0.0.1:${await freePort()}`
    const rule = { claim: 'groups', value: 'operators', platform: true, role: 'admin' }
    const providers = [
      { entry: { ...entry, label: 'Example Corp' }, clientSecret, roles: [rule] },
      { entry: { ...entry, name: 'away', issuer }, clientSecret, roles: [] },
    ]
    return { OIDC_FILE: await writeProviders(t, providers) }
  })
  if (started === undefined || provider === undefined) return undefined
  const { issuer, people, clientSecret } = provider
  started.canaries.addSecret(clientSecret)
  const { root, accountId } = started
  return {
    ...started,
    provider,
    async addPerson(name, role = 'admin') {
      const subject = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
      const email = `${subject}@example.com`
      people.set(subject, { name, email, email_verified: true })
      const added = await root.post(`/v1/accounts/${accountId}/users`, { issuer, subject, role })
      if (added.status !== 201) throw new Error(`user: ${added.status} ${added.text}`)
      return signInAs(started, subject, [], { issuer, name, email, emailVerified: true })
    },
    async openUsers(subject, options = {}) {
      const window = await started.open(options)
      await window.page.getByRole('button', { name: 'Sign in with Example Corp' }).click()
      await proveInWindow(window.page, subject)
      await showUsers(window.page)
      return window
    },
    async newKeyOf({ call }) {
      const post: Api['post'] = (path, body) => call('POST', path, { body })
      return (await newKey({ ...root, post }, accountId, { role: 'viewer' })).token
    },
  }
}

/** Proves to be a person at the page of the provider, by the keyboard alone. */
export async function proveInWindow(page: Page, subject: string): Promise<void> {
  // On a busy machine the page is shown before it has given its first field the focus.
  await page.getByPlaceholder('Enter any login').focus()
  const { press, type } = keyboardOf(page)
  await type(subject)
  await press('Tab')
  await type('any')
  await press('Enter')
  await page.getByRole('navigation', { name: 'Console' }).or(page.locator('.gate')).waitFor()
}

/** Opens the page Users, and waits until it shows them. */
export async function showUsers(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Users' }).click()
  await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
  await page.getByRole('table', { name: 'Users' }).waitFor()
}
