/** The console with the longest names, descriptions and reasons that the API takes. */
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t, () => ({ USE_FLUSH_MS: '100' }))
const wide = (text: string) => text.padEnd(120, 'W')

if (started !== undefined) {
  const { root, rootToken, accountId, url } = started
  const account = `/v1/accounts/${accountId}`
  const reason = 'W'.repeat(300)
  await root.patch(account, { name: wide('account') })
  const role = await newRole(root, accountId, wide('role'), ['cluster:read', 'backup:read'])
  const entries = ['2001:0db8:1111:2222:3333:4444:5555:6666', '203.0.113.0/24']
  const list = await newAllowList(root, accountId, entries, wide('list'))
  const unused = await newAllowList(root, accountId, entries, wide('unused'))
  const texts = { description: reason, metadata: { ['n'.repeat(60)]: 'W'.repeat(200) } }
  const { id } = await newKey(root, accountId, {
    ...texts,
    name: wide('key'),
    role,
    allow_list_ids: [list],
  })
  const expires_at = '2031-09-29T22:30:00Z'
  const used = await newKey(root, accountId, { name: 'short', role: 'developer', expires_at })
  await root.verify(used.token)
  const isUsed = async () =>
    (await root.get(`${account}/api-keys/${used.id}`)).body.api_key.last_used_at !== null
  while (!(await isUsed())) await new Promise((resolve) => setTimeout(resolve, 50))
  const gone = await newKey(root, accountId, { ...texts, name: wide('gone'), role })
  await root.post(`${account}/api-keys/${gone.id}/revoke`, { reason })
  const reader = await newKey(root, accountId, { name: wide('reader') })

  const views = ['keys', 'findings', 'roles', 'lists', 'activity', 'sessions', 'accounts']
  /** A view, and the buttons that open its dialog. */
  const dialogs: readonly (readonly [string, ...(string | RegExp)[]])[] = [
    ['keys', 'Create API key'],
    [`keys?key=${id}`, 'Edit'],
    [`keys?key=${id}`, 'Rotate'],
    [`keys?key=${id}`, 'Revoke API key'],
    [`keys?key=${gone.id}`, 'Events'],
    ['keys?name_prefix=key', 'Revoke many', 'Preview'],
    [`roles?role=${role}`, 'Edit'],
    [`roles?role=${role}`, 'Clone'],
    [`lists?list=${list}`],
    [`lists?list=${list}`, 'Edit'],
    [`lists?list=${unused}`, 'Delete'],
  ]

  for (const [width, height] of [
    [360, 740],
    // 1280 px at 200 %.
    [640, 450],
    [1280, 900],
  ] as const) {
    t.test(`no console view is wider than a window of ${width} px`, async (t) => {
      const { page, faults } = await started.signIn(reader.token, { width })
      await page.setViewportSize({ width, height })
      for (const view of views.slice(0, -1)) {
        await page.goto(`${url}/console/${view}`)
        await page.locator('table, .empty').first().waitFor()
        await fits(t, page, view)
        if (width !== 640) await showsAllColumns(t, page, view)
        if (width === 1280 && view === 'keys') {
          t.equal(await linesOf(page, 'developer'), 1, 'the name of a role is not broken')
        }
      }
      for (const [view, ...buttons] of dialogs) {
        const name = `${view.replace(/=.*/, '')} ${buttons.join(', ')}`
        await page.goto(`${url}/console/${view}`)
        for (const button of buttons) {
          await page.getByRole('button', { name: button }).last().click()
        }
        await page.locator('dialog[open]').last().locator('form, dl').first().waitFor()
        if (buttons[0] === 'Events') await page.locator('.events').waitFor()
        if (buttons[1] === 'Preview') await page.getByText('would be revoked').waitFor()
        await fits(t, page, name)
      }
      const operator = await started.signIn(rootToken, { width })
      await operator.page.goto(`${url}/console/accounts`)
      await operator.page.locator('table').waitFor()
      await fits(t, operator.page, 'accounts')
      await operator.context.close()
      t.same(faults, [])
    })
  }

  t.test(
    'the console takes names of 120 Unicode characters, and refuses longer ones uncut',
    async (t) => {
      const { page, faults } = await started.signIn()
      const wanted = '𝒳'.repeat(120)
      await page.getByRole('button', { name: 'Create API key' }).click()
      const dialog = page.getByRole('dialog', { name: 'Create API Key' })
      await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
      const field = dialog.getByLabel('Name', { exact: true })
      await field.fill(`${wanted}𝒳`)
      t.equal(await field.inputValue(), `${wanted}𝒳`, 'nothing is cut')
      await dialog.getByRole('button', { name: 'Generate Key' }).click()
      t.match(await messageOf(page), 'At most 120 characters. These are 121.')
      await field.fill(wanted)
      await dialog.getByRole('button', { name: 'Generate Key' }).click()
      started.canaries.addToken(await dialog.locator('textarea.token').inputValue())
      const { body } = await root.get(`${account}/api-keys?limit=1&sort=-created_at`)
      t.equal(body.api_keys[0].name, wanted)
      for (const [view, button = 'Edit'] of dialogs) {
        await page.goto(`${url}/console/${view}`)
        await page.getByRole('button', { name: button }).last().click()
        await page.locator('dialog[open]').last().locator('form, dl').first().waitFor()
        const fields = page.locator('dialog[open] [data-most]:visible')
        for (const limited of await fields.all()) {
          const most = Number(await limited.getAttribute('data-most'))
          await limited.fill('𝒳'.repeat(most))
          t.equal(await messageOf(page), '', `${view} ${button}: ${most}`)
          await limited.fill('𝒳'.repeat(most + 1))
          t.match(await messageOf(page), `At most ${most}`, `${view} ${button}`)
        }
        t.equal(await page.locator('[maxlength]').count(), 0)
      }
      t.same(faults, [])
    },
  )
}

/** Neither the page nor a dialog has anything beside what its window shows. */
async function fits(t: Test, page: Page, name: string): Promise<void> {
  const excess = await page.evaluate<readonly number[]>(`
    [document.documentElement, ...document.querySelectorAll('dialog[open]')].map(
      (layer) => layer.scrollWidth - layer.clientWidth)`)
  t.ok(
    excess.every((pixels) => pixels <= 0),
    `${name} is as wide as its window: ${excess}`,
  )
}

async function showsAllColumns(t: Test, page: Page, name: string): Promise<void> {
  const excess = await page.evaluate<number>(`
    Math.max(0, ...[...document.querySelectorAll('.table')].map(
      (table) => table.scrollWidth - table.clientWidth))`)
  t.equal(excess, 0, `${name} shows all columns`)
}

/** In how many lines the cell with a text shows it. */
function linesOf(page: Page, text: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const cell = [...document.querySelectorAll('td')].find((one) => one.textContent === '${text}')
    const range = document.createRange()
    range.selectNodeContents(cell)
    return new Set([...range.getClientRects()].map(({ top }) => top)).size
  })()`)
}

/** Why the field that has the focus is refused; empty if it is not. */
function messageOf(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement?.validationMessage ?? ""')
}
