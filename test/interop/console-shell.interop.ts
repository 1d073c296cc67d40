/**
 * What surrounds the views of the console: colors under the mouse, where the focus goes, refusals
 * in sight, and what becomes of open dialogs when a session ends or the browser goes back.
 */
import type { Page } from 'playwright-core'
import t from 'tap'
import { newKey } from '../helpers/fixtures.ts'
import { enter, startConsole } from './console/browser.ts'
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

  t.test('what was typed is there again when the same reader signs in again', async (t) => {
    const { id } = await newKey(root, accountId, { name: 'interrupted', role: 'viewer' })
    const { page, context, faults } = await started.signIn()
    const creation = await openCreation(page, 'half-made key')
    await creation.getByLabel('Description').fill('nobody else reads this')
    await context.clearCookies()
    await creation.getByRole('button', { name: 'Generate Key' }).click()
    await page.locator('main.gate').waitFor()
    await page.locator('dialog').waitFor({ state: 'detached' })
    t.notMatch(await page.content(), /half-made|nobody else/)
    await enter(page, started.token)
    t.equal(await creation.getByLabel('Name', { exact: true }).inputValue(), 'half-made key')
    await creation.getByText('Nothing was done.').waitFor()
    await creation.getByRole('button', { name: 'Generate Key' }).click()
    await creation.getByText('displayed one time').waitFor()
    await creation.getByRole('button', { name: 'Copy key' }).click()
    await creation.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'half-made key' }).waitFor()

    await page.goto(`${url}/console/keys?key=${id}`)
    await page.getByRole('button', { name: 'Edit …' }).click()
    const edit = dialogOf(page, 'Edit interrupted')
    await edit.getByLabel('Name', { exact: true }).fill('gone on')
    await context.clearCookies()
    await edit.getByRole('button', { name: 'Save' }).click()
    await page.locator('main.gate').waitFor()
    t.equal(await page.locator('dialog').count(), 0)
    await enter(page, started.token)
    await edit.getByRole('button', { name: 'Save' }).click()
    await edit.locator('.receipt.complete').waitFor()
    await edit.getByRole('button', { name: 'Done' }).click()
    await dialogOf(page, 'API Key Details').getByText('gone on').waitFor()
    t.equal(await page.locator('dialog').count(), 1)
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    t.same(faults, [])
    await context.close()
  })

  t.test('what was typed is not there for another reader, and not after a sign-out', async (t) => {
    const bob = await newKey(root, accountId, { name: 'Bob' })
    const { page, context } = await started.signIn()
    const creation = await openCreation(page, 'half-made by Anna')
    await context.clearCookies()
    await creation.getByRole('button', { name: 'Generate Key' }).click()
    await page.locator('main.gate').waitFor()
    await enter(page, bob.token)
    await page.getByRole('link', { name: 'Bob' }).waitFor()
    t.equal(await page.locator('dialog').count(), 0)
    await openCreation(page, 'half-made by Bob')
    const other = await context.newPage()
    await other.goto(`${url}/console`)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You have signed out in another tab.').waitFor()
    t.notMatch(await page.content(), /half-made/)
    await enter(page, bob.token)
    await page.getByRole('link', { name: 'Bob' }).waitFor()
    t.equal(await page.locator('dialog').count(), 0)
    await context.close()
  })

  t.test('an account that is not there leaves a way to the own one', async (t) => {
    const { page, context } = await started.signIn()
    for (const way of ['Open your own account', 'aeon-keys', 'Roles']) {
      await page.goto(`${url}/console/keys?account=nope`)
      await page.locator('.problem').waitFor()
      await page.getByRole('link', { name: way, exact: true }).click()
      await page.locator('table').waitFor()
      t.notMatch(page.url(), /account=/, way)
    }
    await context.close()
  })

  t.test("the browser's Back closes what is open above the details too", async (t) => {
    await newKey(root, accountId, { name: 'stepped', role: 'viewer' })
    const { page, context } = await started.signIn()
    await page.getByRole('link', { name: 'stepped' }).click()
    await page.getByRole('button', { name: 'Revoke API key …' }).click()
    await dialogOf(page, 'Revoke API key').getByLabel('Reason').fill('over')
    await page.goBack()
    await page.waitForURL((at) => !at.search.includes('key='))
    await page.locator('dialog').first().waitFor({ state: 'detached' })
    t.equal(await page.locator('dialog').count(), 0)
    await page.getByRole('link', { name: 'stepped' }).click()
    const details = dialogOf(page, 'API Key Details')
    await details.getByText('Key id').waitFor()
    await page.keyboard.press('Escape')
    await page.waitForURL((at) => !at.search.includes('key='))
    await page.goBack()
    t.notMatch(page.url(), /key=/, 'Back does not open the details again')
    await context.close()
  })

  t.test('a form asks once before it loses what was typed', async (t) => {
    const { page, context } = await started.signIn()
    await page.getByRole('link', { name: 'Roles' }).click()
    await page.getByRole('heading', { name: 'Roles' }).waitFor()
    await page.getByRole('link', { name: 'API Keys' }).click()
    const untouched = dialogOf(page, 'Create API Key')
    await page.getByRole('button', { name: 'Create API key' }).first().click()
    await untouched.getByLabel('Name', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await untouched.waitFor({ state: 'detached' })
    const dialog = await openCreation(page, 'not yet')
    await page.keyboard.press('Escape')
    await dialog.getByText('What you have typed is not saved.').waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Roles' }).waitFor()
    t.equal(await page.locator('dialog').count(), 0)
    await context.close()
  })

  t.test('a page of a list that is not there leads to the first one', async (t) => {
    const { page, context } = await started.signIn()
    await page.goto(`${url}/console/keys?cursor=nothing&sort=name`)
    await page.getByText('This page of the list is not there').waitFor()
    await page.getByRole('link', { name: 'First page' }).click()
    await page.locator('tbody tr').first().waitFor()
    t.equal(page.url(), `${url}/console/keys?sort=name`)
    await context.close()
  })

  t.test('the entry of the shown view is in sight on a narrow page', async (t) => {
    const { page, context } = await started.signIn(undefined, { width: 360, height: 640 })
    await page.goto(`${url}/console/profile`)
    await page.getByRole('heading', { level: 1, name: 'Profile' }).waitFor()
    const box = await page.getByRole('link', { name: 'Profile' }).boundingBox()
    t.ok(box !== null && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box))
    await context.close()
  })

  t.test('slow work is seen: a view that loads, a sign-out, an explanation', async (t) => {
    const { page, context } = await started.signIn()
    const answers = Promise.withResolvers<void>()
    await page.route('**/views/lists.js', async (route) => {
      await answers.promise
      return route.fallback()
    })
    await page.getByRole('link', { name: 'IP Allow Lists' }).click()
    await page.getByRole('heading', { level: 1, name: 'IP Allow Lists' }).waitFor()
    await page.locator('main .loading').waitFor()
    answers.resolve()
    await page.getByRole('button', { name: 'Create IP allow list' }).first().waitFor()
    const end = Promise.withResolvers<void>()
    await page.route('**/v1/session', async (route) => {
      await end.promise
      return route.fallback()
    })
    await page.getByRole('button', { name: 'Sign out' }).click()
    t.equal(await page.getByRole('button', { name: 'Signing out …' }).isDisabled(), true)
    end.resolve()
    await page.locator('main.gate').waitFor()
    await context.close()
  })

  t.test('a renamed account has its new name in the header, on one line', async (t) => {
    const { page, context } = await started.signIn(started.rootToken, { width: 360, height: 640 })
    await page.goto(`${url}/console/accounts`)
    await page.getByRole('button', { name: 'Rename' }).first().waitFor()
    const own = await page.locator('.account').innerText()
    await page.getByRole('row', { name: own }).getByRole('button', { name: 'Rename' }).click()
    const name = 'platform '.repeat(12).trim()
    await page.getByRole('dialog').getByLabel('Name').fill(name)
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('banner').getByText(name).waitFor()
    const box = await page.locator('.account').boundingBox()
    t.ok(box !== null && box.height < 36, JSON.stringify(box))
    t.match(await page.locator('.account').getAttribute('title'), new RegExp(name))
    await context.close()
  })
}
