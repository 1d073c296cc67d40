/**
 * The console in Chromium: the whole life of a key, by people who never saw curl. Where Chromium is
 * missing, a line says so, unless INTEROP=required.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { newKey } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })

if (started !== undefined) {
  const { root, accountId, canaries } = started
  const keys = `/v1/accounts/${accountId}/api-keys`

  /** Creates a key by the form, with its defaults, and returns the token that the page shows. */
  const create = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'Create API key' }).click()
    const dialog = dialogOf(page, 'Create API Key')
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
    await dialog.getByRole('button', { name: 'Generate Key' }).click()
    const token = await dialog.getByRole('textbox', { name: 'API key' }).inputValue()
    canaries.addToken(token)
    return token
  }

  t.test('a key is created with every field, shown once, and works', async (t) => {
    const { page, faults } = await started.signIn()
    await page.getByRole('button', { name: 'Create API key' }).click()
    const dialog = dialogOf(page, 'Create API Key')
    await dialog.getByLabel('Name', { exact: true }).fill('terraform')
    await dialog.getByLabel('Description').fill('Plans the clusters.')
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'admin' })
    await dialog.getByText('some of them sensitive').waitFor()
    await dialog.getByRole('spinbutton', { name: 'Number' }).fill('30')
    await dialog.getByLabel('Restrict to trusted IP addresses only').check()
    await dialog.getByRole('button', { name: 'New allow list' }).click()
    const list = dialogOf(page, 'Create IP Allow List')
    await list.getByLabel('Name', { exact: true }).fill('office')
    await list.getByRole('button', { name: 'Add Current IP Address' }).click()
    const entries = list.getByLabel('IP addresses and ranges')
    while ((await entries.inputValue()) === '') await page.waitForTimeout(20)
    await list.getByRole('button', { name: 'Create', exact: true }).click()
    t.ok(
      await dialog.getByRole('checkbox', { name: /^office/ }).isChecked(),
      'the new list is chosen',
    )
    await dialog.getByRole('button', { name: 'Add label' }).click()
    await dialog.getByLabel('Name of label 1').fill('team')
    await dialog.getByLabel('Value of label 1').fill('billing')
    await dialog.getByRole('button', { name: 'Generate Key' }).click()

    const shown = dialog.getByRole('textbox', { name: 'API key' })
    const token = await shown.inputValue()
    await dialog.getByRole('button', { name: 'For ybm and Terraform' }).click()
    let jwt = token
    while (jwt === token) jwt = await shown.inputValue()
    t.match(jwt, /^eyJ/)
    for (const one of [token, jwt]) {
      canaries.addToken(one)
      t.equal((await root.verify(one, { client_ip: '127.0.0.1' })).valid, true)
    }
    for (const name of ['curl', 'ybm', 'Terraform']) {
      const lines = await dialog.getByRole('region', { name: `Lines for ${name}` }).innerText()
      t.ok(lines.includes(jwt), name)
    }
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.getByText('You have not copied the key').waitFor()
    await dialog.getByRole('button', { name: 'Copy key' }).click()
    t.equal(await page.evaluate('navigator.clipboard.readText()'), jwt)
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'hidden' })

    const { body } = await root.get(`${keys}?name_prefix=terraform`)
    const [key] = body.api_keys
    t.match(key, { role: { name: 'admin' }, reach: 'allow_lists', metadata: { team: 'billing' } })
    t.equal(key.description, 'Plans the clusters.')
    const days = (Date.parse(key.expires_at) - Date.parse(key.created_at)) / 86_400_000
    t.ok(days > 29 && days < 31, `${days} days`)
    t.same(faults, [])
  })

  t.test('a month after the last day of a long month is the last day of a short one', async (t) => {
    const { page, faults } = await started.signIn()
    await page.clock.setFixedTime('2031-01-31T12:00:00Z')
    for (const [name, months, expected] of [
      ['one', '1', '2031-02-28T12:00:00.000Z'],
      ['two', '2', '2031-03-31T11:00:00.000Z'],
      ['thirteen', '13', '2032-02-29T12:00:00.000Z'],
    ] as const) {
      await page.getByRole('button', { name: 'Create API key' }).click()
      const dialog = dialogOf(page, 'Create API Key')
      await dialog.getByLabel('Name', { exact: true }).fill(`months ${name}`)
      await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
      await dialog.getByRole('spinbutton', { name: 'Number' }).fill(months)
      await dialog.getByRole('combobox', { name: 'Unit' }).selectOption('months')
      await dialog.getByRole('button', { name: 'Generate Key' }).click()
      await dialog.getByRole('button', { name: 'Copy key' }).click()
      await dialog.getByRole('button', { name: 'Done' }).click()
      const { body } = await root.get(`${keys}?name_prefix=months%20${name}`)
      t.equal(body.api_keys[0].expires_at, expected, `${months} months`)
    }
    t.same(faults, [])
  })

  t.test('times that changed are in the zone of the reader, with UTC beside them', async (t) => {
    const { page, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, {
      name: 'timed',
      expires_at: '2031-06-01T23:30:00Z',
    })
    await page.goto(`${started.url}/console/keys?key=${id}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = dialogOf(page, 'Edit timed')
    await dialog.getByLabel('Description').fill('Mine.')
    const body = { expires_at: '2031-07-01T23:30:00Z' }
    await root.call('PATCH', `${keys}/${id}`, { body, headers: { 'if-match': '*' } })
    await dialog.getByRole('button', { name: 'Save' }).click()
    const now = dialog.getByRole('region', { name: 'As it is now' })
    await now.getByText('2 Jul 2031, 01:30 (1 Jul, 23:30 UTC)').waitFor()
    await page.goto(`${started.url}/console/activity?resource_id=${id}&action=api_key.updated`)
    await page.getByRole('link', { name: 'Key updated' }).click()
    const event = dialogOf(page, 'Event')
    t.match(await event.locator('del').innerText(), /2 Jun 2031, 01:30\s+1 Jun, 23:30 UTC/)
    t.match(await event.locator('ins').innerText(), /2 Jul 2031, 01:30\s+1 Jul, 23:30 UTC/)
    t.same(faults, [])
  })

  t.test('a revocation shows its receipt until no instance accepts the key', async (t) => {
    const { page, faults } = await started.signIn()
    const token = await create(page, 'leaked')
    await dialogOf(page, 'Create API Key').getByRole('button', { name: 'Copy key' }).click()
    await page.getByText('✓ Copied').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Revoke leaked' }).click()
    const dialog = dialogOf(page, 'Revoke API key')
    await dialog.getByLabel('Reason').fill('found in a log')
    await dialog.getByRole('button', { name: 'Revoke API key' }).click()
    await dialog.getByText(/Revoked everywhere: 1 of 1 process, \d+ ms/).waitFor()
    t.equal((await root.verify(token)).reason, 'revoked')
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'leaked' }).click()
    const sheet = dialogOf(page, 'API Key Details')
    await sheet.getByText('found in a log').waitFor()
    t.equal(await sheet.getByRole('button', { name: /Revoke|Edit|Rotate/ }).count(), 0)
    t.same(faults, [])
  })

  t.test('a rotation leaves the previous token for an overlap', async (t) => {
    const { page, faults } = await started.signIn()
    const { token } = await newKey(root, accountId, { name: 'nightly' })
    await page.getByRole('searchbox').fill('night')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'nightly' }).click()
    await page.getByRole('button', { name: 'Rotate' }).click()
    const dialog = dialogOf(page, 'Rotate API key')
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click()
    const newer = await dialog.getByRole('textbox', { name: 'API key' }).inputValue()
    canaries.addToken(newer)
    t.equal((await root.verify(token)).valid, true, 'the previous token works before the first use')
    t.match(await root.verify(newer), { valid: true, generation: 2 })
    t.equal((await root.verify(token)).reason, 'rotated', 'and ends with it')
    t.same(faults, [])
  })

  t.test('an edit that meets another shows both versions', async (t) => {
    const { page, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, { name: 'contested' })
    await page.goto(`${started.url}/console/keys?key=${id}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = dialogOf(page, 'Edit contested')
    await dialog.getByLabel('Description').fill('Mine.')
    const headers = { 'if-match': '*' }
    await root.call('PATCH', `${keys}/${id}`, { body: { name: 'renamed' }, headers })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody has changed this key').waitFor()
    await dialog.getByRole('region', { name: 'As it is now' }).getByText('renamed').waitFor()
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await dialog.getByText('In effect everywhere').waitFor()
    t.match((await root.get(`${keys}/${id}`)).body.api_key, { description: 'Mine.' })
    t.same(faults, [])
  })

  t.test(
    'a denial is explained check by check, and the events of the key are listed',
    async (t) => {
      const { page, faults } = await started.signIn()
      const { body } = await root.get(`${keys}?name_prefix=terraform`)
      await page.goto(`${started.url}/console/keys?key=${body.api_keys[0].id}`)
      await page.getByRole('button', { name: 'Would it be let in?' }).click()
      await page.getByLabel('From the address').fill('203.0.113.9')
      await page.getByRole('button', { name: 'Explain' }).click()
      await page.getByText('It would be denied: address_not_allowed.').waitFor()
      await page.getByRole('button', { name: 'Events' }).click()
      await page.getByText('Key issued').waitFor()
      t.same(faults, [])
    },
  )
}
