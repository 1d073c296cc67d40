import { call, get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { Creation } from '../parts/creation.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Editing } from '../parts/editing.js'
import { Loading } from '../parts/loading.js'
import { isSameList, mergeLists, mergeValue } from '../parts/three-way.js'
import { counted } from '../parts/words.js'
import { accountPath } from '../state.js'

/** @typedef {import('../types.js').AllowList} AllowList */
/**
 * As the reader types them.
 * @typedef {{ name: string, description: string, entries: string }} Values
 */

/**
 * @param {(list: AllowList) => void} made
 * @param {() => void} doubted called if a list may have been made whose answer was lost
 */
export function createList(made, doubted) {
  const values = valuesOf({ name: '', description: '', entries: [] })
  const creation = new Creation(() => dialog.update())
  const address = ownAddress(values, () => dialog.update())

  async function create() {
    const answer = await creation.send(`${accountPath()}/allow-lists`, wantedOf(values))
    if (answer === undefined) return
    dialog.close()
    made(answer.allow_list)
  }

  const dialog = openDialog({
    title: 'Create IP Allow List',
    holds: () => holdOfWork(creation.isBusy),
    isForm: () => true,
    content: (opened) => html`${creation.render()}
      ${formOf(values, opened, { isBusy: creation.isBusy, verb: 'Create', submit: create, address })}`,
  })
  void creation.whenClosed(dialog, doubted)
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
    return { values, editing, address: ownAddress(values, () => dialog?.update()) }
  }

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: `Edit ${name}`,
    holds: () => holdOfWork(found.value?.editing.isBusy === true),
    isForm: () => found.value?.editing.isOpen === true,
    content: (opened) =>
      found.render(({ values, editing, address }) => {
        const { save: submit, isBusy, current } = editing
        const note = noteOfUses(current.value)
        return editing.render(() =>
          formOf(values, opened, { isBusy, verb: 'Save', submit, note, address }),
        )
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
 * @param {{ isBusy: boolean, verb: string, submit: () => unknown, note?: unknown,
 *   address: () => unknown }} options
 */
function formOf(values, { dismiss }, { isBusy, verb, submit, note = nothing, address }) {
  /** @param {keyof Values} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
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
    ${address()}
    ${note}
    <footer>
      <button type="button" @click=${dismiss}>Cancel</button>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? busy('One moment …') : verb}</button>
    </footer>
  </form>`
}

/**
 * The button that adds the reader's own address to the entries, once.
 * @param {Values} values
 * @param {() => void} update
 */
function ownAddress(values, update) {
  let isAsked = false
  let said = ''

  async function add() {
    if (isAsked) return
    isAsked = true
    said = ''
    try {
      const { client_ip: address } = await get('/v1/me')
      const entries = entriesOf(values.entries)
      if (address === null) said = 'The service does not know your address.'
      else if (entries.includes(address)) said = `${address} is in the list already.`
      else values.entries = [...entries, address].join('\n')
    } catch {
      said = 'The service did not say your address. Try again.'
    }
    isAsked = false
    update()
  }

  return () => html`<button type="button" @click=${add}>Add Current IP Address</button>
    <span class="quiet" role="status">${said}</span>`
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
