/** Invitations in the console, in Chromium: people redeem them at a real provider. */
import t from 'tap'
import { assertAccessible } from './console/browser.ts'
import { proveInWindow, showUsers, startPeopleConsole } from './console/people.ts'

t.setTimeout(1_500_000)
const started = await startPeopleConsole(t)

if (started !== undefined) {
  const { provider, openUsers } = started
  await started.addPerson('Ada')

  t.test('people are invited, join by their link, and read why they cannot', async (t) => {
    const { page, faults } = await openUsers('ada')
    // Inviting is sensitive: a sign-in that just proved the identity.
    await page.goto(`${started.url}/console/users?account=${started.accountId}`)
    const invite = async (emails: string) => {
      await page.getByRole('button', { name: 'Invite', exact: true }).click()
      const dialog = page.getByRole('dialog', { name: 'Invite people' })
      await dialog.getByRole('combobox').waitFor()
      await dialog.getByRole('textbox').fill(emails)
      await dialog.getByRole('combobox').selectOption({ label: 'viewer' })
      await assertAccessible(t, page, 'dialog Invite')
      await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
      const proof = page.getByRole('dialog', { name: 'Prove your identity again' })
      await proof.or(dialog.getByRole('textbox', { name: /^Link/ })).waitFor()
      return { dialog, proof }
    }
    const first = await invite('first@example.com')
    if (await first.proof.isVisible()) {
      await page.getByRole('button', { name: 'Go to the provider' }).click()
      await proveInWindow(page, 'ada')
      await showUsers(page)
    } else {
      await first.dialog.getByRole('button', { name: 'Copy link' }).click()
      await first.dialog.getByRole('button', { name: 'Done' }).click()
    }
    const { dialog } = await invite('new@example.com, other@example.com\nnobody')
    const field = dialog.getByRole('textbox', { name: 'Links' })
    const lines = (await field.inputValue()).split('\n')
    t.same(
      lines.map((line) => line.split(' ')[0]),
      ['new@example.com', 'other@example.com'],
    )
    await dialog.getByRole('heading', { name: 'nobody' }).waitFor()
    await assertAccessible(t, page, 'dialog Invite, with links')
    await dialog.getByRole('button', { name: 'Done' }).click()
    await dialog.getByText('You have not copied').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('row', { name: /new@example\.com viewer Invited/ }).waitFor()
    await assertAccessible(t, page, 'users, with invitations')

    await page.getByRole('button', { name: 'Send again to other@example.com' }).click()
    const again = page.getByRole('dialog', { name: 'Send the invitation again' })
    await again.getByRole('button', { name: 'Send again' }).click()
    await again.getByRole('textbox', { name: 'Link of other@example.com' }).waitFor()
    await again.getByRole('button', { name: 'Done' }).click()
    await again.getByRole('button', { name: 'Done' }).click()
    const withdraw = /^Withdraw the invitation of other@example/
    await page.getByRole('button', { name: withdraw }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click()
    await page.getByRole('row', { name: /^other@example/ }).waitFor({ state: 'detached' })

    const fragments = lines.map((line) => new URL(line.split(' ')[1] ?? '').hash)
    provider.people.set('new', { name: 'Newcomer', email: 'new@example.com', email_verified: true })
    const openLink = async (fragment: string | undefined) => {
      const window = await started.open({ path: `/console${fragment}` })
      await window.page.getByText('You are invited').waitFor()
      t.equal(new URL(window.page.url()).hash, '', 'the secret leaves the address')
      await assertAccessible(t, window.page, 'an invitation')
      await window.page.getByRole('button', { name: 'Sign in with Example Corp' }).click()
      await proveInWindow(window.page, 'new')
      return window
    }
    const withdrawn = await openLink(fragments[1])
    await withdrawn.page.getByText('The invitation was withdrawn').waitFor()
    const joined = await openLink(fragments[0])
    await joined.page.getByText('Signed in as Newcomer').waitFor()
    const used = await openLink(fragments[0])
    await used.page.getByText('The invitation was used before').waitFor()
    await assertAccessible(t, used.page, 'an invitation that was used')
    t.same([...faults, ...withdrawn.faults, ...joined.faults, ...used.faults], [])
  })
}
