/** People in the console, in Chromium: they sign in at a real provider (oidc-provider). */
import t from 'tap'
import { newAccount } from '../helpers/fixtures.ts'
import { assertAccessible, takePicture } from './console/browser.ts'
import { keyboardOf, nameOfFocus } from './console/keyboard.ts'
import { proveInWindow, showUsers, startPeopleConsole } from './console/people.ts'

t.setTimeout(1_500_000)
const started = await startPeopleConsole(t)
const evil = `<img src=x onerror=alert(1)><script>alert(2)</script>\${alert(3)}`

if (started !== undefined) {
  const { root, provider, openUsers } = started
  await started.addPerson('Ada')

  t.test('a person sees where they have which role, and moves to another account', async (t) => {
    const elsewhere = await newAccount(root, 'Globex')
    const user = { issuer: provider.issuer, subject: 'ada', role: 'viewer' }
    await root.post(`/v1/accounts/${elsewhere}/users`, user)
    await started.addPerson('Bob', 'viewer')
    for (const colorScheme of ['dark', 'light'] as const) {
      const { page, context, faults } = await openUsers('ada', { colorScheme })
      await takePicture(page, `users-${colorScheme}`)
      await page.getByRole('link', { name: 'Profile' }).click()
      await page.getByRole('row', { name: /Globex viewer in the account/ }).waitFor()
      await page.getByRole('row', { name: /Acme admin in the account you are here/ }).waitFor()
      await page.getByText('ada@example.com').waitFor()
      await page.getByText(provider.issuer).waitFor()
      await page.getByRole('listitem').getByText('account_user:invite').waitFor()
      await assertAccessible(t, page, 'profile')
      await takePicture(page, `profile-${colorScheme}`)
      const [before] = await context.cookies(started.url)
      await page.getByRole('button', { name: 'Sign in to Globex' }).click()
      await page.locator('.account').getByText('Globex').waitFor()
      const headers = { cookie: `${before?.name}=${before?.value}`, 'x-aeon-console': '1' }
      const left = await fetch(`${started.url}/v1/session`, { headers })
      t.equal(left.status, 401, 'the session in the other account has ended')
      await page.getByRole('link', { name: 'Profile' }).click()
      await page.getByRole('row', { name: /Globex viewer in the account you are here/ }).waitFor()
      await page.goto(`${started.url}/console/accounts`)
      const told = 'Your role does not have the permission account:read.'
      await page.getByText(told).waitFor()
      t.equal(await page.getByText('Your key').count(), 0, 'a person has no key')
      t.same(faults, [])
      await context.close()
    }
  })

  t.test('a caller by a key sees its own facts, and one account', async (t) => {
    const { page, faults } = await started.signIn()
    await page.getByRole('link', { name: 'Profile' }).click()
    await page.getByRole('heading', { level: 2, name: 'Anna, administrator' }).waitFor()
    await page.getByText(started.token.slice(0, 27)).waitFor()
    await page.getByRole('row', { name: /Acme admin in the account you are here/ }).waitFor()
    t.equal(await page.getByRole('button', { name: /^Sign in/ }).count(), 0)
    t.same(faults, [])
  })

  t.test('people are managed by the keyboard alone, and the focus is never lost', async (t) => {
    const tokens = new Map<string, string>()
    for (const name of ['Keeps', 'Disables', 'Revokes']) {
      tokens.set(name, await started.newKeyOf(await started.addPerson(name)))
    }
    const { page, faults } = await started.open()
    const { press, type, reach } = keyboardOf(page)
    const enter = async (name: RegExp) => {
      await reach(name)
      await press('Enter')
    }
    const openPage = async () => {
      await enter(/^Users/)
      await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor()
      await page.getByRole('table', { name: 'Users' }).waitFor()
    }
    await page.getByRole('button', { name: 'Sign in with Example Corp' }).waitFor()
    await enter(/^Sign in with Example Corp/)
    await proveInWindow(page, 'ada')
    await page.getByText('Signed in as Ada').waitFor()
    await openPage()
    t.equal(await page.getByRole('button', { name: /Ada$/ }).count(), 0, 'nobody acts on oneself')

    await enter(/^Change role of Bob/)
    const change = page.getByRole('dialog', { name: 'Change the role of Bob' })
    await change.getByRole('combobox').waitFor()
    await reach(/^Role/)
    await type('admin')
    await enter(/^Change role$/)
    await page.getByRole('dialog', { name: 'Prove your identity again' }).waitFor()
    await enter(/^Go to the provider/)
    await proveInWindow(page, 'ada')
    await openPage()
    await enter(/^Change role of Bob/)
    await change.getByRole('combobox').waitFor()
    await reach(/^Role/)
    await type('admin')
    await enter(/^Change role$/)
    await page.getByText('Changed everywhere').waitFor()
    await enter(/^Done/)
    await page.getByRole('row', { name: /Bob.*admin/ }).waitFor()
    t.not(await nameOfFocus(page), '', 'the focus is somewhere after a change')

    for (const [name, choice, reason] of [
      ['Keeps', /^Keep/, undefined],
      ['Disables', /^Disable/, 'disabled'],
      ['Revokes', /^Revoke/, 'revoked'],
    ] as const) {
      await enter(new RegExp(`^Remove ${name}`))
      const dialog = page.getByRole('dialog', { name: `Remove ${name}` })
      await dialog.getByText('The person issued 1 key here').waitFor()
      await dialog.getByRole('radio', { name: choice }).focus()
      await press('Space')
      await reach(/^Reason/)
      await type('left us')
      await enter(/^Remove$/)
      await page.getByText('Removed everywhere').waitFor()
      await enter(/^Done/)
      await page.getByRole('row', { name }).waitFor({ state: 'detached' })
      t.not(await nameOfFocus(page), '', 'the focus is somewhere after a removal')
      const verdict = await root.verify(tokens.get(name) ?? '')
      t.match(verdict, reason === undefined ? { valid: true } : { valid: false, reason }, name)
    }
    await enter(/^Sign out/)
    await page.getByRole('button', { name: 'Yes, sign me out' }).waitFor()
    t.notMatch(page.url(), /ada|hint/, 'the address says nothing of the person')
    await enter(/^Yes, sign me out/)
    await page.getByText('You are signed out of this console.').waitFor()
    await assertAccessible(t, page, 'signed out')
    await enter(/^Sign in with Example Corp/)
    await page.getByPlaceholder('Enter any login').waitFor()
    t.same(faults, [])
  })

  t.test(
    'the console says that a person has no role, or that the provider is unavailable',
    async (t) => {
      const { page, faults } = await started.open()
      await page.getByRole('button', { name: 'Sign in with away' }).click()
      await page.getByRole('alert').getByText('The provider does not answer').waitFor()
      await assertAccessible(t, page, 'away')
      provider.people.set('nobody', { name: 'Nobody' })
      await page.getByRole('button', { name: 'Sign in with Example Corp' }).click()
      await proveInWindow(page, 'nobody')
      await page.getByText('The provider knows you, and you have no role here').waitFor()
      t.equal(new URL(page.url()).hash, '', 'the reason leaves the address')
      await assertAccessible(t, page, 'no role')
      t.same(faults, [])
    },
  )

  t.test('a role from claims is named as such, and markup in claims is text', async (t) => {
    const claims = { name: evil, email: `${evil}@example.com`, groups: ['operators'] }
    provider.people.set('mallory', claims)
    const { page, faults } = await openUsers('mallory')
    const row = page.getByRole('row', { name: evil })
    await row.getByText('from the provider').waitFor()
    await row.getByText('you', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Profile' }).click()
    await page.getByRole('heading', { level: 2, name: evil }).waitFor()
    await page.getByRole('row', { name: /admin by the provider, until .+ you are here/ }).waitFor()
    await started.newKeyOf(await started.addPerson(evil))
    await page.goto(`${started.url}/console/users?account=${started.accountId}`)
    for (const act of ['Change role of', 'Remove']) {
      await page.getByRole('button', { name: `${act} ${evil}` }).click()
      await page.getByRole('dialog', { name: evil }).waitFor()
      await page.keyboard.press('Escape')
    }
    await page.goto(`${started.url}/console/keys?account=${started.accountId}`)
    await page.getByRole('cell', { name: evil }).first().waitFor()
    await page.goto(`${started.url}/console/activity?account=${started.accountId}`)
    await page.locator('table').waitFor()
    t.equal(await page.locator('img, main script').count(), 0)
    t.same(faults, [])
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      t.test(
        `axe finds no fault in the views of people at ${width} px, ${colorScheme}`,
        async (t) => {
          const leaver = `Leaver ${width} ${colorScheme}`
          const issuer = `Issuer ${width} ${colorScheme}`
          await started.addPerson(leaver, 'viewer')
          await started.newKeyOf(await started.addPerson(issuer))
          const gate = await started.open({ width, colorScheme })
          await gate.page.getByRole('button', { name: 'Sign in with Example Corp' }).waitFor()
          await assertAccessible(t, gate.page, 'sign-in')
          const { page, faults } = await openUsers('ada', { width, colorScheme })
          await assertAccessible(t, page, 'users')
          await page.getByRole('button', { name: `Remove ${issuer}` }).click()
          await page.getByText('The person issued 1 key here').waitFor()
          await assertAccessible(t, page, 'dialog Remove, with keys')
          await page.getByRole('radio', { name: /^Keep/ }).check()
          await page
            .getByRole('dialog')
            .getByRole('button', { name: 'Remove', exact: true })
            .click()
          await page.getByRole('dialog', { name: 'Prove your identity again' }).waitFor()
          await assertAccessible(t, page, 'dialog Prove your identity again')
          await page.getByRole('button', { name: 'Go to the provider' }).click()
          await proveInWindow(page, 'ada')
          await showUsers(page)
          for (const [act, done] of [
            ['Change role of', 'Changed everywhere'],
            ['Remove', 'Removed everywhere'],
          ] as const) {
            await page.getByRole('button', { name: `${act} ${leaver}` }).click()
            const dialog = page.getByRole('dialog', { name: leaver })
            await dialog.locator('.loading').waitFor({ state: 'detached' })
            await assertAccessible(t, page, `dialog ${act}`)
            await dialog.locator('footer button').last().click()
            await dialog.getByText(done).waitFor()
            await assertAccessible(t, page, `dialog ${act}, done`)
            await dialog.getByRole('button', { name: 'Done' }).click()
          }
          t.same([...gate.faults, ...faults], [])
          for (const shown of [gate.page, page]) await shown.context().close()
        },
      )
    }
  }
}
