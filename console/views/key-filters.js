import { html } from '../lit-html.js'
import { emptyForm } from '../parts/empty-form.js'
import { fromLocalInput, readersZone, toLocalInput } from '../parts/time.js'
import { cutTokens } from '../parts/tokens.js'
import { go, hrefWith } from '../router.js'

/** The filters of the API by which a list of keys is searched, as the URL names them. */
const names = [
  'search',
  'status',
  'role',
  'created_by',
  'allow_list',
  'name_prefix',
  'expires_before',
  'last_used_before',
]
const rare = names.slice(2)

/**
 * The filters that the URL holds.
 * @param {URLSearchParams} params
 */
export function filterOf(params) {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = params.get(name)
      return value === null || value === '' ? [] : [[name, value]]
    }),
  )
}

/** @param {URLSearchParams} params */
export function isFiltered(params) {
  return names.some((name) => params.has(name))
}

/**
 * The form that puts filters into the URL.
 * @param {URLSearchParams} params
 */
export function filterForm(params) {
  const value = (/** @type {string} */ name) => params.get(name) ?? ''
  const rareCount = rare.filter((name) => params.has(name)).length
  return html`<form class="filters" role="search" @submit=${apply} @change=${applySelect}>
    <label class="grow"><span class="hidden">Search names and descriptions</span>
      <input type="search" name="search" placeholder="Search names and descriptions" .value=${value('search')} />
    </label>
    <label><span class="hidden">Status</span>
      <select name="status" .value=${value('status')}>
        ${[
          ['', 'Any status'],
          ['active', 'Active'],
          ['disabled', 'Disabled'],
          ['expired', 'Expired'],
          ['revoked', 'Revoked'],
        ].map(
          ([status, label]) =>
            html`<option value=${status} ?selected=${status === value('status')}>${label}</option>`,
        )}
      </select>
    </label>
    <button>Search</button>
    <details class="more" ?open=${rareCount > 0}>
      <summary>More filters${rareCount > 0 ? ` (${rareCount})` : ''}</summary>
      <div class="grid">
        <label>Role <input name="role" .value=${value('role')} placeholder="Name or id" /></label>
        <label>Created by <input name="created_by" .value=${value('created_by')} placeholder="Id of a person or key" /></label>
        <label>Allow list <input name="allow_list" .value=${value('allow_list')} placeholder="Id" /></label>
        <label>Name begins with <input name="name_prefix" .value=${value('name_prefix')} /></label>
        <label>Expires before (${readersZone}) <input type="datetime-local" name="expires_before" .value=${toLocalInput(params.get('expires_before'))} /></label>
        <label>Last used before (${readersZone}) <input type="datetime-local" name="last_used_before" .value=${toLocalInput(params.get('last_used_before'))} /></label>
      </div>
      <a class="button" @click=${emptyForm} href=${hrefWith(Object.fromEntries([...names, 'cursor'].map((name) => [name, null])))}>Clear all filters</a>
    </details>
  </form>`
}

/** @param {Event} event */
function apply(event) {
  event.preventDefault()
  applyForm(/** @type {HTMLFormElement} */ (event.currentTarget))
}

/** A chosen status takes effect at once; typed text waits for Enter. @param {Event} event */
function applySelect(event) {
  if (event.target instanceof HTMLSelectElement)
    applyForm(/** @type {HTMLFormElement} */ (event.currentTarget))
}

/** @param {HTMLFormElement} form */
function applyForm(form) {
  const values = new FormData(form)
  const changes = names.map((name) => {
    const text = String(values.get(name) ?? '').trim()
    const value = name.endsWith('_before') ? (fromLocalInput(text) ?? '') : cutTokens(text)
    return /** @type {const} */ ([name, value])
  })
  go(hrefWith({ ...Object.fromEntries(changes), cursor: null }))
}
