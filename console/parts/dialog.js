import { html, nothing, render } from '../lit-html.js'
import { isFocusLost, keepFocus, layers, redraw } from './layers.js'
import { limitLength } from './length.js'

/**
 * @typedef {object} Dialog
 * @property {() => void} update shows what has changed
 * @property {() => void} close whatever would be lost
 * @property {() => void} dismiss closes it for the reader, after a word on what would be lost
 * @property {Promise<void>} closed
 */

let count = 0

/** @type {import('./layers.js').Hold} */
const typed = { text: 'What you have typed is not saved. Close again to leave it.' }

/**
 * Opens a modal dialog. When it closes, the focus returns to where it was.
 * @param {object} options
 * @param {string} options.title
 * @param {'box' | 'sheet'} [options.kind]
 * @param {(dialog: Dialog) => unknown} options.content
 * @param {() => import('./layers.js').Hold | undefined} [options.holds] what the reader would lose
 * @param {() => boolean} [options.outlives] whether it stays when the session ends
 * @param {() => boolean} [options.isForm] whether what was typed would be lost
 * @returns {Dialog}
 */
export function openDialog({
  title,
  kind = 'box',
  content,
  holds: holdOfContent = () => undefined,
  outlives = () => false,
  isForm = () => false,
}) {
  count += 1
  const id = `dialog-${count}`
  const element = document.createElement('dialog')
  element.className = kind
  element.setAttribute('aria-labelledby', id)
  /** @type {string | undefined} what the reader was told would be lost */
  let told
  let isTyped = false
  let isClosed = false
  /** @type {() => void} */
  let settle = () => {}
  /** @type {Dialog} */
  const dialog = {
    closed: new Promise((resolve) => {
      settle = resolve
    }),
    close,
    dismiss: () => void dismiss(),
    update,
  }
  const isSheet = kind === 'sheet'
  const layer = { update, close, dismiss, holds, outlives, hide, show, isSheet }

  function holds() {
    return holdOfContent() ?? (isTyped && isForm() ? typed : undefined)
  }

  function update() {
    const problem = element.querySelector('.problem')
    const start = element.querySelector('[autofocus]')
    redraw(draw, () => focusFirst(element))
    if (layers.at(-1) !== layer || !element.open) return
    const newProblem = element.querySelector('.problem')
    const newStart = element.querySelector('[autofocus]')
    if (newProblem !== problem) showProblem(newProblem)
    else if (newStart !== start && isFocusIdle()) focusFirst(element)
  }

  /** Whether the focus is where nothing is done with it. */
  function isFocusIdle() {
    return isFocusLost() || document.activeElement === element.querySelector('h2')
  }

  function draw() {
    if (holds()?.text !== told) told = undefined
    render(
      html`<header>
          <h2 id=${id} tabindex="-1">${title}</h2>
          <button type="button" class="icon" aria-label="Close" @click=${dismiss}>✕</button>
        </header>
        ${content(dialog)}
        ${told === undefined ? nothing : html`<p class="note warn hold" role="alert">${told}</p>`}
        <div class="toast" role="status" data-says></div>`,
      element,
    )
  }

  // At once, not at the event that follows: the next key must find the layer below.
  function close() {
    if (isClosed) return
    isClosed = true
    hide()
    keepFocus()
    settle()
  }

  function hide() {
    const place = layers.indexOf(layer)
    if (place >= 0) layers.splice(place, 1)
    element.close()
    element.remove()
  }

  function show() {
    if (isClosed) return
    layers.push(layer)
    insert(element)
    update()
    element.showModal()
    // The browser would choose the heading, from where typing goes nowhere.
    focusFirst(element)
  }

  function dismiss() {
    const hold = holds()
    const isLeft = hold === undefined || (hold.text === told && !hold.isFirm)
    if (isLeft) close()
    else {
      told = hold.text
      update()
    }
    return isLeft
  }

  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    event.stopPropagation()
    dismiss()
  })
  // Escape while nothing in the dialog has the focus.
  element.addEventListener('cancel', (event) => {
    if (event.target !== element) return
    event.preventDefault()
    dismiss()
  })
  // The browser closes it at a second Escape in a row, without asking.
  element.addEventListener('close', () => {
    if (layers.includes(layer) && !dismiss()) element.showModal()
  })
  element.addEventListener('input', limitLength, { capture: true })
  element.addEventListener('input', () => {
    isTyped = true
  })
  show()
  return dialog
}

/**
 * Before the page: when that becomes another one, all that follows its beginning is removed.
 * @param {HTMLElement} element
 */
function insert(element) {
  const last = [...document.querySelectorAll('body > dialog')].pop()
  if (last === undefined) document.body.prepend(element)
  else last.after(element)
}

/**
 * What is lost by leaving while a change is under way.
 * @param {boolean} isBusy
 */
export function holdOfWork(isBusy) {
  if (!isBusy) return undefined
  return { text: 'This is under way. Close again to leave without knowing what became of it.' }
}

/**
 * A refusal that is out of sight would look as if nothing had happened.
 * @param {Element | null} at
 */
function showProblem(at) {
  if (!(at instanceof HTMLElement)) return
  at.focus({ preventScroll: true })
  at.scrollIntoView({ block: 'nearest' })
}

/** @param {HTMLElement} layer */
function focusFirst(layer) {
  const first =
    layer.querySelector('[autofocus]') ??
    layer.querySelector('input, select, textarea') ??
    layer.querySelector('h2')
  if (first instanceof HTMLElement) first.focus()
}
