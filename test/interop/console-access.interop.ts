/**
 * The console for everybody: axe-core on every view and dialog, light and dark, wide and narrow;
 * the story of a key by the keyboard alone; and the pictures of docs/console.md, which
 * SCREENSHOTS=write makes anew.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { isNotWider, startConsole, takePicture, violationsOf } from './console/browser.ts'
import { keyboardOf, nameOfFocus } from './console/keyboard.ts'
import {
  dialogsOfOperators,
  furnish,
  openDialogOf,
  openView,
  views,
  viewsOfOperators,
} from './console/scenery.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)
/** The views and dialogs that docs/console.md shows. */
const inDocs = ['keys', 'create', 'details', 'revoke', 'roles', 'activity']

if (started !== undefined) {
  const { rootToken, url } = started
  const dialogs = await furnish(started)

  const picture = async (page: Page, name: string, colorScheme: string) => {
    if (inDocs.includes(name)) await takePicture(page, `${name}-${colorScheme}`)
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      t.test(`axe finds no fault in the console at ${width} px, ${colorScheme}`, async (t) => {
        const gate = await started.open({ width, colorScheme })
        await gate.page.getByRole('heading', { name: 'Sign in' }).waitFor()
        t.same(await violationsOf(gate.page), [], 'sign-in')
        const { page, faults } = await started.signIn(undefined, { width, colorScheme })
        for (const { name, heading } of views) {
          await openView(page, url, name, heading)
          t.same(await violationsOf(page), [], name)
          await isNotWider(t, page, name)
          if (width === 1280) await picture(page, name, colorScheme)
        }
        for (const dialog of dialogs) {
          const [name] = dialog
          await openDialogOf(page, url, dialog)
          t.same(await violationsOf(page), [], `dialog ${name}`)
          if (width === 1280) await picture(page, name, colorScheme)
        }
        const { context } = await started.signIn()
        await page.goto(`${url}/console/sessions`)
        await page.getByRole('button', { name: 'End', exact: true }).first().click()
        await page.getByText(/Ended everywhere/).waitFor()
        t.same(await violationsOf(page), [], 'dialog end-session')
        await context.close()
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
        for (const { name, heading } of viewsOfOperators) {
          await openView(operator.page, url, name, heading)
          t.same(await violationsOf(operator.page), [], name)
        }
        for (const dialog of dialogsOfOperators) {
          await openDialogOf(operator.page, url, dialog)
          t.same(await violationsOf(operator.page), [], `dialog ${dialog[0]}`)
        }
        for (const { context } of [gate, operator]) await context.close()
      })
    }
  }

  t.test(
    'the story of a key is told by the keyboard alone, and the focus is never lost',
    async (t) => {
      const { page, faults } = await started.open()
      const { press, reach } = keyboardOf(page)
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
