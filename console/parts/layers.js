/**
 * What a reader would lose by leaving a dialog now.
 * @typedef {object} Hold
 * @property {string} text
 * @property {boolean} [isFirm] it is not left, however often the reader tries
 */

/**
 * An open dialog.
 * @typedef {object} Layer
 * @property {() => void} update
 * @property {() => void} close whatever it holds
 * @property {() => boolean} dismiss closes it, or says once what would be lost
 * @property {() => Hold | undefined} holds
 * @property {() => boolean} outlives whether it stays when the session ends
 */

/** The open dialogs, the topmost last. @type {Layer[]} */
export const layers = []

addEventListener('beforeunload', (event) => isHeld() && event.preventDefault())

/** Whether leaving the page now would lose something. */
export function isHeld() {
  return layers.some(({ holds }) => holds() !== undefined)
}

/** Closes all dialogs; false if one of them asks the reader first. */
export function dismissAll() {
  return [...layers].reverse().every(({ dismiss }) => dismiss())
}

/** Closes all dialogs but those that show what nobody can show again. */
export function endSession() {
  for (const { outlives, close } of [...layers].reverse()) if (!outlives()) close()
}

/** Where the focus goes if what had it is gone: the heading of the topmost layer. */
export function keepFocus() {
  if (document.activeElement !== document.body && document.activeElement !== null) return
  const [layer] = [...document.querySelectorAll('dialog[open]')].reverse()
  const heading = (layer ?? document).querySelector('h2[tabindex], h1')
  if (heading instanceof HTMLElement) heading.focus()
}
