import { get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { addressOf, reasonOf } from '../parts/denial.js'
import { emptyForm } from '../parts/empty-form.js'
import { exportButton } from '../parts/export-button.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { fromLocalInput, readersZone, timeOf, toLocalInput } from '../parts/time.js'
import { cutTokens } from '../parts/tokens.js'
import { actionOf, actorOf, clamped, counted } from '../parts/words.js'
import { go, hrefOf, hrefWith } from '../router.js'
import { accountPath, may } from '../state.js'
import { openEvent } from './event.js'

/** @typedef {import('../types.js').AuditEvent} AuditEvent */

const filters = [
  'search',
  'action',
  'actor_id',
  'resource_id',
  'client_ip',
  'created_from',
  'created_before',
]
/** Parts of the log, of 10,000 events each, that are read before the reader is asked. */
const partsAtOnce = 10
const actions = [
  ...[
    'issued',
    'updated',
    'rotated',
    'disabled',
    'enabled',
    'revoked',
    'bulk_revoked',
    'bulk_disabled',
    'denied',
  ].map((act) => `api_key.${act}`),
  ...['expires_soon', 'expired'].map((act) => `api_key.${act}`),
  ...['started', 'confirmed', 'ended', 'link_issued'].map((act) => `session.${act}`),
  ...['role', 'allow_list'].flatMap((kind) =>
    ['created', 'updated', 'deleted'].map((act) => `${kind}.${act}`),
  ),
  ...['added', 'updated', 'removed'].map((act) => `user.${act}`),
  ...['sent', 'resent', 'withdrawn', 'redeemed'].map((act) => `invitation.${act}`),
  ...['account.created', 'account.updated'],
]
/** What only the log of the operators' account holds. */
const actionsOfOperators = ['tag_key.published', 'tag_key.rotated', 'permission_catalogue.replaced']

/**
 * The audit log of the account.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const { params } = context
  const filter = Object.fromEntries(filters.map((name) => [name, params.get(name)]))
  const sort = params.get('sort') ?? '-created_at'
  const query = { ...filter, cursor: params.get('cursor'), sort, limit: 25 }
  const page = new Loading(() => read(query), context.update)
  if (may('audit_event:read')) void page.start()

  /** @type {readonly import('../types.js').Column<AuditEvent>[]} */
  const columns = [
    {
      label: 'What',
      cell: (event) => html`<a
        href=${hrefWith({})}
        @click=${(/** @type {Event} */ click) => {
          click.preventDefault()
          click.stopPropagation()
          openEvent(event)
        }}
        >${actionOf(event.action)}</a
      >`,
    },
    {
      label: 'Which',
      cell: (event) => linkOf('resource_id', event.resource.id, subjectOf(event)),
    },
    { label: 'Who', cell: (event) => linkOf('actor_id', event.actor.id, actorOf(event.actor)) },
    {
      label: 'From',
      kind: 'wide',
      cell: (event) => linkOf('client_ip', addressOf(event), addressOf(event) ?? '–'),
    },
    { label: 'When', sort: 'created_at', cell: (event) => timeOf(event.created_at) },
    { label: 'Reason', kind: 'wide', cell: (event) => clamped(reasonOf(event)) },
  ]

  return {
    title: 'Activity',
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">Activity</h1>
        ${may('audit_event:read') ? exportButton(`${accountPath()}/audit-events`, 'audit-events', filter) : nothing}
      </div>
      ${
        may('audit_event:read')
          ? html`${form(params)}
            ${page.render(
              ({ audit_events: rows, next_cursor: next }) =>
                rows.length === 0
                  ? next === null
                    ? empty('Nothing happened', 'No event matches the filters.')
                    : empty(
                        'Nothing found so far',
                        'No event of this part of the log matches.',
                        html`<a class="button" href=${hrefWith({ cursor: next })}>Search further</a>`,
                      )
                  : html`${tableOf({ caption: 'Events', columns, rows, sort })} ${pager(next, params)}`,
              'events',
            )}`
          : forbidden('the audit log of this account', 'audit_event:read')
      }
    `,
  }
}

/**
 * A page of the log. A search looks at a part of it, where nothing may match.
 * @param {Record<string, string | number | null>} query
 */
async function read(query) {
  let page = await get(pathOf(`${accountPath()}/audit-events`, query))
  for (let part = 1; part < partsAtOnce && page.audit_events.length === 0; part += 1) {
    if (page.next_cursor === null) break
    const cursor = page.next_cursor
    page = await get(pathOf(`${accountPath()}/audit-events`, { ...query, cursor }))
  }
  return page
}

/** @param {AuditEvent} event */
function subjectOf({ resource, api_keys: keys }) {
  if (resource.name !== null) return resource.name
  // A link needs a text: sessions, among others, have no name.
  return keys === null ? resource.type.replaceAll('_', ' ') : counted(keys.count, 'key')
}

/**
 * A link to all events that have this in common; nobody has to know an id.
 * @param {'resource_id' | 'actor_id' | 'client_ip'} filter
 * @param {string | null} id
 * @param {string} text
 */
function linkOf(filter, id, text) {
  if (id === null) return text
  return html`<a href=${hrefWith({ [filter]: id, cursor: null })} title="Only its events">${text}</a>`
}

/** @param {URLSearchParams} params */
function form(params) {
  const value = (/** @type {string} */ name) => params.get(name) ?? ''
  const offered = may('account:create') ? [...actions, ...actionsOfOperators] : actions
  return html`<form class="filters" role="search" @submit=${apply}>
    <label>Words <input type="search" name="search" .value=${value('search')} /></label>
    <label>What
      <select name="action">
        <option value="">Anything</option>
        ${offered.map((action) => html`<option value=${action} ?selected=${action === value('action')}>${actionOf(action)}</option>`)}
      </select>
    </label>
    <label>Who (id) <input name="actor_id" .value=${value('actor_id')} /></label>
    <label>Which (id) <input name="resource_id" .value=${value('resource_id')} /></label>
    <label>Address <input name="client_ip" .value=${value('client_ip')} /></label>
    <label>From (${readersZone}) <input type="datetime-local" name="created_from" .value=${toLocalInput(params.get('created_from'))} /></label>
    <label>Until (${readersZone}) <input type="datetime-local" name="created_before" .value=${toLocalInput(params.get('created_before'))} /></label>
    <button>Search</button>
    <a class="button" @click=${emptyForm} href=${hrefOf('activity')}>Clear</a>
  </form>`
}

/** @param {SubmitEvent} event */
function apply(event) {
  event.preventDefault()
  const values = new FormData(/** @type {HTMLFormElement} */ (event.target))
  const changes = filters.map((name) => {
    const text = cutTokens(String(values.get(name) ?? '').trim())
    return [name, name.startsWith('created_') ? (fromLocalInput(text) ?? '') : text]
  })
  go(hrefWith({ ...Object.fromEntries(changes), cursor: null }))
}
