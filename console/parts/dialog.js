import { html, render } from '../lit-html.js'

/**
 * @typedef {object} Dialog
 * @property {() => void} update shows what has changed
 * @property {() => void} close
 * @property {Promise<void>} closed
 */

let count = 0

/**
 * Opens a modal dialog. When it closes, the focus returns to where it was.
 * @param {object} options
 * @param {string} options.title
 * @param {'box' | 'sheet'} [options.kind]
 * @param {(dialog: Dialog) => unknown} options.content
 * @param {() => boolean} [options.mayClose] asked before the reader closes it
 * @returns {Dialog}
 */
export function openDialog({ title, kind = 'box', content, mayClose = () => true }) {
  count += 1
  const id = `dialog-${count}`
  const element = document.createElement('dialog')
  element.className = kind
  element.setAttribute('aria-labelledby', id)
  /** @type {() => void} */
  let settle = () => {}
  /** @type {Dialog} */
  const dialog = {
    closed: new Promise((resolve) => {
      settle = resolve
    }),
    close: leave,
    update: () => {
      const hadFocus = element.contains(document.activeElement)
      render(
        html`<header>
            <h2 id=${id} tabindex="-1">${title}</h2>
            <button type="button" class="icon" aria-label="Close" @click=${tryToClose}>✕</button>
          </header>
          ${content(dialog)}
          <div class="toast" role="status" data-says></div>`,
        element,
      )
      if (hadFocus && !element.contains(document.activeElement)) focusFirst(element)
    },
  }
  // At once, not at the event that follows: the next key must find the layer below.
  function leave() {
    element.removeEventListener('close', leave)
    element.close()
    element.remove()
    keepFocus()
    settle()
  }
  function tryToClose() {
    if (mayClose()) leave()
    else dialog.update()
  }
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    event.stopPropagation()
    tryToClose()
  })
  // Escape while nothing in the dialog has the focus.
  element.addEventListener('cancel', (event) => {
    if (event.target !== element) return
    event.preventDefault()
    tryToClose()
  })
  element.addEventListener('close', leave)
  document.body.append(element)
  dialog.update()
  element.showModal()
  // The browser would choose the heading, from where typing goes nowhere.
  focusFirst(element)
  return dialog
}

/** @param {HTMLElement} layer */
function focusFirst(layer) {
  const first =
    layer.querySelector('[autofocus]') ??
    layer.querySelector('input, select, textarea') ??
    layer.querySelector('h2')
  if (first instanceof HTMLElement) first.focus()
}

/** Where the focus goes if what had it is gone: the heading of the topmost layer. */
export function keepFocus() {
  if (document.activeElement !== document.body && document.activeElement !== null) return
  const [layer] = [...document.querySelectorAll('dialog[open]')].reverse()
  const heading = (layer ?? document).querySelector('h2[tabindex], h1')
  if (heading instanceof HTMLElement) heading.focus()
}
