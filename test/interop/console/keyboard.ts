import type { Page } from 'playwright-core'

/** A reader who has no mouse. */
export interface Keyboard {
  press(...keys: readonly string[]): Promise<void>
  type(text: string): Promise<void>
  /** Presses Tab until what has the focus has this name. Throws if nothing has. */
  reach(name: RegExp): Promise<void>
}

export function keyboardOf(page: Page): Keyboard {
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  return {
    press,
    type: (text) => page.keyboard.type(text),
    async reach(name) {
      for (let tabs = 0; tabs < 80; tabs += 1) {
        if (name.test(await nameOfFocus(page))) return
        await press('Tab')
      }
      throw new Error(`${name} cannot be reached`)
    },
  }
}

/** The words of what has the focus; empty if nothing has. */
export function nameOfFocus(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const element = document.activeElement
    if (element === null || element === document.body) return ''
    const label = element.labels?.[0]?.textContent ?? element.getAttribute('aria-label')
    return (label ?? element.textContent ?? '').trim() || element.tagName
  })()`)
}
