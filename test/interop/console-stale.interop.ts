/**
 * What the console shows after a change: nothing older than the change, also when its answer was
 * lost after the service had made it.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { newKey } from '../helpers/fixtures.ts'
import { isNotWider, startConsole } from './console/browser.ts'

t.setTimeout(900_000)
const started = await startConsole(t)
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })

if (started !== undefined) {
  const { root, accountId, url } = started

  /** Loses the answer to the next such request; the request arrives. */
  const loseAnswer = async (page: Page, path: string, isMeant = (_body: string) => true) => {
    let isLost = false
    await page.route(path, async (route) => {
      const request = route.request()
      const body = request.postData() ?? ''
      if (request.method() !== 'POST' || isLost || !isMeant(body)) return route.fallback()
      isLost = true
      await route.fetch()
      return route.abort()
    })
  }

  t.test('the details forget what was asked of the key before it changed', async (t) => {
    const { page, context, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, { name: 'changing', role: 'viewer' })
    await page.goto(`${url}/console/keys?key=${id}`)
    const sheet = dialogOf(page, 'API Key Details')
    const act = async (name: string) => {
      await sheet.getByRole('button', { name }).click()
      const dialog = dialogOf(page, `${name} API key`)
      await dialog.getByRole('button', { name }).click()
      await dialog.getByText('everywhere').waitFor()
      await dialog.getByRole('button', { name: 'Done' }).click()
    }
    await sheet.getByRole('button', { name: 'Would it be let in?' }).click()
    await sheet.getByRole('button', { name: 'Explain' }).click()
    await sheet.getByText('It would be let in.').waitFor()
    await act('Disable')
    await sheet.locator('.badge.disabled').waitFor()
    t.equal(await sheet.getByText('It would be let in.').count(), 0)
    await sheet.getByRole('button', { name: 'Explain' }).click()
    await sheet.getByText('It would be denied').waitFor()
    await sheet.getByRole('button', { name: 'Events' }).click()
    await sheet.getByText('Key disabled').waitFor()
    await act('Enable')
    await sheet.getByText('Key enabled').waitFor()
    await context.close()
    t.same(faults, [])
  })

  t.test('a revocation whose answer is lost is shown in the list', async (t) => {
    const { page, context, faults } = await started.signIn()
    await newKey(root, accountId, { name: 'dead', role: 'viewer' })
    await page.goto(`${url}/console/keys?name_prefix=dead`)
    await loseAnswer(page, '**/revoke?*')
    await page.getByRole('button', { name: 'Revoke dead' }).click()
    const dialog = dialogOf(page, 'Revoke API key')
    await dialog.getByRole('button', { name: 'Revoke API key' }).click()
    await dialog.getByText('No answer', { exact: true }).waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.locator('.badge.revoked').waitFor()
    await context.close()
    t.same(faults, [])
  })

  t.test('a bulk revocation whose answer is lost says what it has done', async (t) => {
    const { page, context, faults } = await started.signIn()
    for (const name of ['mass 1', 'mass 2', 'mass 3']) {
      await newKey(root, accountId, { name, role: 'viewer' })
    }
    await page.goto(`${url}/console/keys?name_prefix=mass`)
    await loseAnswer(page, '**/revoke?*', (body) => !body.includes('dry_run'))
    await page.getByRole('button', { name: 'Revoke many' }).click()
    const dialog = dialogOf(page, 'Revoke many keys')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByText('3 keys would be revoked').waitFor()
    await dialog.getByRole('textbox').fill('3')
    await dialog.getByRole('button', { name: 'Revoke these keys' }).click()
    await dialog.getByText('3 keys were to be revoked, and no answer arrived').waitFor()
    await dialog.getByText('None of them is left').waitFor()
    t.equal(await dialog.getByText('would be revoked').count(), 0)
    t.equal(await page.locator('.badge.active').count(), 0, 'the list is read again')
    await dialog.getByRole('button', { name: 'Ask all instances' }).click()
    await dialog.getByText('The first request has revoked the keys: 3 keys').waitFor()
    await dialog.getByText('Revoked everywhere').waitFor()
    await context.close()
    t.same(faults, [])
  })

  t.test('a creation whose answer is lost can be changed, and is listed', async (t) => {
    const { page, context, faults } = await started.signIn()
    await page.goto(`${url}/console/lists`)
    await loseAnswer(page, '**/allow-lists')
    await page.getByRole('button', { name: 'Create IP allow list' }).click()
    const dialog = dialogOf(page, 'Create IP Allow List')
    await dialog.getByLabel('Name', { exact: true }).fill('lost list')
    await dialog.getByLabel('IP addresses and ranges').fill('203.0.113.7')
    const create = dialog.getByRole('button', { name: 'Create', exact: true })
    await create.click()
    await dialog.getByText('An answer was lost').waitFor()
    await dialog.getByLabel('Description').fill('another')
    await create.click()
    await dialog.getByText('The name is taken').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByText('What you have typed is not saved').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('link', { name: 'lost list' }).waitFor()
    await context.close()
    t.same(faults, [])
  })

  t.test('one finding is chosen, and typed filters can be cleared', async (t) => {
    const { page, context, faults } = await started.signIn()
    await page.goto(`${url}/console/findings`)
    const tabs = page.getByRole('navigation', { name: 'Findings' })
    await tabs.getByRole('link').first().waitFor()
    t.equal(await tabs.locator('[aria-current]').count(), 1)
    await page.goto(`${url}/console/keys`)
    await page.getByText('More filters').click()
    const search = page.getByRole('searchbox', { name: 'Search names' })
    await search.fill('typed')
    await page.getByRole('link', { name: 'Clear all filters' }).click()
    t.equal(await search.inputValue(), '')
    await page.goto(`${url}/console/activity`)
    const words = page.getByRole('searchbox', { name: 'Words' })
    await words.fill('typed')
    await page.getByRole('link', { name: 'Clear', exact: true }).click()
    await page.waitForFunction("document.querySelector('[name=search]').value === ''")
    await context.close()
    t.same(faults, [])
  })

  t.test('an event names its keys, and what was said of them in words', async (t) => {
    const { page, context, faults } = await started.signIn()
    for (const name of ['named 1', 'named 2']) {
      await newKey(root, accountId, { name, role: 'viewer' })
    }
    const path = `/v1/accounts/${accountId}/api-keys/revoke`
    const reason = 'long '.repeat(150)
    await root.post(path, { filter: { name_prefix: 'named' }, reason })
    await page.goto(`${url}/console/activity?action=api_key.bulk_revoked`)
    const row = page.getByRole('row').filter({ hasText: '2 keys' })
    await row.waitFor()
    t.ok(((await row.boundingBox())?.height ?? 0) < 200, 'a long reason is cut in the list')
    await row.getByRole('link', { name: 'Key bulk revoked' }).click()
    const sheet = dialogOf(page, 'Event')
    await sheet.getByText('name prefix: named').waitFor()
    await sheet.getByRole('link', { name: 'named 2' }).click()
    await dialogOf(page, 'API Key Details').getByText('named 2').first().waitFor()
    await context.close()
    t.same(faults, [])
  })

  t.test('a narrow window shows what no other page has', async (t) => {
    const { page, context, faults } = await started.signIn(undefined, { width: 360 })
    await page.goto(`${url}/console/sessions`)
    await page.locator('dl.narrow').getByText('Ends at the latest').first().waitFor()
    await isNotWider(t, page, 'sessions')
    await context.close()
    t.same(faults, [])
  })
}
