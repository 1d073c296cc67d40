import { get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { exportButton } from '../parts/export-button.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { actorOf, reachOf, statusOf } from '../parts/words.js'
import { go, hrefWith } from '../router.js'
import { accountPath, may } from '../state.js'
import { filterForm, filterOf, isFiltered } from './key-filters.js'

/** What a pasted token becomes in a field of search: the API has keys by it too. */
const hint = /^[a-z][a-z0-9]{0,15}_[0-9A-Za-z]{22}$/

/** @typedef {import('../types.js').ApiKey} ApiKey */

/**
 * Security > Access Control > API Keys.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const { update } = context
  const list = new Loading(() => read(queryOf(context.params)), update)
  let listed = ''
  /** @type {string | null} the key whose details are open */
  let detailed = null
  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let sheet

  function change() {
    // A token names one key: no filter has a say in that.
    const others = isOfToken(context.params) ? otherFilters(context.params) : []
    if (others.length > 0) {
      const none = Object.fromEntries(others.map((name) => [name, null]))
      return go(hrefWith(none), { replace: true })
    }
    const wanted = String(new URLSearchParams(queryOf(context.params)))
    if (wanted !== listed) {
      listed = wanted
      void list.start()
    }
    void showDetails(context.params.get('key'))
  }

  /** @param {string | null} id */
  async function showDetails(id) {
    if (id === detailed) return
    detailed = id
    sheet?.close()
    sheet = undefined
    if (id === null) return
    const { openKey } = await import('./key-details.js')
    if (detailed !== id) return
    sheet = openKey(id, reload)
    await sheet.closed
    if (detailed !== id) return
    detailed = null
    if (new URLSearchParams(location.search).get('key') === id) {
      // A step back leads to where the reader was before the details.
      go(hrefWith({ key: null }), { replace: true })
    }
  }

  function reload() {
    void list.start()
  }

  const create = async () => (await import('./create-key.js')).createKey(reload)
  const bulk = async () => (await import('./bulk.js')).revokeMany(reload, filterOf(context.params))

  /** @type {readonly import('../types.js').Column<ApiKey>[]} */
  const columns = [
    {
      label: 'Name',
      sort: 'name',
      cell: (key) => html`<a href=${hrefWith({ key: key.id })}>${key.name}</a>`,
    },
    { label: 'Status', cell: (key) => statusOf(key.status) },
    { label: 'Role', kind: 'wide', cell: (key) => key.role.name },
    { label: 'Usable from', kind: 'wide', cell: reachOf },
    { label: 'Created by', kind: 'wide', cell: (key) => creatorOf(key) },
    { label: 'Created', kind: 'wide', sort: 'created_at', cell: (key) => timeOf(key.created_at) },
    { label: 'Last used', kind: 'wide', cell: (key) => timeOf(key.last_used_at, 'Never') },
    { label: 'Expires', sort: 'expires_at', cell: (key) => timeOf(key.expires_at, 'Never') },
    { label: 'Actions', kind: 'acts', cell: (key) => revokeButton(key, reload) },
  ]

  change()
  return {
    title: 'API Keys',
    change,
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">API Keys</h1>
        <div class="acts">
          ${may('api_key:read') && !isOfToken(context.params) ? exportButton(`${accountPath()}/api-keys`, 'api-keys', filterOf(context.params)) : nothing}
          ${may('api_key:revoke') ? html`<button type="button" @click=${bulk}>Revoke many …</button>` : nothing}
          ${may('api_key:create') ? html`<button type="button" class="primary" @click=${create}>Create API key</button>` : nothing}
        </div>
      </div>
      ${
        may('api_key:read')
          ? html`${adviceOf(context)} ${filterForm(context.params)} ${list.render((page) => pageOf(page, context.params, columns, create), 'keys')}`
          : forbidden('the keys of this account', 'api_key:read')
      }
    `,
  }
}

/** @param {URLSearchParams} params */
function isOfToken(params) {
  return hint.test(params.get('search') ?? '')
}

/** @param {URLSearchParams} params */
function otherFilters(params) {
  return Object.keys(filterOf(params)).filter((name) => name !== 'search')
}

/**
 * What the URL asks of the API.
 * @param {URLSearchParams} params
 * @returns {Record<string, string>}
 */
function queryOf(params) {
  const cursor = params.get('cursor')
  return {
    ...filterOf(params),
    sort: params.get('sort') ?? '-created_at',
    limit: '25',
    ...(cursor !== null && { cursor }),
  }
}

/**
 * A page of keys; the one key of a token whose hint is searched for.
 * @param {Record<string, string>} query
 */
async function read(query) {
  const { search = '' } = query
  if (hint.test(search)) return (await import('./key-by-token.js')).keyByToken(search)
  return get(pathOf(`${accountPath()}/api-keys`, query))
}

/** @param {ApiKey} key */
function creatorOf({ created_by: creator }) {
  if (creator.id === null) return actorOf(creator)
  const href = hrefWith({ created_by: creator.id, cursor: null })
  return html`<a href=${href} title="All keys of this creator">${actorOf(creator)}</a>`
}

/**
 * An operator begins in the account of their own key, where few keys belong.
 * @param {import('../types.js').ViewContext} context
 */
function adviceOf({ account, signedIn }) {
  if (account.id !== signedIn.account.id || !may('account:create')) return nothing
  return html`<p class="note">This is the operators’ account. A team or product has its own: see <a href="/console/accounts">Accounts</a>.</p>`
}

/**
 * @param {{ api_keys: readonly ApiKey[], next_cursor: string | null }} page
 * @param {URLSearchParams} params
 * @param {readonly import('../types.js').Column<ApiKey>[]} columns
 * @param {() => void} create
 */
function pageOf({ api_keys: rows, next_cursor: next }, params, columns, create) {
  if (rows.length > 0) {
    const sort = params.get('sort') ?? '-created_at'
    return html`${tableOf({ caption: 'API keys', columns, rows, sort })} ${pager(next, params)}`
  }
  if (isFiltered(params)) {
    return empty(
      'No key matches',
      isOfToken(params)
        ? 'No key of this account has this token.'
        : 'Change the search or the filters, or show all keys.',
      html`<a class="button" href=${hrefWith(cleared(params))}>Show all keys</a>`,
    )
  }
  return empty(
    'No API keys yet',
    'A key lets a program call the API. You choose what the key may do, from where, and until when.',
    may('api_key:create')
      ? html`<button type="button" class="primary" @click=${create}>Create API key</button>`
      : nothing,
  )
}

/** @param {URLSearchParams} params */
function cleared(params) {
  return Object.fromEntries(
    [...params.keys()]
      .filter((name) => name !== 'account' && name !== 'sort')
      .map((name) => [name, null]),
  )
}

/**
 * @param {ApiKey} key
 * @param {() => void} reload
 */
function revokeButton(key, reload) {
  if (key.status === 'revoked' || !may('api_key:revoke')) return nothing
  const revoke = async () => (await import('./key-acts.js')).revokeKey(key, reload)
  return html`<button type="button" class="danger quiet-button" aria-label="Revoke ${key.name}" @click=${revoke}>Revoke</button>`
}
