/**
 * What surrounds the views of the console: colors under the mouse, where the focus goes, refusals
 * in sight, and what becomes of open dialogs when a session ends or the browser goes back.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { newKey } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'
import { nameOfFocus } from './console/keyboard.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })

/** The contrast of a button's text, by the formula of WCAG. */
const contrastOf = (page: Page, name: string) =>
  page
    .getByRole('button', { name, exact: true })
    .first()
    .evaluate((element) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle(of: unknown): { color: string; backgroundColor: string }
      }
      const luminance = (color: string) => {
        const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? [])
          .map((part) => Number(part) / 255)
          .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
      }
      const style = getComputedStyle(element)
      const [dark = 0, light = 0] = [luminance(style.color), luminance(style.backgroundColor)].sort(
        (one, other) => one - other,
      )
      return (light + 0.05) / (dark + 0.05)
    })

if (started !== undefined) {
  const { root, accountId, url } = started

  const openCreation = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'Create API key' }).first().click()
    const dialog = dialogOf(page, 'Create API Key')
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
    return dialog
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`a button keeps its contrast under the mouse, ${colorScheme}`, async (t) => {
      const { page, context } = await started.open({ colorScheme })
      const isReadable = async (name: string) => {
        await page.getByRole('button', { name, exact: true }).first().hover()
        const contrast = await contrastOf(page, name)
        t.ok(contrast >= 4.5, `${name}: ${contrast.toFixed(1)}`)
      }
      await page.getByRole('textbox', { name: 'API key' }).fill(started.token)
      await isReadable('Sign in')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await newKey(root, accountId, { name: `hovered ${colorScheme}`, role: 'viewer' })
      await page.getByRole('button', { name: 'Create API key' }).waitFor()
      for (const name of ['Create API key', 'Revoke many …', 'Sign out']) await isReadable(name)
      const dialog = await openCreation(page, `seen ${colorScheme}`)
      await isReadable('Generate Key')
      await dialog.getByRole('button', { name: 'Generate Key' }).click()
      await page.getByText('displayed one time').waitFor()
      for (const name of ['Copy key', 'For the API', 'For ybm and Terraform']) {
        await isReadable(name)
      }
      await dialog.getByRole('button', { name: 'Copy key' }).click()
      await dialog.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('link', { name: `hovered ${colorScheme}` }).click()
      await isReadable('Revoke API key …')
      await context.close()
    })
  }

  t.test('a refusal is in sight, and has the focus', async (t) => {
    const { page, context } = await started.signIn(undefined, { width: 360, height: 640 })
    const dialog = await openCreation(page, 'of the past')
    await dialog.getByLabel('On a date').check()
    await dialog.getByLabel(/^Date and time/).fill('2020-01-01T00:00')
    await dialog.getByRole('button', { name: 'Generate Key' }).click()
    const problem = dialog.locator('.problem')
    await problem.waitFor()
    t.equal(await problem.evaluate((at) => at.matches(':focus')), true)
    const box = await problem.boundingBox()
    t.ok(box !== null && box.y >= 0 && box.y + box.height <= 640, JSON.stringify(box))
    await context.close()
  })

  for (const how of ['mouse', 'Enter'] as const) {
    t.test(`a button that is disabled while it works keeps the focus: ${how}`, async (t) => {
      const { id } = await newKey(root, accountId, { name: `by ${how}`, role: 'viewer' })
      const { page, context } = await started.signIn()
      const select = async (dialog: ReturnType<typeof dialogOf>, name: string) => {
        const button = dialog.getByRole('button', { name, exact: true })
        if (how === 'mouse') return button.click()
        await button.focus()
        return page.keyboard.press('Enter')
      }
      // Slow, so that the browser takes the focus from what is disabled.
      await page.route('**/v1/**', async (route) => {
        if (route.request().method() !== 'GET') await page.waitForTimeout(200)
        return route.fallback()
      })
      const creation = await openCreation(page, `focus by ${how}`)
      await select(creation, 'Generate Key')
      await creation.getByText('displayed one time').waitFor()
      t.equal(await nameOfFocus(page), 'Copy key')
      await select(creation, 'Copy key')
      await select(creation, 'Done')
      await creation.waitFor({ state: 'hidden' })
      t.equal(await nameOfFocus(page), 'Create API key')
      await page.goto(`${url}/console/keys?key=${id}`)
      await page.getByRole('button', { name: 'Edit …' }).click()
      const edit = dialogOf(page, `Edit by ${how}`)
      await edit.getByLabel('Name', { exact: true }).fill(`turned by ${how}`)
      await select(edit, 'Save')
      await edit.locator('.receipt.complete').waitFor()
      t.not(await nameOfFocus(page), '', 'after Save')
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Revoke API key …' }).click()
      const revocation = dialogOf(page, 'Revoke API key')
      await select(revocation, 'Revoke API key')
      await revocation.getByText('Revoked everywhere').waitFor()
      t.not(await nameOfFocus(page), '', 'after Revoke')
      await context.close()
    })
  }

  t.test('a refused sign-in link leaves the focus in the field for a key', async (t) => {
    const { page, context } = await started.open({ path: '/console#sign-in=nothing' })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.locator('.problem').waitFor()
    t.equal(await nameOfFocus(page), 'API key')
    await context.close()
  })
}
