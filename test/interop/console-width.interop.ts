/**
 * The rest of the console in Chromium: roles, allow lists, bulk revocation, activity, exports,
 * accounts, instances and sessions.
 */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { auditActions } from '../../src/domain/audit/audit-event.ts'
import { newKey } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })

if (started !== undefined) {
  const { root, rootToken, accountId } = started
  const account = `/v1/accounts/${accountId}`
  const description = 'one\ntwo "three\n'
  await newKey(root, accountId, { name: 'of several lines', role: 'viewer', description })

  t.test(
    'a role is created, cloned, edited with its consequences, and deleted by its name',
    async (t) => {
      const { page, faults } = await started.signIn()
      await page.getByRole('link', { name: 'Roles' }).click()
      await page.getByRole('button', { name: 'Create role' }).click()
      const form = dialogOf(page, 'Create role')
      await form.getByLabel('Name', { exact: true }).fill('deployer')
      await form.getByRole('checkbox', { name: /cluster:update/ }).check()
      await form.getByRole('button', { name: 'Create role' }).click()
      await page.getByRole('link', { name: 'deployer' }).waitFor()
      const { token } = await newKey(root, accountId, { name: 'uses it', role: 'deployer' })

      await page.reload()
      await page.getByRole('link', { name: 'deployer' }).click()
      await dialogOf(page, 'Role Details').getByRole('button', { name: 'Edit' }).click()
      const edit = dialogOf(page, 'Edit deployer')
      await edit.getByRole('checkbox', { name: /cluster:update/ }).uncheck()
      await edit.getByRole('checkbox', { name: /backup:read/ }).check()
      const change = edit.getByRole('status').filter({ hasText: /1 key[\s\S]*backup:read/ })
      t.match(await change.innerText(), /gain backup:read[\s\S]*lose .*cluster:update/)
      await edit.getByRole('button', { name: 'Save' }).click()
      await edit.getByText('In effect everywhere').waitFor()
      t.notOk((await root.verify(token)).permissions.includes('cluster:update'))
      await edit.getByRole('button', { name: 'Done' }).click()

      await page.getByRole('link', { name: 'deployer' }).click()
      await dialogOf(page, 'Role Details').getByRole('button', { name: 'Clone' }).click()
      await dialogOf(page, 'Create role').getByRole('button', { name: 'Create role' }).click()
      await page.getByRole('link', { name: 'Copy of deployer' }).click()
      await dialogOf(page, 'Role Details').getByRole('button', { name: 'Delete' }).click()
      const ask = dialogOf(page, 'Delete role')
      t.ok(await ask.getByRole('button', { name: 'Delete' }).isDisabled())
      await ask.getByRole('textbox').fill('Copy of deployer')
      await ask.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('link', { name: 'Copy of deployer' }).waitFor({ state: 'detached' })
      t.same(faults, [])
    },
  )

  t.test('an allow list shows which entry contains an address and what uses it', async (t) => {
    const { page, faults } = await started.signIn()
    await page.getByRole('link', { name: 'IP Allow Lists' }).click()
    await page.getByRole('button', { name: 'Create IP allow list' }).click()
    const form = dialogOf(page, 'Create IP Allow List')
    await form.getByLabel('Name', { exact: true }).fill('office')
    await form.getByLabel('IP addresses and ranges').fill('203.0.113.0/24, 2001:db8::/32')
    await form.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('link', { name: 'office' }).click()
    const sheet = dialogOf(page, 'IP Allow List Details')
    for (const [address, entry] of [
      ['203.0.113.9', '203.0.113.0/24'],
      ['2001:db8:0:1::7', '2001:db8::/32'],
    ] as const) {
      await sheet.getByRole('textbox').fill(address)
      await sheet
        .getByRole('listitem')
        .filter({ hasText: `${entry} ✓ contains it` })
        .waitFor()
    }
    await sheet.getByRole('textbox').fill('198.51.100.1')
    await sheet.getByText('No entry contains it.').waitFor()
    t.equal(await sheet.getByText('✓ contains it').count(), 0)
    const { body } = await root.get(`${account}/allow-lists`)
    const lists = { allow_list_ids: [body.allow_lists[0].id] }
    const { token } = await newKey(root, accountId, { ...lists, name: 'restricted' })
    await page.reload()
    await page.getByRole('cell', { name: '1 key', exact: true }).waitFor()
    await page.getByRole('link', { name: 'office' }).click()
    await sheet.getByRole('button', { name: 'Edit' }).click()
    const edit = dialogOf(page, 'Edit office')
    await edit.getByLabel('IP addresses and ranges').fill('198.51.100.1')
    await edit.getByRole('button', { name: 'Save' }).click()
    await edit.getByText('In effect everywhere').waitFor()
    t.equal((await root.verify(token, { client_ip: '203.0.113.9' })).valid, false)
    t.same(faults, [])
  })

  t.test('many keys are revoked after a preview, and the log tells of it', async (t) => {
    const tokens: string[] = []
    for (const name of ['batch 1', 'batch 2', 'batch 3']) {
      tokens.push((await newKey(root, accountId, { name, role: 'viewer' })).token)
    }
    const { page, faults } = await started.signIn()
    await page.getByRole('button', { name: 'Revoke many' }).click()
    const dialog = dialogOf(page, 'Revoke many keys')
    await dialog.getByLabel('Name begins with').fill('batch')
    await dialog.getByLabel('Reason').fill('contract ended')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByText('3 keys would be revoked').waitFor()
    t.equal((await root.verify(tokens[0] ?? '')).valid, true, 'the preview revokes nothing')
    await dialog.getByRole('textbox').fill('3')
    await dialog.getByRole('button', { name: 'Revoke these keys' }).click()
    await dialog.getByText('Revoked everywhere').waitFor()
    for (const token of tokens) t.equal((await root.verify(token)).reason, 'revoked')
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByLabel('What').selectOption('api_key.bulk_revoked')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'Key bulk revoked' }).click()
    await dialogOf(page, 'Event').getByText('contract ended').waitFor()
    t.match(page.url(), /action=api_key\.bulk_revoked/)
    t.same(faults, [])
  })

  for (const [view, format, least] of [
    ['keys', 'CSV', 4],
    ['activity', 'NDJSON', 4],
    ['roles', 'CSV', 3],
    ['lists', 'NDJSON', 1],
    ['accounts', 'CSV', 2],
    ['users', 'NDJSON', 0],
  ] as const) {
    t.test(`the list of ${view} is saved as ${format}, with its count`, async (t) => {
      const path = `/console/${view}?account=${accountId}`
      const { page, faults } = await started.signIn(rootToken, { path })
      await page.getByRole('button', { name: 'Export' }).click()
      const dialog = dialogOf(page, 'Export')
      await dialog.getByRole('radio', { name: new RegExp(`^${format}`) }).check()
      const saved = page.waitForEvent('download')
      await dialog.getByRole('button', { name: 'Export' }).click()
      const text = await readFile(await (await saved).path(), 'utf8')
      const lines = text.trimEnd().split(format === 'CSV' ? '\r\n' : '\n')
      const count = lines.length - 1
      await dialog.getByText(`${count} ${count === 1 ? 'entry' : 'entries'} saved.`).waitFor()
      t.ok(count >= least)
      t.same(faults, [])
    })
  }

  t.test('the log is searched by words and by an address, further back if need be', async (t) => {
    const { page, faults } = await started.signIn()
    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByRole('link', { name: 'session', exact: true }).first().waitFor()
    await page.getByLabel('Words').fill('CONTRACT')
    await page.getByLabel('Address').fill('127.0.0.1')
    await page.route(/audit-events\?/, async (route) => {
      const url = new URL(route.request().url())
      if (!url.searchParams.has('cursor')) {
        return route.fulfill({ json: { audit_events: [], next_cursor: 'further' } })
      }
      url.searchParams.delete('cursor')
      return route.continue({ url: url.href })
    })
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: 'Key bulk revoked' }).waitFor()
    t.match(page.url(), /search=CONTRACT&client_ip=127\.0\.0\.1/)
    t.same(faults, [])
  })

  t.test('the log is filtered by any of its actions', async (t) => {
    const { page, faults } = await started.signIn(rootToken)
    await page.getByRole('link', { name: 'Activity' }).click()
    await page.locator('select[name=action]').waitFor()
    const offered: string[] = await page.evaluate(
      "[...document.querySelectorAll('select[name=action] option')].map(({ value }) => value)",
    )
    t.same(offered.sort(), ['', ...auditActions].sort())
    t.same(faults, [])
  })

  t.test('an operator creates, renames and opens accounts, and sees the instances', async (t) => {
    const { page, faults } = await started.signIn(rootToken)
    await page.getByRole('main').getByRole('link', { name: 'Accounts' }).click()
    await page.getByRole('button', { name: 'Create account' }).click()
    await dialogOf(page, 'Create account').getByLabel('Name').fill('Globex')
    await dialogOf(page, 'Create account').getByRole('button', { name: 'Create' }).click()
    await page.getByRole('button', { name: 'Rename Globex' }).click()
    await dialogOf(page, 'Rename Globex').getByLabel('Name').fill('Globex Inc.')
    await dialogOf(page, 'Rename Globex').getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('link', { name: 'Globex Inc.' }).click()
    await page.getByText('No API keys yet').waitFor()
    t.match(page.url(), /account=/)
    await page.getByRole('link', { name: 'Roles' }).click()
    await page.getByRole('cell', { name: 'Built-in' }).first().waitFor()
    t.match(page.url(), /account=/, 'the account stays open from view to view')
    await page.getByRole('link', { name: 'Instances' }).click()
    await page.getByText('up to date').waitFor()
    await page.getByRole('cell', { name: /^\d+ ms ago$/ }).waitFor()
    t.same(faults, [])
  })

  t.test('a session in another browser is ended, with its receipt', async (t) => {
    const { page, faults } = await started.signIn()
    const other = await started.signIn()
    await page.getByRole('link', { name: 'My Sessions' }).click()
    await page.getByText('this one').waitFor()
    await page.getByRole('button', { name: 'End', exact: true }).first().click()
    await page.getByText(/Ended everywhere: 1 of 1 process, \d+ ms/).waitFor()
    await other.page.getByRole('link', { name: 'Roles' }).click()
    await other.page.getByText('Your session has ended').waitFor()
    t.equal(await other.page.locator('table').count(), 0)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'End and sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    t.same([...faults, ...other.faults], [])
  })

  t.test('a sensitive act asks for the key again, and goes on when it is given', async (t) => {
    const { page, faults } = await started.signIn()
    started.clock.offsetMs = 11 * 60_000
    t.teardown(() => {
      started.clock.offsetMs = 0
    })
    await page.getByRole('button', { name: 'Create API key' }).click()
    const form = dialogOf(page, 'Create API Key')
    await form.getByLabel('Name', { exact: true }).fill('second administrator')
    await form.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'admin' })
    await form.getByRole('button', { name: 'Generate Key' }).click()
    const question = dialogOf(page, 'Give your key again')
    await question.getByRole('textbox', { name: 'API key Anna, administrator' }).fill(rootToken)
    await question.getByRole('button', { name: 'Go on' }).click()
    await question.getByRole('alert').waitFor()
    await question.getByRole('textbox', { name: 'API key' }).fill(started.token)
    await question.getByRole('button', { name: 'Go on' }).click()
    const token = await form.getByRole('textbox', { name: 'API key' }).inputValue()
    started.canaries.addToken(token)
    t.equal((await root.verify(token)).valid, true)
    t.same(faults, [])
  })
}
