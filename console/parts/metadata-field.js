import { html, nothing } from '../lit-html.js'

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
      update()
    }
  const fault = labelFault(entries)
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
    ${fault === undefined ? nothing : html`<p class="note warn" role="status">${fault}</p>`}
  </fieldset>`
}

/**
 * Why the rows are no metadata yet: a label that has no name, or the name of another one, would be
 * lost.
 * @param {readonly Entry[]} entries
 * @returns {string | undefined}
 */
export function labelFault(entries) {
  const names = new Set()
  for (const { name, value } of entries) {
    const trimmed = name.trim()
    if (trimmed === '' && value !== '') return `Give the label with the value ${value} a name.`
    if (trimmed !== '' && names.has(trimmed)) return `Two labels have the name ${trimmed}.`
    names.add(trimmed)
  }
  return undefined
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
