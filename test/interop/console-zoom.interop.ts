/**
 * The console at 200 % in a window of 1280 x 800 (WCAG 2.2, success criteria 1.4.4 and 1.4.10):
 * every view and dialog is read without scrolling sideways, nothing in it is cut off, and
 * everything that can be selected can be reached.
 */
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startConsole, violationsOf } from './console/browser.ts'
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
const zoomed = { width: 1280, height: 800, zoom: 2 }

if (started !== undefined) {
  const { rootToken, url } = started
  const dialogs = await furnish(started)
  for (const { who, token, shown, opened } of [
    { who: 'an administrator', token: undefined, shown: views, opened: dialogs },
    { who: 'an operator', token: rootToken, shown: viewsOfOperators, opened: dialogsOfOperators },
  ]) {
    t.test(`${who} reads and reaches everything at 200 %`, async (t) => {
      const { page, faults } = await started.signIn(token, zoomed)
      t.equal(await page.evaluate('devicePixelRatio'), 2)
      for (const { name, heading } of shown) {
        await openView(page, url, name, heading)
        await fits(t, page, 'main', name)
      }
      for (const dialog of opened) {
        await openDialogOf(page, url, dialog)
        await fits(t, page, 'dialog[open]:last-of-type', `dialog ${dialog[0]}`)
      }
      t.same(await violationsOf(page), [])
      t.same(faults, [])
    })
  }
}

async function fits(t: Test, page: Page, part: string, name: string): Promise<void> {
  const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  t.ok(Number(excess) <= 0, `${name} is as wide as its window`)
  t.same(await page.evaluate(`(${unreachable})(${JSON.stringify(part)})`), [], `${name}: reach`)
}

/**
 * The controls of a part of the page that stay outside of the window when they are scrolled to.
 * Those in a table may need its own scrolling sideways: a table is two-dimensional.
 */
const unreachable = `(part) =>
  [...(document.querySelector(part)?.querySelectorAll('button, a, input, select, textarea') ?? [])]
    .filter((control) => control.checkVisibility())
    .filter((control) => {
      control.scrollIntoView({ block: 'center', inline: 'center' })
      const { left, right, top, bottom } = control.getBoundingClientRect()
      return left < 0 || right > innerWidth + 1 || top < 0 || bottom > innerHeight + 1
    })
    .map((control) => control.outerHTML.slice(0, 120))`
