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

/**
 * What had the focus when the page disabled it: the browser takes the focus away soon after.
 * @type {HTMLElement | undefined}
 */
let disabled

/**
 * Shows what has changed, and keeps the focus: what was disabled has it again once it is enabled.
 * @param {() => void} draw
 * @param {() => void} recover called if what had the focus is gone
 */
export function redraw(draw, recover) {
  const before = isFocusLost() ? disabled : document.activeElement
  draw()
  disabled = undefined
  if (!(before instanceof HTMLElement)) return
  if (!before.isConnected) recover()
  else if (before.matches(':disabled')) disabled = before
  else if (isFocusLost()) before.focus()
}

/** Whether nothing has the focus. */
export function isFocusLost() {
  return document.activeElement === document.body || document.activeElement === null
}

/** Where the focus goes if what had it is gone: the field of a sign-in, or the topmost heading. */
export function keepFocus() {
  if (!isFocusLost()) return
  const [layer] = [...document.querySelectorAll('dialog[open]')].reverse()
  const field = layer === undefined ? document.querySelector('.gate [autofocus]') : null
  const place = field ?? (layer ?? document).querySelector('h2[tabindex], h1')
  if (place instanceof HTMLElement) place.focus()
}
