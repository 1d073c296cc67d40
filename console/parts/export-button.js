import { html } from '../lit-html.js'

/**
 * The button that saves a whole list as a file.
 * @param {string} path of the list
 * @param {string} name of the file
 * @param {Record<string, string | null>} [filter]
 */
export function exportButton(path, name, filter = {}) {
  const open = async () => (await import('./export.js')).exportAs(`${path}/export`, filter, name)
  return html`<button type="button" @click=${open}>Export …</button>`
}
