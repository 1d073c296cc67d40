import { call, get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { contains, parseAddress } from '../parts/addresses.js'
import { ask } from '../parts/ask.js'
import { busy } from '../parts/busy.js'
import { openDialog } from '../parts/dialog.js'
import { exportButton } from '../parts/export-button.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden, problemOf } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { clamped, counted } from '../parts/words.js'
import { forget, hrefOf, hrefWith } from '../router.js'
import { accountPath, may } from '../state.js'

/** @typedef {import('../types.js').AllowList} AllowList */

/**
 * The IP allow lists of the account.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const query = {
    cursor: context.params.get('cursor'),
    sort: context.params.get('sort') ?? 'name',
    limit: 50,
  }
  const page = new Loading(() => get(pathOf(`${accountPath()}/allow-lists`, query)), context.update)
  const reload = () => void page.start()
  const create = async () => (await import('./edit-list.js')).createList(reload, reload)

  /** @type {readonly import('../types.js').Column<AllowList>[]} */
  const columns = [
    {
      label: 'Name',
      sort: 'name',
      cell: (list) =>
        html`<a href=${hrefWith({ list: list.id })} @click=${showDetails(list)}>${list.name}</a>`,
    },
    { label: 'Description', kind: 'wide', cell: (list) => clamped(list.description) },
    {
      label: 'Entries',
      cell: (list) =>
        html`<code>${list.entries.slice(0, 3).join(', ')}</code>${list.entries.length > 3 ? ` and ${list.entries.length - 3} more` : ''}`,
    },
    { label: 'Used by', cell: keysOf },
    { label: 'Created', kind: 'wide', sort: 'created_at', cell: (list) => timeOf(list.created_at) },
  ]

  /** @param {AllowList} list */
  function showDetails(list) {
    return (/** @type {Event} */ event) => {
      event.preventDefault()
      openDetails(list, reload)
    }
  }

  const asked = context.params.get('list')
  if (may('allow_list:read')) {
    reload()
    if (asked !== null) void openAsked(asked, reload)
  }
  return {
    title: 'IP Allow Lists',
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">IP Allow Lists</h1>
        <div class="acts">
          ${may('allow_list:read') ? exportButton(`${accountPath()}/allow-lists`, 'allow-lists') : nothing}
          ${may('allow_list:create') ? html`<button type="button" class="primary" @click=${create}>Create IP allow list</button>` : nothing}
        </div>
      </div>
      ${
        may('allow_list:read')
          ? page.render(
              ({ allow_lists: rows, next_cursor: next }) =>
                rows.length === 0
                  ? empty(
                      'No IP allow lists yet',
                      'An allow list names trusted addresses. A key that uses lists works from their addresses only.',
                    )
                  : html`${tableOf({ caption: 'IP allow lists', columns, rows, sort: query.sort })} ${pager(next, context.params)}`,
              'allow lists',
            )
          : forbidden('the allow lists of this account', 'allow_list:read')
      }
    `,
  }
}

/** The keys that use a list. @param {AllowList} list */
function keysOf({ id, key_count: count = 0 }) {
  const text = counted(count, 'key')
  return may('api_key:read')
    ? html`<a href=${hrefOf('keys', { allow_list: id })}>${text}</a>`
    : text
}

/** @param {string} id @param {() => void} reload */
async function openAsked(id, reload) {
  try {
    await openDetails(
      (await get(`${accountPath()}/allow-lists/${encodeURIComponent(id)}`)).allow_list,
      reload,
    ).closed
  } catch {
    // The list is gone; the page shows those that there are.
  }
  if (new URLSearchParams(location.search).get('list') === id) forget('list')
}

/** @param {AllowList} list @param {() => void} reload */
function openDetails(list, reload) {
  let address = ''
  const isUsed = (list.key_count ?? 0) > 0
  /** @type {unknown} */
  let problem
  let isBusy = false

  async function remove() {
    if (
      !(await ask({
        title: 'Delete IP allow list',
        text: html`<p><b>${list.name}</b> is deleted for good.</p>`,
        yes: 'Delete',
        typed: list.name,
      }))
    )
      return
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      await call('DELETE', `${accountPath()}/allow-lists/${list.id}`)
      dialog.close()
      reload()
    } catch (error) {
      problem = error
      isBusy = false
      dialog.update()
    }
  }

  async function edit() {
    const { editList } = await import('./edit-list.js')
    dialog.close()
    editList(list, reload)
  }

  const dialog = openDialog({
    title: 'IP Allow List Details',
    kind: 'sheet',
    content: ({ update }) => html`
      <h3 class="subject">${list.name}</h3>
      ${problem === undefined ? nothing : problemOf(problem)}
      <dl class="facts">
        <div><dt>Description</dt><dd>${list.description || '–'}</dd></div>
        <div><dt>Used by</dt><dd>${keysOf(list)}</dd></div>
        <div><dt>Created</dt><dd>${timeOf(list.created_at)}</dd></div>
        <div><dt>Changed</dt><dd>${timeOf(list.updated_at)}</dd></div>
        ${may('audit_event:read') ? html`<div><dt>Events</dt><dd><a href=${hrefOf('activity', { resource_id: list.id })}>What happened to it</a></dd></div>` : nothing}
        <div><dt>Id</dt><dd><code class="wrap">${list.id}</code></dd></div>
      </dl>
      <label>Which entry contains this address?
        <input
          placeholder="203.0.113.9"
          autocomplete="off"
          .value=${address}
          @input=${(/** @type {any} */ event) => {
            address = event.target.value
            update()
          }}
        />
      </label>
      <p class="quiet" role="status">${missing(list, address)}</p>
      <ul>
        ${list.entries.map((entry) => html`<li><code>${entry}</code>${address.trim() !== '' && contains(entry, address) ? html` <b class="good">✓ contains it</b>` : ''}</li>`)}
      </ul>
      <div class="acts">
        ${may('allow_list:update') ? html`<button type="button" @click=${edit}>Edit …</button>` : nothing}
        ${may('allow_list:delete') && !isUsed ? html`<button type="button" class="danger" ?disabled=${isBusy} @click=${remove}>${isBusy ? busy('Deleting …') : 'Delete …'}</button>` : nothing}
      </div>
      ${may('allow_list:delete') && isUsed ? html`<p class="quiet">A list that keys use cannot be deleted.</p>` : nothing}
    `,
  })
  return dialog
}

/**
 * What a reader would take for an answer if the page said nothing.
 * @param {{ readonly entries: readonly string[] }} list
 * @param {string} address
 */
function missing({ entries }, address) {
  if (address.trim() === '') return ''
  if (parseAddress(address) === undefined) return 'Write one whole IPv4 or IPv6 address.'
  return entries.some((entry) => contains(entry, address)) ? '' : 'No entry contains it.'
}
