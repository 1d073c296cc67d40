/**
 * The console when people and their browsers do what was not expected: addresses with nonsense in
 * them, two windows of one browser, links in an open window, modules that do not arrive, and lists
 * that are longer than one answer.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)

if (started !== undefined) {
  const { root, accountId, url, token } = started
  const account = `/v1/accounts/${accountId}`
  const office = await newAllowList(root, accountId, ['203.0.113.0/24'], 'office')
  await newKey(root, accountId, { name: 'legacy a', role: 'viewer', allow_list_ids: [office] })
  await newKey(root, accountId, { name: 'other b', role: 'viewer' })

  t.test(
    'the console reports or ignores nonsense in the address, and loads nothing for ever',
    async (t) => {
      const { page, faults } = await started.signIn()
      for (const path of [
        'keys?expires_before=garbage',
        'keys?last_used_before=x&sort=nothing',
        'activity?created_from=garbage',
        'keys?key=..%2Froles',
        'keys?account=..%2Fme',
        'roles?role=..%2F..',
        'lists?list=%2e%2e',
        'findings?finding=nothing&cursor=x',
      ]) {
        await page.goto(`${url}/console/${path}`)
        await page.locator('.problem, .empty, table').first().waitFor()
        await page.locator('.loading').first().waitFor({ state: 'hidden' })
      }
      for (const path of ['constructor', '__proto__', 'nothing', 'keys/']) {
        await page.goto(`${url}/console/${path}`)
        await page.getByRole('heading', { level: 1, name: 'API Keys' }).waitFor()
      }
      await page.goto(`${url}/console/`)
      await page.getByRole('heading', { level: 1, name: 'API Keys' }).waitFor()
      t.same(faults, [])
    },
  )

  t.test('the console refuses a year of five digits in words', async (t) => {
    const { page, faults } = await started.signIn()
    await page.goto(`${url}/console/keys?name_prefix=legacy`)
    await page.locator('input[name=expires_before]').fill('12345-01-01T00:00')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.locator('main .problem').waitFor()
    t.same(faults, [])
  })

  t.test('the console says when something else answers in place of the service', async (t) => {
    const { page, faults } = await started.signIn()
    await page.route('**/api-keys?*', (route) =>
      route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Log in to the WiFi</h1>' }),
    )
    await page.goto(`${url}/console/keys`)
    await page.getByText('Something answered that is not the service.').waitFor()
    t.same(faults, [])
  })

  t.test('the console says when a module of it cannot be loaded', async (t) => {
    const { page } = await started.signIn()
    for (const name of ['Create API key', 'Revoke many …', 'Export …', 'Revoke legacy a']) {
      await page.goto(`${url}/console/keys`)
      await page.getByRole('button', { name, exact: true }).waitFor()
      await page.route('**/console/assets/**', (route) => route.abort())
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByText('That did not work.').first().waitFor()
      await page.unroute('**/console/assets/**')
    }
    t.pass('each says so')
  })

  t.test('a window says when another one has signed out, then shows the next reader', async (t) => {
    const bob = await newKey(root, accountId, { name: 'Bob' })
    const { page, context } = await started.signIn()
    const other = await context.newPage()
    await other.goto(`${url}/console`)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await signInBy(other, bob.token)
    await page.getByText('You have signed out in another tab.').waitFor()
    t.equal(await page.getByRole('button', { name: 'Create API key' }).count(), 0)
    await page.reload()
    await page.locator('.who', { hasText: 'Bob' }).waitFor()
  })

  t.test('a sign-in link opened in a window that shows the console signs in', async (t) => {
    const { page } = await started.open()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.evaluate("location.hash = '#sign-in=nothing'")
    await page.getByText('This link signs you in').waitFor()
    t.equal(page.url(), `${url}/console`, 'the secret has left the address')
  })

  t.test('a session that could not be ended goes on, and says so', async (t) => {
    const { page } = await started.signIn()
    await page.goto(`${url}/console/sessions`)
    await page.getByRole('button', { name: 'End and sign out' }).waitFor()
    await page.route('**/v1/session', (route) => route.abort())
    await page.getByRole('button', { name: 'End and sign out' }).click()
    await page.getByText('You are still signed in').first().waitFor()
    await page.unroute('**/v1/session')
    await page.getByRole('button', { name: 'End and sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    t.pass('it says so, and ends at the second attempt')
  })

  t.test('My Sessions leads to the sign-in when the session has ended elsewhere', async (t) => {
    const { page, context } = await started.signIn()
    await page.goto(`${url}/console/sessions`)
    await page.getByRole('button', { name: 'End and sign out' }).waitFor()
    await context.clearCookies()
    await page.getByRole('link', { name: 'API Keys' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    const again = await started.signIn()
    await again.page.goto(`${url}/console/keys`)
    await again.page.locator('tbody tr').first().waitFor()
    await again.context.clearCookies()
    await again.page.getByRole('link', { name: 'My Sessions' }).click()
    await again.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    t.pass('both ways')
  })

  t.test('Revoke many says which filters it leaves out, and keeps what was typed', async (t) => {
    const { page } = await started.signIn()
    await page.goto(`${url}/console/keys?search=legacy&role=viewer`)
    await page.getByRole('button', { name: 'Revoke many …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Revoke many keys' })
    await dialog.getByText('Not filled in').waitFor()
    t.match(await dialog.textContent(), /no such condition: the search\./)
    await dialog.getByLabel('Reason').fill('they have left')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByText('2 keys').waitFor()
    await dialog.getByRole('button', { name: 'Back' }).click()
    t.equal(await dialog.getByLabel('Reason').inputValue(), 'they have left')
    t.equal(await dialog.getByLabel('Role').inputValue(), 'viewer')
    await dialog.getByLabel('Role').fill('')
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByText('Give at least one condition.').waitFor()
  })

  t.test('the keys that use an allow list are a link away', async (t) => {
    const { page } = await started.signIn()
    await page.goto(`${url}/console/lists?list=${office}`)
    await page.getByRole('dialog').getByRole('link', { name: '1 key' }).click()
    await page.getByRole('link', { name: 'legacy a', exact: true }).waitFor()
    t.equal(await page.locator('tbody tr').count(), 1)
  })

  t.test('a fault of an entry names the entry as people count', async (t) => {
    const { page, faults } = await started.signIn()
    await page.goto(`${url}/console/lists`)
    await page.getByRole('button', { name: 'Create IP allow list' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('with a range')
    await dialog.getByLabel(/^IP addresses/).fill('203.0.113.7\n10.1.2.3/8')
    await dialog.getByRole('button', { name: 'Create', exact: true }).click()
    t.match(await dialog.locator('.problem li').innerText(), /^entries, number 2 The address/)
    t.same(faults, [])
  })

  t.test('a list says when no entry contains an address, and what is no address', async (t) => {
    const mapped = await newAllowList(root, accountId, ['::ffff:10.0.0.0/104'], 'mapped')
    const { page, faults } = await started.signIn()
    await page.goto(`${url}/console/lists?list=${mapped}`)
    const dialog = page.getByRole('dialog')
    const said = dialog.getByRole('status')
    for (const [address, words] of [
      ['10.1.2', 'Write one whole IPv4 or IPv6 address.'],
      ['10.0.0.0/8', 'Write one whole IPv4 or IPv6 address.'],
      ['11.0.0.1', 'No entry contains it.'],
    ] as const) {
      await dialog.getByLabel('Which entry contains this address?').fill(address)
      await said.filter({ hasText: words }).waitFor()
      t.equal(await said.innerText(), words, address)
    }
    await dialog.getByLabel('Which entry contains this address?').fill('10.1.2.3')
    await dialog.getByText('✓ contains it').waitFor()
    t.equal(await said.innerText(), '')
    t.same(faults, [])
  })

  t.test('events are filtered by what stands in the table', async (t) => {
    const { page } = await started.signIn()
    await page.goto(`${url}/console/activity`)
    await page.getByRole('cell', { name: 'other b' }).getByRole('link').first().click()
    await page.waitForURL(/resource_id=/)
    await page.locator('tbody:not(:has(tr + tr)) > tr').waitFor()
    t.equal(await page.locator('tbody tr').count(), 1)
  })

  t.test('a token in the search stands alone', async (t) => {
    const { page } = await started.signIn()
    const hint = token.slice(0, 'aeon_'.length + 22)
    await page.goto(`${url}/console/keys?status=revoked&search=${hint}`)
    await page.getByRole('link', { name: 'Anna, administrator', exact: true }).waitFor()
    t.notMatch(page.url(), /status=/)
    t.equal(await page.getByRole('button', { name: 'Export …' }).count(), 0)
  })

  t.test('the console replaces a token in the address by its hint', async (t) => {
    const { page, faults } = await started.signIn()
    const hint = token.slice(0, 'aeon_'.length + 22)
    for (const name of ['search', 'name_prefix']) {
      await page.goto(`${url}/console/keys?${name}=${token}&sort=name`)
      await page.locator('table, .empty').first().waitFor()
      t.equal(page.url(), `${url}/console/keys?${name}=${hint}&sort=name`)
      t.equal(await page.locator(`input[name=${name}]`).inputValue(), hint)
    }
    t.same(faults, [])
  })

  t.test('an edit loses no label without a name, and none with the name of another', async (t) => {
    const { page, faults } = await started.signIn()
    await page.goto(`${url}/console/keys`)
    await page.getByRole('button', { name: 'Create API key' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Create API Key' })
    await dialog.getByLabel('Name', { exact: true }).fill('labelled')
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
    const generate = dialog.getByRole('button', { name: 'Generate Key' })
    for (let label = 0; label < 3; label += 1) {
      await dialog.getByRole('button', { name: 'Add label' }).click()
    }
    await dialog.getByLabel('Value of label 1').fill('billing')
    await dialog.getByText('Give the label with the value billing a name.').waitFor()
    t.equal(await generate.isEnabled(), false)
    await dialog.getByLabel('Name of label 1').fill('team')
    await dialog.getByLabel('Name of label 2').fill(' team ')
    await dialog.getByText('Two labels have the name team.').waitFor()
    t.equal(await generate.isEnabled(), false)
    await dialog.getByLabel('Name of label 2').fill('stage')
    await generate.click()
    const made = dialog.locator('dl')
    await made.getByText('billing').waitFor()
    t.equal(await made.getByText('stage').count(), 1)
    t.same(faults, [])
  })

  t.test('later pages of hygiene findings keep their tabs and the way back', async (t) => {
    for (let index = 0; index < 60; index += 1) await newKey(root, accountId, { name: `f${index}` })
    const { page } = await started.signIn()
    await page.goto(`${url}/console/findings?finding=never_used`)
    await page.getByRole('link', { name: 'Next page' }).click()
    await page.getByRole('link', { name: 'First page' }).waitFor()
    t.equal(await page.getByRole('navigation', { name: 'Findings' }).getByRole('link').count(), 6)
    await page.getByRole('link', { name: 'Never used', exact: true }).waitFor()
  })

  t.test('every role and allow list can be chosen, however many there are', async (t) => {
    for (let index = 0; index < 205; index += 1) {
      await newRole(root, accountId, `a${String(index).padStart(3, '0')}`, ['cluster:read'])
    }
    const { page } = await started.signIn()
    await page.goto(`${url}/console/keys`)
    await page.getByRole('button', { name: 'Create API key' }).first().click()
    const roles = page.getByRole('dialog').getByRole('combobox', { name: 'Role' })
    await roles.selectOption({ label: 'viewer' })
    const { body } = await root.get(`${account}/roles?limit=200`)
    t.ok((await roles.locator('option').count()) > body.roles.length)
  })
}

async function signInBy(page: Page, token: string): Promise<void> {
  await page.getByRole('textbox', { name: 'API key' }).fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Console' }).waitFor()
}
