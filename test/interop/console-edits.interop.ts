/**
 * Two people who edit one key, role or allow list in the console: nobody puts back what the other
 * has changed, and both versions are shown by their names.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)
const columnOf = (page: Page, name: string) => page.getByRole('region', { name })

if (started !== undefined) {
  const { root, accountId, url } = started
  const account = `/v1/accounts/${accountId}`
  const update = (path: string, body: object) =>
    root.call('PATCH', path, { body, headers: { 'if-match': '*' } })

  /** Opens the form that edits something, and describes it there. */
  const describe = async (page: Page, path: string, name: string) => {
    await page.goto(`${url}/console/${path}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    const dialog = page.getByRole('dialog', { name: `Edit ${name}` })
    await dialog.getByLabel('Description').fill('Mine.')
    return dialog
  }

  t.test('an edit of a key keeps the allow list that somebody else has given it', async (t) => {
    const { page, faults } = await started.signIn()
    const office = await newAllowList(root, accountId, ['203.0.113.0/24'], 'office')
    const tunnel = await newAllowList(root, accountId, ['198.51.100.7'], 'tunnel')
    const cellar = await newAllowList(root, accountId, ['198.51.100.8'], 'cellar')
    const lists = { allow_list_ids: [office], metadata: { team: 'a', tier: '1' } }
    const { id } = await newKey(root, accountId, { ...lists, name: 'guarded', role: 'viewer' })
    const dialog = await describe(page, `keys?key=${id}`, 'guarded')
    await dialog.getByRole('checkbox', { name: /^cellar/ }).check()
    await dialog.getByLabel('Value of label 1').fill('b')
    const theirs = { name: 'theirs', allow_list_ids: [tunnel], metadata: { team: 'a', tier: '2' } }
    await update(`${account}/api-keys/${id}`, theirs)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody has changed this key').waitFor()
    await columnOf(page, 'As it is now').getByText('tunnel', { exact: true }).waitFor()
    const mine = columnOf(page, 'As you want it')
    await mine.getByText('cellar, tunnel').waitFor()
    await mine.getByText('team: b, tier: 2').waitFor()
    await mine.getByText('theirs').waitFor()
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await dialog.getByText('In effect everywhere').waitFor()
    const { api_key: key } = (await root.get(`${account}/api-keys/${id}`)).body
    t.match(key, { name: 'theirs', description: 'Mine.', metadata: { team: 'b', tier: '2' } })
    t.same(key.allow_list_ids.toSorted(), [tunnel, cellar].toSorted())
    t.same(faults, [])
  })

  t.test('the console says that a second read failed, and keeps the form', async (t) => {
    const { page, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, { name: 'stuck', role: 'viewer' })
    const dialog = await describe(page, `keys?key=${id}`, 'stuck')
    await update(`${account}/api-keys/${id}`, { metadata: { by: 'others' } })
    await page.route(`**/api-keys/${id}`, (route) => route.abort(), { times: 1 })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('No answer arrived').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody has changed this key').waitFor()
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await dialog.getByText('In effect everywhere').waitFor()
    const { body } = await root.get(`${account}/api-keys/${id}`)
    t.match(body.api_key, { description: 'Mine.', metadata: { by: 'others' } })
    t.same(faults, [])
  })

  t.test('an edit whose answer is lost is recognized as made', async (t) => {
    const { page, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, { name: 'made', role: 'viewer' })
    const dialog = await describe(page, `keys?key=${id}`, 'made')
    let isLost = false
    await page.route(`**/api-keys/${id}?*`, async (route) => {
      if (isLost) return route.fallback()
      isLost = true
      await route.fetch()
      return route.abort()
    })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('No answer arrived').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('The key already is as you want it').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    t.same(faults, [])
  })

  t.test('an edit of an allow list keeps the entries of somebody else', async (t) => {
    const { page, faults } = await started.signIn()
    const id = await newAllowList(root, accountId, ['192.0.2.1', '192.0.2.2'], 'shared')
    const path = `${account}/allow-lists/${id}`
    const dialog = await describe(page, `lists?list=${id}`, 'shared')
    await root.patch(path, { entries: ['192.0.2.2', '192.0.2.3'] })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody has changed this allow list').waitFor()
    await columnOf(page, 'As you want it').getByText('192.0.2.2, 192.0.2.3').waitFor()
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await dialog.getByText('In effect everywhere').waitFor()
    t.match((await root.get(path)).body.allow_list, {
      description: 'Mine.',
      entries: ['192.0.2.2', '192.0.2.3'],
    })
    await dialog.getByRole('button', { name: 'Done' }).click()

    // What both have changed.
    const both = await describe(page, `lists?list=${id}`, 'shared')
    await both.getByLabel('IP addresses and ranges').fill('192.0.2.2, 192.0.2.4')
    await root.patch(path, { entries: ['192.0.2.2', '192.0.2.3', '192.0.2.5'] })
    await both.getByRole('button', { name: 'Save' }).click()
    await both.getByRole('button', { name: 'Save mine' }).click()
    await both.getByText('In effect everywhere').waitFor()
    t.same((await root.get(path)).body.allow_list.entries, ['192.0.2.2', '192.0.2.5', '192.0.2.4'])
    t.same(faults, [])
  })

  t.test('an edit of a role keeps the permissions of somebody else', async (t) => {
    const { page, faults } = await started.signIn()
    const id = await newRole(root, accountId, 'operator', ['cluster:read'])
    const path = `${account}/roles/${id}`
    const dialog = await describe(page, `roles?role=${id}`, 'operator')
    await dialog.getByRole('checkbox', { name: /backup:read/ }).check()
    await root.put(path, { name: 'operator', permissions: ['cluster:update'] })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody has changed this role').waitFor()
    await columnOf(page, 'As it is now').getByText('cluster:update').waitFor()
    await dialog.getByRole('status').getByText('gain backup:read').waitFor()
    await dialog.getByRole('button', { name: 'Keep it as it is now' }).click()
    t.same((await root.get(path)).body.role.permissions, ['cluster:update'])

    const again = await describe(page, `roles?role=${id}`, 'operator')
    await root.put(path, { name: 'operator', permissions: ['cluster:read'] })
    await again.getByRole('button', { name: 'Save' }).click()
    await again.getByRole('button', { name: 'Save mine' }).click()
    await again.getByText('In effect everywhere').waitFor()
    t.match((await root.get(path)).body.role, {
      description: 'Mine.',
      permissions: ['cluster:read'],
    })
    t.same(faults, [])
  })
}
