import { html } from '../lit-html.js'

/** @typedef {{ name: string, value: string }} Entry */

/**
 * Rows of names and values.
 * @param {Entry[]} entries
 * @param {() => void} update
 */
export function metadataField(entries, update) {
  const add = () => {
    entries.push({ name: '', value: '' })
    update()
  }
  const remove = (/** @type {Entry} */ entry) => () => {
    entries.splice(entries.indexOf(entry), 1)
    update()
  }
  const set =
    (/** @type {Entry} */ entry, /** @type {'name' | 'value'} */ part) =>
    (/** @type {any} */ event) => {
      entry[part] = event.target.value
    }
  return html`<fieldset>
    <legend>Metadata <span class="quiet">(optional)</span></legend>
    ${entries.map(
      (entry, place) => html`<div class="row">
        <input aria-label="Name of label ${place + 1}" placeholder="team" .value=${entry.name} @input=${set(entry, 'name')} />
        <input aria-label="Value of label ${place + 1}" placeholder="billing" .value=${entry.value} @input=${set(entry, 'value')} />
        <button type="button" class="icon" aria-label="Remove label ${place + 1}" @click=${remove(entry)}>✕</button>
      </div>`,
    )}
    <button type="button" @click=${add}>Add label</button>
  </fieldset>`
}

/** @param {Readonly<Record<string, string>>} metadata */
export function toEntries(metadata) {
  return Object.entries(metadata).map(([name, value]) => ({ name, value }))
}

/** @param {readonly Entry[]} entries */
export function toMetadata(entries) {
  return Object.fromEntries(
    entries.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  )
}
