import { call, get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Editing } from '../parts/editing.js'
import { Loading } from '../parts/loading.js'
import { problemOf } from '../parts/problem.js'
import { isSameList, mergeLists, mergeValue } from '../parts/three-way.js'
import { counted } from '../parts/words.js'
import { accountPath } from '../state.js'

/** @typedef {import('../types.js').AllowList} AllowList */
/**
 * As the reader types them.
 * @typedef {{ name: string, description: string, entries: string }} Values
 */

/** @param {(list: AllowList) => void} made */
export function createList(made) {
  const values = valuesOf({ name: '', description: '', entries: [] })
  const headers = { 'idempotency-key': crypto.randomUUID() }
  let isBusy = false
  /** @type {unknown} */
  let problem

  async function create() {
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      const body = wantedOf(values)
      const answer = await call('POST', `${accountPath()}/allow-lists`, { body, headers })
      dialog.close()
      return made(answer.body.allow_list)
    } catch (error) {
      problem = error
    }
    isBusy = false
    return dialog.update()
  }

  const dialog = openDialog({
    title: 'Create IP Allow List',
    holds: () => holdOfWork(isBusy),
    content: (opened) => html`${problem === undefined ? nothing : problemOf(problem)}
      ${formOf(values, opened, { isBusy, verb: 'Create', submit: create })}`,
  })
  return dialog
}

/** @param {AllowList} list @param {() => void} changed */
export function editList({ id, name }, changed) {
  const path = `${accountPath()}/allow-lists/${id}`
  const read = async () => {
    const { body, headers } = await call('GET', path)
    return { value: /** @type {AllowList} */ (body.allow_list), etag: headers.get('etag') ?? '' }
  }
  // The row of the page may be old.
  const found = new Loading(
    async () => begin(await read()),
    () => dialog?.update(),
  )

  /** @param {{ value: AllowList, etag: string }} opened */
  function begin(opened) {
    const values = valuesOf(opened.value)
    const editing = new Editing({
      what: 'allow list',
      opened,
      read,
      merge: (current) => merge(opened.value, wantedOf(values), current),
      bodyOf,
      send: (body, etag) =>
        call('PATCH', `${path}?wait_ms=0`, { body, headers: { 'if-match': etag } }),
      saved: changed,
      facts: ({ name, description, entries }) => [
        ['Name', name],
        ['Description', description || '–'],
        ['Entries', entries.join(', ')],
      ],
      dialog: () => dialog,
    })
    return { values, editing }
  }

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: `Edit ${name}`,
    holds: () => holdOfWork(found.value?.editing.isBusy === true),
    content: (opened) =>
      found.render(({ values, editing }) => {
        const { save: submit, isBusy, current } = editing
        const note = noteOfUses(current.value)
        return editing.render(() => formOf(values, opened, { isBusy, verb: 'Save', submit, note }))
      }, 'the allow list'),
  })
  void found.start()
  return dialog
}

/**
 * @param {AllowList} opened
 * @param {Pick<AllowList, 'name' | 'description' | 'entries'>} wanted
 * @param {AllowList} current
 */
function merge(opened, wanted, current) {
  return {
    ...current,
    name: mergeValue(opened.name, wanted.name, current.name),
    description: mergeValue(opened.description, wanted.description, current.description),
    entries: mergeLists(opened.entries, wanted.entries, current.entries),
  }
}

/** @param {AllowList} merged @param {AllowList} current */
function bodyOf(merged, current) {
  const body = {
    ...(merged.name !== current.name && { name: merged.name }),
    ...(merged.description !== current.description && { description: merged.description }),
    ...(!isSameList(merged.entries, current.entries) && { entries: merged.entries }),
  }
  return Object.keys(body).length === 0 ? undefined : body
}

/** @param {AllowList} list */
function noteOfUses({ key_count: count = 0 }) {
  if (count === 0) return nothing
  return html`<p class="note warn">The change takes effect on ${counted(count, 'key')}.</p>`
}

/**
 * @param {Values} values
 * @param {import('../parts/dialog.js').Dialog} dialog
 * @param {{ isBusy: boolean, verb: string, submit: () => unknown, note?: unknown }} options
 */
function formOf(values, { update, dismiss }, { isBusy, verb, submit, note = nothing }) {
  /** @param {keyof Values} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }
  const addCurrent = async (/** @type {any} */ { target }) => {
    const { client_ip: address } = await get('/v1/me').catch(() => ({ client_ip: null }))
    if (address === null) target.textContent = 'Your address is not known'
    else values.entries = [...entriesOf(values.entries), address].join('\n')
    update()
  }
  return html`<form
    @submit=${(/** @type {Event} */ event) => {
      event.preventDefault()
      void submit()
    }}
  >
    <label>Name <input required data-most="120" autocomplete="off" autofocus .value=${values.name} @input=${set('name')} /></label>
    <label>Description <span class="quiet">(optional)</span>
      <textarea rows="2" data-most="1000" .value=${values.description} @input=${set('description')}></textarea>
    </label>
    <label>IP addresses and ranges <span class="quiet">(IPv4, IPv6 or CIDR, separated by commas or lines)</span>
      <textarea rows="4" required spellcheck="false" placeholder="203.0.113.7, 198.51.100.0/24, 2001:db8::/32" .value=${values.entries} @input=${set('entries')}></textarea>
    </label>
    <button type="button" @click=${addCurrent}>Add Current IP Address</button>
    ${note}
    <footer>
      <button type="button" @click=${dismiss}>Cancel</button>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? busy('One moment …') : verb}</button>
    </footer>
  </form>`
}

/** @param {Pick<AllowList, 'name' | 'description' | 'entries'>} list @returns {Values} */
function valuesOf({ name, description, entries }) {
  return { name, description, entries: entries.join('\n') }
}

/** @param {Values} values */
function wantedOf({ name, description, entries }) {
  return { name: name.trim(), description: description.trim(), entries: entriesOf(entries) }
}

/** @param {string} text */
function entriesOf(text) {
  return text.split(/[\s,;]+/).filter(Boolean)
}
