/** Links of invitations and of sign-ins that a reader opens in a window of the console. */
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)

if (started !== undefined) {
  const { url, accountId } = started
  const links = {
    'an invitation': { fragment: '#invitation=a-secret', words: 'You are invited' },
    'a sign-in': { fragment: '#sign-in=a-secret', words: 'This link signs you in for one hour' },
  }
  const paths = {
    'the keys': '/console',
    'a page with a query': `/console/keys?account=${accountId}&status=revoked`,
    'no page': '/console/nowhere',
  }

  /** The secret of the link is in no entry of the history of the window. */
  const forgets = async (t: Test, page: Page, label: string) => {
    const session = await page.context().newCDPSession(page)
    const { entries } = await session.send('Page.getNavigationHistory')
    const urls = entries.map((entry) => entry.url)
    t.notOk(urls.join(' ').includes('a-secret'), `the secret leaves the history: ${label}`)
  }
  const shows = async (t: Test, page: Page, words: string, label: string) => {
    await page.getByText(words).waitFor()
    await forgets(t, page, label)
  }

  for (const [kind, { fragment, words }] of Object.entries(links)) {
    t.test(`the link of ${kind} is shown in a window that shows the console`, async (t) => {
      for (const [place, path] of Object.entries(paths)) {
        const out = await started.open({ path })
        await out.page.getByRole('textbox', { name: 'API key' }).waitFor()
        await out.page.goto(`${out.page.url().split('#')[0]}${fragment}`)
        await shows(t, out.page, words, `signed out, ${place}`)
        await out.context.close()

        const { page, context, faults } = await started.signIn(undefined, { path })
        await page.getByRole('heading', { level: 1 }).waitFor()
        const before = page.url()
        await page.goto(`${before}${fragment}`)
        await shows(t, page, words, `signed in, ${place}`)
        await page.evaluate("history.pushState(null, '', location.href)")
        await page.goBack()
        await shows(t, page, words, `back, ${place}`)
        await page.goto(`${before}${fragment}`)
        await shows(t, page, words, `again, ${place}`)
        await page.reload()
        await page.getByRole('navigation', { name: 'Console' }).waitFor()
        t.same(faults, [])
        await context.close()
      }
    })

    t.test(`the link of ${kind} is shown in a window that still loads`, async (t) => {
      const { page, context, faults } = await started.signIn()
      const { promise: released, resolve: release } = Promise.withResolvers<void>()
      const asked = page.waitForRequest('**/v1/session')
      await page.route('**/v1/session', async (route) => {
        await released
        await route.continue()
      })
      await page.goto(`${url}/console`, { waitUntil: 'commit' })
      await asked
      await page.evaluate(`location.hash = '${fragment}'`)
      await shows(t, page, words, 'before the session is known')
      const answered = page.waitForResponse('**/v1/session')
      release()
      await answered
      await page.evaluate(() => new Promise((done) => setTimeout(done, 0)))
      await shows(t, page, words, 'after the session is known')
      t.same(faults, [])
      await context.close()
    })

    t.test(`the link of ${kind} stays when the session turns out to have ended`, async (t) => {
      const { page, context, faults } = await started.signIn()
      const { promise: released, resolve: release } = Promise.withResolvers<void>()
      const roles = /\/v1\/accounts\/[^/]+\/roles/
      const asked = page.waitForRequest(roles)
      await page.route(roles, async (route) => {
        await released
        await route.continue()
      })
      await page.getByRole('link', { name: 'Roles' }).click()
      await asked
      await page.goto(`${page.url()}${fragment}`)
      await shows(t, page, words, 'before the answer')
      const ended = await context.request.delete(`${url}/v1/session`, {
        headers: { origin: url, 'sec-fetch-site': 'same-origin', 'x-aeon-console': '1' },
      })
      t.equal(ended.status(), 200)
      const answered = page.waitForResponse(roles)
      release()
      t.equal((await answered).status(), 401)
      await page.evaluate(() => new Promise((done) => setTimeout(done, 0)))
      await shows(t, page, words, 'after the answer')
      t.same(faults, [])
      await context.close()
    })

    t.test(`the link of ${kind} closes no dialog that shows a token`, async (t) => {
      const { page, context, faults } = await started.signIn()
      await page.getByRole('button', { name: 'Create API key' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Name', { exact: true }).fill(`made before ${kind}`)
      await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
      await dialog.getByRole('button', { name: 'Generate Key' }).click()
      const token = await dialog.getByRole('textbox', { name: 'API key' }).inputValue()
      started.canaries.addToken(token)
      await page.goto(`${page.url()}${fragment}`)
      await dialog.getByText('You have not copied').waitFor()
      await forgets(t, page, 'the dialog stays')
      t.equal(await dialog.getByRole('textbox', { name: 'API key' }).inputValue(), token)
      t.same(faults, [])
      await context.close()
    })
  }
}
