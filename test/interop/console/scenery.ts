import type { Page } from 'playwright-core'
import { newAllowList, newKey, newRole } from '../../helpers/fixtures.ts'
import type { Console } from './browser.ts'

/** A dialog of the console: its name, the view that opens it, and the buttons to select there. */
export type DialogPath = readonly [name: string, path: string, buttons: readonly string[]]

export const views = [
  { name: 'keys', heading: 'API Keys' },
  { name: 'findings', heading: 'Findings' },
  { name: 'roles', heading: 'Roles' },
  { name: 'lists', heading: 'IP Allow Lists' },
  { name: 'activity', heading: 'Activity' },
  { name: 'sessions', heading: 'My Sessions' },
  { name: 'profile', heading: 'Profile' },
] as const

export const viewsOfOperators = [
  { name: 'accounts', heading: 'Accounts' },
  { name: 'instances', heading: 'Instances' },
] as const

export const dialogsOfOperators: readonly DialogPath[] = [
  ['create-account', 'accounts', ['Create account']],
  ['rename-account', 'accounts', ['Rename']],
]

/** Makes something of each kind, and returns the dialogs that show it. */
export async function furnish({ root, accountId }: Console): Promise<readonly DialogPath[]> {
  const list = await newAllowList(root, accountId, ['203.0.113.0/24', '2001:db8::/32'], 'office')
  const free = await newAllowList(root, accountId, ['198.51.100.1'], 'unused')
  await newRole(root, accountId, 'deployer', ['cluster:read', 'cluster:update'])
  const unused = await newRole(root, accountId, 'unused', ['cluster:read'])
  const { id } = await newKey(root, accountId, { name: 'ci deploy', allow_list_ids: [list] })
  await newKey(root, accountId, { name: 'etl', role: 'viewer', expires_at: '2027-06-01T00:00:00Z' })
  const { id: live } = await newKey(root, accountId, { name: 'live', role: 'viewer' })
  const { id: old } = await newKey(root, accountId, { name: 'old laptop', role: 'deployer' })
  await root.post(`/v1/accounts/${accountId}/api-keys/${old}/revoke`, { reason: 'stolen' })
  await root.post(`/v1/accounts/${accountId}/api-keys/${id}/disable`)
  return [
    ['create', 'keys', ['Create API key']],
    ['many', 'keys', ['Revoke many']],
    ['export', 'keys', ['Export']],
    ['revoke', 'keys', ['Revoke etl']],
    ['details', `keys?key=${id}`, ['Would it be let in?', 'Explain']],
    ['edit', `keys?key=${id}`, ['Edit']],
    ['rotate', `keys?key=${id}`, ['Rotate']],
    ['create-role', 'roles', ['Create role']],
    ['create-list', 'lists', ['Create IP allow list']],
    ['enable', `keys?key=${id}`, ['Enable']],
    ['disable', `keys?key=${live}`, ['Disable']],
    ['events', `keys?key=${id}`, ['Events']],
    ['revocation', `keys?key=${old}`, ['Is it dead everywhere?']],
    ['role', `roles?role=${unused}`, []],
    ['clone-role', `roles?role=${unused}`, ['Clone']],
    ['edit-role', `roles?role=${unused}`, ['Edit']],
    ['delete-role', `roles?role=${unused}`, ['Delete']],
    ['list', `lists?list=${list}`, []],
    ['edit-list', `lists?list=${list}`, ['Edit']],
    ['delete-list', `lists?list=${free}`, ['Delete']],
    ['export-log', 'activity', ['Export']],
  ]
}

/** Opens a view and waits until it shows what it has. */
export async function openView(page: Page, url: string, name: string, heading: string) {
  await page.goto(`${url}/console/${name}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await page.locator('main .loading').waitFor({ state: 'hidden' })
  await page.locator('table, .empty').first().waitFor()
}

/** Opens a dialog and waits until it shows what it has. */
export async function openDialogOf(page: Page, url: string, [, path, buttons]: DialogPath) {
  await page.goto(`${url}/console/${path}`)
  await page.locator('table').first().waitFor()
  for (const button of buttons) await page.getByRole('button', { name: button }).last().click()
  await page.locator('dialog[open]').last().locator('form, dl').first().waitFor()
}
