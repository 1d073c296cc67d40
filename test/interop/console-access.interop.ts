/**
 * The console for everybody: axe-core on every view and dialog, light and dark, wide and narrow;
 * the story of a key by the keyboard alone; and the pictures of docs/console.md, which
 * SCREENSHOTS=write makes anew.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startConsole, violationsOf } from './console/browser.ts'

t.setTimeout(900_000)
const started = await startConsole(t)
const pictures = join(import.meta.dirname, '../../docs/console')
/** The views and dialogs that docs/console.md shows. */
const inDocs = ['keys', 'create', 'details', 'revoke', 'roles', 'activity']

const views = [
  { name: 'keys', heading: 'API Keys' },
  { name: 'findings', heading: 'Findings' },
  { name: 'roles', heading: 'Roles' },
  { name: 'lists', heading: 'IP Allow Lists' },
  { name: 'activity', heading: 'Activity' },
  { name: 'sessions', heading: 'My Sessions' },
]
const ofOperators = [
  { name: 'accounts', heading: 'Accounts' },
  { name: 'instances', heading: 'Instances' },
]

if (started !== undefined) {
  const { root, rootToken, accountId, url } = started
  const list = await newAllowList(root, accountId, ['203.0.113.0/24', '2001:db8::/32'], 'office')
  await newRole(root, accountId, 'deployer', ['cluster:read', 'cluster:update'])
  const unused = await newRole(root, accountId, 'unused', ['cluster:read'])
  const { id } = await newKey(root, accountId, { name: 'ci deploy', allow_list_ids: [list] })
  await newKey(root, accountId, { name: 'etl', role: 'viewer', expires_at: '2027-06-01T00:00:00Z' })
  const { id: old } = await newKey(root, accountId, { name: 'old laptop', role: 'deployer' })
  await root.post(`/v1/accounts/${accountId}/api-keys/${old}/revoke`, { reason: 'stolen' })
  await root.post(`/v1/accounts/${accountId}/api-keys/${id}/disable`)

  const settled = async (page: Page, heading: string) => {
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.locator('main .loading').waitFor({ state: 'hidden' })
    await page.locator('table, .empty').first().waitFor()
  }
  const picture = async (page: Page, name: string, colorScheme: string) => {
    if (process.env.SCREENSHOTS !== 'write' || !inDocs.includes(name)) return
    await mkdir(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) })
  }

  /** The dialogs, each by the buttons that open it from the list of keys. */
  const dialogs: readonly (readonly [string, string, readonly string[]])[] = [
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
    ['events', `keys?key=${id}`, ['Events']],
    ['revocation', `keys?key=${old}`, ['Is it dead everywhere?']],
    ['role', `roles?role=${unused}`, []],
    ['edit-role', `roles?role=${unused}`, ['Edit']],
    ['delete-role', `roles?role=${unused}`, ['Delete']],
    ['list', `lists?list=${list}`, []],
    ['edit-list', `lists?list=${list}`, ['Edit']],
  ]

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      t.test(`axe finds nothing at ${width} px, ${colorScheme}`, async (t) => {
        const gate = await started.open({ width, colorScheme })
        await gate.page.getByRole('heading', { name: 'Sign in' }).waitFor()
        t.same(await violationsOf(gate.page), [], 'sign-in')
        const { page, faults } = await started.signIn(undefined, { width, colorScheme })
        for (const { name, heading } of views) {
          await page.goto(`${url}/console/${name}`)
          await settled(page, heading)
          t.same(await violationsOf(page), [], name)
          await isNotWider(t, page, name)
          if (width === 1280) await picture(page, name, colorScheme)
        }
        for (const [name, path, buttons] of dialogs) {
          await page.goto(`${url}/console/${path}`)
          await page.locator('table').first().waitFor()
          for (const button of buttons) {
            await page.getByRole('button', { name: button }).last().click()
          }
          await page.locator('dialog[open]').last().locator('form, dl').first().waitFor()
          t.same(await violationsOf(page), [], `dialog ${name}`)
          if (width === 1280) await picture(page, name, colorScheme)
        }
        await page.goto(`${url}/console/activity`)
        await page.getByRole('link', { name: 'Key issued' }).first().click()
        await page.locator('dialog[open] dl').first().waitFor()
        t.same(await violationsOf(page), [], 'event')
        for (const [role, shown] of [
          ['viewer', page.getByText('displayed one time')],
          ['admin', page.getByRole('dialog', { name: 'Give your key again' })],
        ] as const) {
          await page.goto(`${url}/console/keys`)
          await page.getByRole('button', { name: 'Create API key' }).click()
          const dialog = page.getByRole('dialog', { name: 'Create API Key' })
          await dialog
            .getByLabel('Name', { exact: true })
            .fill(`${role} ${width} px, ${colorScheme}`)
          await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: role })
          // Long after the key was given.
          if (role === 'admin') started.clock.offsetMs = 11 * 60_000
          await dialog.getByRole('button', { name: 'Generate Key' }).click()
          await shown.waitFor()
          t.same(await violationsOf(page), [], `dialog after ${role}`)
          await isNotWider(t, page, `dialog after ${role}`)
          started.clock.offsetMs = 0
        }
        t.same(faults, [])
        const operator = await started.signIn(rootToken, { width, colorScheme })
        for (const { name, heading } of ofOperators) {
          await operator.page.goto(`${url}/console/${name}`)
          await settled(operator.page, heading)
          t.same(await violationsOf(operator.page), [], name)
        }
        await operator.page.goto(`${url}/console/accounts`)
        await operator.page.getByRole('button', { name: 'Create account' }).click()
        await operator.page.locator('dialog[open] form').waitFor()
        t.same(await violationsOf(operator.page), [], 'dialog create-account')
        for (const { context } of [gate, operator]) await context.close()
      })
    }
  }

  t.test(
    'the story of a key is told by the keyboard alone, and the focus is never lost',
    async (t) => {
      const { page, faults } = await started.open()
      const press = async (...keys: readonly string[]) => {
        for (const key of keys) await page.keyboard.press(key)
      }
      /** Presses Tab until what has the focus has this name. */
      const reach = async (name: RegExp) => {
        for (let tabs = 0; tabs < 80; tabs += 1) {
          if (name.test(await nameOfFocus(page))) return
          await press('Tab')
        }
        t.fail(`${name} cannot be reached`)
      }
      await page.getByRole('textbox', { name: 'API key' }).waitFor()
      await page.keyboard.type(started.token)
      await press('Enter')
      await page.locator('table').waitFor()
      await reach(/^Create API key/)
      await press('Enter')
      await page.getByRole('dialog').getByLabel('Description').waitFor()
      await reach(/^Name/)
      await page.keyboard.type('by keyboard')
      await reach(/^Role/)
      await page.keyboard.type('viewer')
      await reach(/^Generate Key/)
      await press('Enter')
      await page.getByText('displayed one time').waitFor()
      await reach(/^Copy key/)
      await press('Enter')
      await page.getByText('✓ Copied').waitFor()
      await reach(/^Done/)
      await press('Enter')
      await page.getByRole('link', { name: 'by keyboard' }).waitFor()
      t.not(await nameOfFocus(page), '', 'the focus is somewhere after the dialog')
      await reach(/^by keyboard/)
      await press('Enter')
      await page.getByRole('dialog', { name: 'API Key Details' }).getByText('Key id').waitFor()
      await reach(/^Revoke API key/)
      await press('Enter')
      await page.getByRole('dialog', { name: 'Revoke API key' }).waitFor()
      await page.keyboard.type('over')
      await press('Enter')
      await page.getByText('Revoked everywhere').waitFor()
      await reach(/^Done/)
      await press('Enter')
      await press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
      t.not(await nameOfFocus(page), '', 'the focus is somewhere after the sheet')
      await reach(/^Sign out/)
      await press('Enter')
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      t.same(faults, [])
    },
  )
}

/** A page that is wider than its window would be read by scrolling to and fro. */
async function isNotWider(t: Test, page: Page, name: string): Promise<void> {
  const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  t.ok(Number(excess) <= 0, `${name} is as wide as its window`)
}

/** The words of what has the focus; empty if nothing has. */
function nameOfFocus(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const element = document.activeElement
    if (element === null || element === document.body) return ''
    const label = element.labels?.[0]?.textContent ?? element.getAttribute('aria-label')
    return (label ?? element.textContent ?? '').trim() || element.tagName
  })()`)
}
