/**
 * What people come for, from the first start of the service on, in a browser alone: the link that a
 * first start prints, and the five tasks of docs/console.md.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import t from 'tap'
import { createProcesses, shownRootToken } from '../helpers/process.ts'
import { openWindow, startBrowser } from './console/browser.ts'

t.setTimeout(1_500_000)
const browser = await startBrowser(t)

if (browser !== undefined) {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const { canaries } = processes
  const running = await processes.start()
  const url = await running.listening
  const rootToken = await shownRootToken(running)
  canaries.addToken(rootToken)
  const root = processes.api(url, rootToken)
  const link = /http:\S+#sign-in=(\S+)/.exec(running.shown)
  const path = link?.[0].slice(url.length) ?? ''
  canaries.addSecret(link?.[1] ?? '')

  const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })
  const close = async (page: Page) => page.getByRole('button', { name: 'Done' }).click()

  /** Creates a key by the form and returns its token and the line for curl. */
  const create = async (page: Page, name: string, role: string, list?: string) => {
    await page.getByRole('button', { name: 'Create API key' }).first().click()
    const dialog = dialogOf(page, 'Create API Key')
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: role })
    if (list !== undefined) {
      await dialog.getByLabel('Restrict to trusted IP addresses only').check()
      await dialog.getByRole('button', { name: 'New allow list' }).click()
      const form = dialogOf(page, 'Create IP Allow List')
      await form.getByLabel('Name', { exact: true }).fill(list)
      await form.getByLabel('IP addresses and ranges').fill('203.0.113.0/24')
      await form.getByRole('button', { name: 'Create', exact: true }).click()
      await form.waitFor({ state: 'hidden' })
    }
    await dialog.getByRole('button', { name: 'Generate Key' }).click()
    const token = await dialog.getByRole('textbox', { name: 'API key' }).inputValue()
    canaries.addToken(token)
    const curl = await dialog.getByRole('region', { name: 'Lines for curl' }).innerText()
    await dialog.getByRole('button', { name: 'Copy key' }).click()
    await page.getByText('✓ Copied').waitFor()
    await close(page)
    return { token, curl }
  }
  const statusOf = async (curl: string) => {
    const command = `${curl} -s -o /dev/null -w '%{http_code}'`
    return (await promisify(execFile)('sh', ['-c', command])).stdout
  }

  t.test(
    'a first sign-in link leads to a key that works and is revoked, without a token',
    async (t) => {
      const { page, faults } = await openWindow(browser, url, { path })
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('navigation', { name: 'Console' }).waitFor()
      t.notMatch(page.url(), 'sign-in', 'the secret has left the address')
      const { curl } = await create(page, 'first', 'viewer')
      t.equal(await statusOf(curl), '200', 'the line to paste works')
      await page.getByRole('button', { name: 'Revoke first' }).click()
      await dialogOf(page, 'Revoke API key').getByRole('button', { name: 'Revoke API key' }).click()
      await page.getByText('Revoked everywhere').waitFor()
      t.equal(await statusOf(curl), '401')
      await close(page)
      const replayed = await openWindow(browser, url, { path })
      await replayed.page.getByRole('button', { name: 'Sign in' }).click()
      await replayed.page.getByText('The sign-in link is not valid').waitFor()
      t.same([...faults, ...replayed.faults], [])
    },
  )

  t.test('the console performs the five tasks of its documentation', async (t) => {
    const { page, faults } = await openWindow(browser, url)
    await page.getByRole('textbox', { name: 'API key' }).fill(rootToken)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('main').getByRole('link', { name: 'Accounts' }).click()
    await page.getByRole('button', { name: 'Create account' }).click()
    await dialogOf(page, 'Create account').getByLabel('Name').fill('Acme')
    await dialogOf(page, 'Create account').getByRole('button', { name: 'Create' }).click()
    await page.getByRole('link', { name: 'Acme' }).click()
    await page.getByText('No API keys yet').waitFor()

    const restricted = await create(page, 'restricted', 'developer', 'office')
    t.match(await root.verify(restricted.token, { client_ip: '203.0.113.9' }), { valid: true })
    t.equal(await statusOf(restricted.curl), '403', 'not from here')

    await page.getByRole('link', { name: 'restricted' }).click()
    const sheet = dialogOf(page, 'API Key Details')
    await sheet.getByRole('button', { name: 'Would it be let in?' }).click()
    await sheet.getByLabel('From the address').fill('127.0.0.1')
    await sheet.getByRole('button', { name: 'Explain' }).click()
    await sheet.getByText('It would be denied: address_not_allowed.').waitFor()
    await sheet.getByRole('button', { name: 'Close' }).click()

    const issuer = await create(page, 'issuer', 'admin')
    const byIssuer = await openWindow(browser, url)
    await byIssuer.page.getByRole('textbox', { name: 'API key' }).fill(issuer.token)
    await byIssuer.page.getByRole('button', { name: 'Sign in' }).click()
    const made = [
      await create(byIssuer.page, 'made 1', 'viewer'),
      await create(byIssuer.page, 'made 2', 'viewer'),
    ]
    await page.reload()
    await page.getByRole('link', { name: 'issuer', exact: true }).first().click()
    await page.getByRole('button', { name: 'Revoke many' }).click()
    const many = dialogOf(page, 'Revoke many keys')
    await many.getByRole('button', { name: 'Preview' }).click()
    await many.getByText('2 keys would be revoked').waitFor()
    await many.getByRole('textbox').fill('2')
    await many.getByRole('button', { name: 'Revoke these keys' }).click()
    await many.getByText('Revoked everywhere').waitFor()
    await close(page)
    for (const { token } of made) t.match(await root.verify(token), { reason: 'revoked' })

    await page.getByRole('link', { name: 'API Keys' }).click()
    const nightly = await create(page, 'nightly', 'viewer')
    await page.getByRole('link', { name: 'nightly' }).click()
    await sheet.getByRole('button', { name: 'Rotate' }).click()
    const rotation = dialogOf(page, 'Rotate API key')
    await rotation.getByRole('button', { name: 'Rotate', exact: true }).click()
    const next = await rotation.getByRole('textbox', { name: 'API key' }).inputValue()
    canaries.addToken(next)
    t.match(await root.verify(nightly.token), { valid: true }, 'no outage')
    t.match(await root.verify(next), { valid: true, generation: 2 })
    await rotation.getByRole('button', { name: 'Copy key' }).click()
    await close(page)
    await sheet.getByRole('button', { name: 'Close' }).click()

    // Somebody has found the token: it is pasted, cut to its hint, and leads to the key.
    await page.getByRole('searchbox').fill(made[0]?.token ?? '')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'made 1' }).click()
    await sheet.getByRole('button', { name: 'Is it dead everywhere?' }).click()
    const receipt = dialogOf(page, 'Revocation')
    await receipt.getByRole('button', { name: 'Ask all instances' }).click()
    await receipt.getByText(/Revoked everywhere: 1 of 1 instance/).waitFor()
    t.same([...faults, ...byIssuer.faults], [])
  })
}
