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
 * @property {() => void} hide takes it off the page, with what the reader has typed
 * @property {() => void} show puts it back
 * @property {boolean} isSheet whether the view behind it opens and closes it by the URL
 */

/** The open dialogs, the topmost last. @type {Layer[]} */
export const layers = []

/** Those that come back when the reader signs in again; no page holds them. @type {Layer[]} */
let aside = []
/** Whether a session that ends leaves the dialogs to whom it belonged. */
let isKept = false

addEventListener('beforeunload', (event) => isHeld() && event.preventDefault())

/** Whether leaving the page now would lose something. */
export function isHeld() {
  return layers.some(({ holds }) => holds() !== undefined)
}

/** Closes all dialogs; false if one of them asks the reader first. */
export function dismissAll() {
  return [...layers].reverse().every(({ dismiss }) => dismiss())
}

/**
 * Closes what is open above the sheet of a view, which follows the URL by itself; what nobody can
 * show again stays.
 */
export function dismissAbove() {
  const [first] = layers
  for (const layer of [...layers].reverse()) {
    if (!(layer === first && layer.isSheet) && !layer.outlives()) layer.dismiss()
  }
}

/**
 * Takes all dialogs away but those that show what nobody can show again.
 * @param {boolean} [isForReader] whether they come back with the same reader; as before if not said
 */
export function endSession(isForReader = isKept) {
  isKept = isForReader
  if (!isKept) dropAside()
  for (const layer of [...layers].filter(({ outlives }) => !outlives())) {
    if (!isKept) layer.close()
    else {
      layer.hide()
      aside.push(layer)
    }
  }
}

/** Puts back what the end of the session has taken away; false if that was nothing. */
export function takeBack() {
  const back = aside
  aside = []
  for (const { show } of back) show()
  return back.length > 0
}

/** Forgets what the end of a session has taken away. */
export function dropAside() {
  const dropped = aside
  aside = []
  for (const { close } of dropped.reverse()) close()
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
