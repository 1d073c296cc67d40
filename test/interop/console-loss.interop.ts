/**
 * What the console does so that no token and no change is lost: late, lost and refused answers,
 * sessions that end, Cancel and Back at the wrong moment, a clipboard that refuses.
 */
import type { Page, Route } from 'playwright-core'
import t from 'tap'
import { newKey } from '../helpers/fixtures.ts'
import { startConsole } from './console/browser.ts'

t.setTimeout(1_500_000)
const started = await startConsole(t)
const dialogOf = (page: Page, name: string) => page.getByRole('dialog', { name })
const gateOf = (page: Page) => page.getByRole('heading', { name: 'Sign in' })

if (started !== undefined) {
  const { root, accountId, url, canaries } = started
  const keys = `/v1/accounts/${accountId}/api-keys`

  const fillCreation = async (page: Page, name: string) => {
    await page.getByRole('button', { name: 'Create API key' }).first().click()
    const dialog = dialogOf(page, 'Create API Key')
    await dialog.getByLabel('Name', { exact: true }).fill(name)
    await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'viewer' })
    return dialog
  }
  const generate = async (page: Page, name: string) => {
    const dialog = await fillCreation(page, name)
    await dialog.getByRole('button', { name: 'Generate Key' }).click()
    return dialog
  }
  /** The token that a page shows. */
  const shownToken = async (page: Page) => {
    const token = await page.locator('dialog textarea.token').inputValue()
    canaries.addToken(token)
    return token
  }
  const openRotation = async (page: Page, id: string) => {
    await page.goto(`${url}/console/keys?key=${id}`)
    await page.getByRole('button', { name: 'Rotate' }).click()
    return dialogOf(page, 'Rotate API key')
  }

  t.test('whoever rotates the key of their session at once sees the new token', async (t) => {
    const own = await newKey(root, accountId, { name: 'Own' })
    const { page, faults } = await started.signIn(own.token)
    const dialog = await openRotation(page, own.id)
    await dialog.getByText('your session ends when the previous token ends').waitFor()
    await dialog.getByLabel('ends at once').check()
    await dialog.getByText('your session ends at once').waitFor()
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click()
    const token = await shownToken(page)
    await page.locator('main.gate').waitFor()
    t.ok((await shownToken(page)) === token, 'the token stays in front of the sign-in page')
    t.match(await root.verify(token), { valid: true, generation: 2 })
    await dialog.getByRole('button', { name: 'Copy key' }).click()
    await dialog.getByText('✓ Copied').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await gateOf(page).waitFor()
    t.same(faults, [])
  })

  t.test('a token stays in sight when the session ends meanwhile, also once copied', async (t) => {
    for (const isCopied of [false, true]) {
      const { page, context, faults } = await started.signIn()
      const ended = { code: 'unauthenticated', detail: 'The session has ended.' }
      const endSession = () =>
        page.route('**/api-keys?*', (route) => route.fulfill({ status: 401, json: ended }))
      const dialog = await fillCreation(page, `outlives ${isCopied}`)
      if (!isCopied) await endSession()
      await dialog.getByRole('button', { name: 'Generate Key' }).click()
      const token = await shownToken(page)
      if (isCopied) {
        await dialog.getByRole('button', { name: 'Copy key' }).click()
        await dialog.getByText('✓ Copied').waitFor()
        await endSession()
        // Something behind the dialog asks the service.
        await page.evaluate(
          "history.pushState(null, '', '?search=x'); history.pushState(null, '', '?search=y')",
        )
        await page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
      }
      await page.locator('main.gate').waitFor()
      if (!isCopied) {
        t.ok((await shownToken(page)) === token)
        await dialog.getByRole('button', { name: 'Done' }).click()
        await dialog.getByText('You have not copied the key').waitFor()
      }
      t.ok((await shownToken(page)) === token)
      await dialog.getByRole('button', { name: 'Done' }).click()
      await dialog.waitFor({ state: 'hidden' })
      t.equal((await root.verify(token)).valid, true)
      await context.close()
      t.same(faults, [])
    }
  })

  t.test('Cancel in a dialog waits for an answer that is under way', async (t) => {
    for (const how of ['Cancel', 'Close', 'Escape']) {
      const { page, context, faults } = await started.signIn()
      const answers = Promise.withResolvers<void>()
      await page.route('**/api-keys', async (route) => {
        if (route.request().method() !== 'POST') return route.fallback()
        const response = await route.fetch()
        await answers.promise
        return route.fulfill({ response })
      })
      const dialog = await generate(page, `slow ${how}`)
      await dialog.getByRole('button', { name: 'Generating' }).waitFor()
      for (let times = 0; times < 2; times += 1) {
        if (how === 'Escape') await page.keyboard.press('Escape')
        else await dialog.getByRole('button', { name: how }).click()
        await dialog.getByText('Wait for the answer').waitFor()
      }
      answers.resolve()
      t.equal((await root.verify(await shownToken(page))).valid, true, how)
      t.equal(await dialog.getByText('Wait for the answer').count(), 0)
      await context.close()
      t.same(faults, [])
    }
  })

  t.test("the browser's Back asks before it takes a token away", async (t) => {
    const { page, faults } = await started.signIn()
    await page.getByRole('link', { name: 'Roles' }).click()
    await page.getByRole('heading', { name: 'Roles' }).waitFor()
    await page.getByRole('link', { name: 'API Keys' }).click()
    const dialog = await generate(page, 'backed')
    await shownToken(page)
    await page.goBack()
    await dialog.getByText('You have not copied the key').waitFor()
    t.match(page.url(), /\/console\/keys$/)
    await page.goBack()
    await page.getByRole('heading', { name: 'Roles' }).waitFor()
    t.equal(await page.locator('dialog').count(), 0)
    const questions: string[] = []
    page.on('dialog', (question) => questions.push(question.type()))
    await page.goto('about:blank')
    t.same(questions, [], 'nothing is left to ask about')
    t.same(faults, [])
  })

  /** Loses the answers to the next requests that issue; the requests arrive. */
  const loseAnswers = async (page: Page, path: string, count: number) => {
    let lost = 0
    await page.route(path, async (route: Route) => {
      if (route.request().method() !== 'POST' || lost >= count) return route.fallback()
      lost += 1
      await route.fetch()
      return route.abort()
    })
  }

  t.test('after two lost answers the console asks again, and names what was issued', async (t) => {
    const { page, faults } = await started.signIn()
    await loseAnswers(page, '**/api-keys', 2)
    const dialog = await generate(page, 'twice lost')
    await dialog.getByText('The key twice lost may have been issued').waitFor()
    await dialog.getByRole('button', { name: 'Try again' }).click()
    await dialog.getByText('It is twice lost, generation 1').waitFor()
    await dialog.getByRole('button', { name: 'Show a new token' }).click()
    t.match(await root.verify(await shownToken(page)), { valid: true, generation: 2 })
    t.equal((await root.get(`${keys}?name_prefix=twice`)).body.api_keys.length, 1)
    t.same(faults, [])
  })

  t.test('after two lost answers the console warns who leaves, and lists the key', async (t) => {
    for (const [at, how] of ['Escape', 'Close'].entries()) {
      const { page, faults } = await started.signIn()
      await loseAnswers(page, '**/api-keys', 2)
      const dialog = await generate(page, `left ${at}`)
      await dialog.getByText(`The key left ${at} may have been issued`).waitFor()
      const leave = () =>
        how === 'Escape'
          ? page.keyboard.press('Escape')
          : dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
      await leave()
      await dialog.getByText('nobody has its token').waitFor()
      await leave()
      await dialog.waitFor({ state: 'hidden' })
      await page.getByRole('link', { name: `left ${at}` }).waitFor()
      t.same(faults, [])
    }
  })

  t.test(
    'an answer lost and the service unreachable at the repeat, the console forgets nothing',
    async (t) => {
      const { page, faults } = await started.signIn()
      let asked = 0
      await page.route('**/api-keys', async (route) => {
        if (route.request().method() !== 'POST') return route.fallback()
        asked += 1
        if (asked > 2) return route.fallback()
        if (asked === 2)
          return route.fulfill({ status: 503, json: { code: 'unavailable', detail: 'x' } })
        await route.fetch()
        return route.abort()
      })
      const dialog = await generate(page, 'away')
      await dialog.getByText('The key away may have been issued').waitFor()
      await dialog.getByRole('button', { name: 'Try again' }).click()
      await dialog.getByText('It is away, generation 1').waitFor()
      t.same(faults, [])
    },
  )

  t.test('a rotation whose answers are lost keeps its outcome in sight', async (t) => {
    const { page, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, { name: 'turned', role: 'viewer' })
    await loseAnswers(page, '**/rotate?*', 2)
    const dialog = await openRotation(page, id)
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click()
    await dialog.getByText('A new token of turned may have been issued').waitFor()
    await dialog.getByRole('button', { name: 'Try again' }).click()
    await dialog.getByText('It is turned, generation 2').waitFor()
    await dialog.getByRole('button', { name: 'Show a new token' }).click()
    t.match(await root.verify(await shownToken(page)), { valid: true, generation: 3 })
    t.same(faults, [])
  })

  t.test('a refused clipboard is said where it was asked, and the text is selected', async (t) => {
    const { page, faults } = await started.signIn()
    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("no"))')
    const dialog = await generate(page, 'clipboard')
    const token = await shownToken(page)
    const selected = () => page.evaluate<string>('String(getSelection())')
    await dialog.getByRole('button', { name: 'Copy the lines for curl' }).click()
    await dialog.getByText('did not let the page copy').waitFor()
    t.ok((await selected()).includes(`Bearer ${token}`), 'the lines are selected')
    await page.keyboard.press('Escape')
    await dialog.getByText('You have not copied the key').waitFor()
    await page.keyboard.press('Control+c')
    await dialog.getByText('✓ Copied').waitFor()
    await dialog.getByRole('button', { name: 'Copy key' }).click()
    t.ok((await selected()) === token, 'the token is selected')
    t.same(faults, [])
  })

  t.test('the time of a receipt leaves out the typing of the key', async (t) => {
    const { page, faults } = await started.signIn()
    const { id } = await newKey(root, accountId, { name: 'asked', role: 'viewer' })
    let refused = false
    await page.route('**/revoke?*', (route) => {
      if (refused) return route.fallback()
      refused = true
      const problem = { code: 'confirmation_required', detail: 'Give the key again.' }
      return route.fulfill({ status: 403, json: problem })
    })
    await page.goto(`${url}/console/keys?key=${id}`)
    await page.getByRole('button', { name: 'Revoke API key' }).click()
    const dialog = dialogOf(page, 'Revoke API key')
    await dialog.getByRole('button', { name: 'Revoke API key' }).click()
    const question = dialogOf(page, 'Give your key again')
    await question.waitFor()
    t.equal(await page.getByText('Waiting for your key').count(), 1)
    await page.clock.install()
    await page.clock.fastForward(3_600_000)
    await question.getByRole('textbox', { name: 'API key' }).fill(started.token)
    await question.getByRole('button', { name: 'Go on' }).click()
    const text = await dialog.getByText(/Revoked everywhere: .* ms/).innerText()
    const [, ms = ''] = /(\d+) ms/.exec(text) ?? []
    t.ok(Number(ms) < 3_600_000, text)
    t.same(faults, [])
  })
}
