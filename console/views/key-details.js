import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { Loading } from '../parts/loading.js'
import { timeOf } from '../parts/time.js'
import { actorOf, counted, statusOf } from '../parts/words.js'
import { hrefOf } from '../router.js'
import { accountPath, may, state } from '../state.js'
import { disableKey, enableKey, revokeKey, showRevocation } from './key-acts.js'

/** @typedef {import('../types.js').ApiKey} ApiKey */
/**
 * @typedef {{ key: ApiKey, etag: string, lists: readonly import('../types.js').AllowList[] }} Found
 */

/**
 * The sheet API Key Details.
 * @param {string} id
 * @param {() => void} changed
 */
export function openKey(id, changed) {
  const found = new Loading(
    () => read(id),
    () => dialog?.update(),
  )
  /** @type {'explain' | 'events' | undefined} */
  let part
  /** @type {Record<string, { render(): unknown, reload(): void } | undefined>} */
  const parts = {}
  const reload = () => {
    void found.start()
    for (const opened of Object.values(parts)) opened?.reload()
    changed()
  }

  /** @param {ApiKey} key @param {'explain' | 'events'} name */
  async function show(key, name) {
    part = part === name ? undefined : name
    if (parts[name] === undefined) {
      const module =
        name === 'explain' ? await import('./explain.js') : await import('./key-events.js')
      parts[name] = module.open(key, () => dialog?.update())
    }
    dialog?.update()
  }

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: 'API Key Details',
    kind: 'sheet',
    content: () =>
      found.render(
        (value) => html`
          ${factsOf(value)}
          <div class="acts">${buttonsOf(value, reload)}</div>
          <div class="acts">
            ${tab('Would it be let in?', part === 'explain', () => show(value.key, 'explain'))}
            ${may('audit_event:read') ? tab('Events', part === 'events', () => show(value.key, 'events')) : nothing}
          </div>
          ${part === undefined ? nothing : (parts[part]?.render() ?? nothing)}
        `,
        'the key',
      ),
  })
  void found.start()
  return dialog
}

/**
 * @param {string} id
 * @returns {Promise<Found>}
 */
async function read(id) {
  const { body, headers } = await call('GET', `${accountPath()}/api-keys/${encodeURIComponent(id)}`)
  const key = /** @type {ApiKey} */ (body.api_key)
  const lists = may('allow_list:read')
    ? await Promise.all(
        key.allow_list_ids
          .slice(0, 20)
          .map(
            async (list) =>
              (await call('GET', `${accountPath()}/allow-lists/${list}`)).body.allow_list,
          ),
      )
    : []
  return { key, etag: headers.get('etag') ?? '', lists }
}

/** @param {Found} found */
function factsOf({ key, lists }) {
  const facts = [
    ['Status', statusOf(key.status)],
    ['Description', key.description === '' ? '–' : key.description],
    [
      'Role',
      may('role:read')
        ? html`<a href=${hrefOf('roles', { role: key.role.id })}>${key.role.name}</a>`
        : key.role.name,
    ],
    ['Usable from', reach(key, lists)],
    ['Created by', creatorOf(key.created_by)],
    ['Created', timeOf(key.created_at)],
    ['Expires', timeOf(key.expires_at, 'Never')],
    ['Last used', timeOf(key.last_used_at, 'Never')],
    ['Uses', counted(key.use_count, 'use')],
    [
      'Token',
      html`Generation ${key.generation}, begins with <code class="wrap">${key.hint}</code>`,
    ],
    ...(key.overlap_ends_at === null
      ? []
      : [['Previous token works until', timeOf(key.overlap_ends_at)]]),
    ...(key.disabled_at === null ? [] : [['Disabled', timeOf(key.disabled_at)]]),
    ...(key.revoked_at === null
      ? []
      : [
          ['Revoked', timeOf(key.revoked_at)],
          ['Revoked by', actorOf(key.revoked_by)],
          ['Reason', key.revocation_reason ?? '–'],
        ]),
    ['Metadata', metadata(key.metadata)],
    ['Key id', html`<code class="wrap">${key.id}</code>`],
    ['Account id', html`<code class="wrap">${key.account_id}</code>`],
    ...(state.account !== undefined && 'project_id' in state.account
      ? [['Project id', html`<code class="wrap">${state.account.project_id}</code>`]]
      : []),
  ]
  return html`<h3 class="subject">${key.name}</h3>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** @param {import('../types.js').Actor} creator */
function creatorOf(creator) {
  if (creator.id === null) return actorOf(creator)
  return html`<a href=${hrefOf('keys', { created_by: creator.id })}>${actorOf(creator)}</a>`
}

/** @param {ApiKey} key @param {Found['lists']} lists */
function reach(key, lists) {
  if (key.reach === 'anywhere') return 'Any address'
  if (key.allow_list_ids.length === 0) return 'No address: its allow lists are gone'
  if (lists.length === 0) return counted(key.allow_list_ids.length, 'allow list')
  return html`${lists.map(
    (list, place) =>
      html`${place > 0 ? ', ' : ''}<a href=${hrefOf('lists', { list: list.id })}>${list.name}</a>`,
  )}${key.allow_list_ids.length > lists.length ? ' …' : ''}`
}

/** @param {Readonly<Record<string, string>>} values */
function metadata(values) {
  const entries = Object.entries(values)
  if (entries.length === 0) return '–'
  return html`<ul class="plain">${entries.map(([name, value]) => html`<li><b>${name}</b>: ${value}</li>`)}</ul>`
}

/** @param {Found} found @param {() => void} reload */
function buttonsOf({ key, etag }, reload) {
  if (key.status === 'revoked') {
    return may('api_key:revoke')
      ? html`<button type="button" @click=${() => showRevocation(key)}>Is it dead everywhere?</button>`
      : nothing
  }
  const edit = async () => (await import('./edit-key.js')).editKey({ key, etag }, reload)
  const rotate = async () => (await import('./rotate-key.js')).rotateKey(key, reload)
  const isExpired = key.status === 'expired'
  return html`
    ${may('api_key:update') ? html`<button type="button" @click=${edit}>Edit …</button>` : nothing}
    ${may('api_key:rotate') && !isExpired ? html`<button type="button" @click=${rotate}>Rotate …</button>` : nothing}
    ${may('api_key:disable') && key.disabled_at === null ? html`<button type="button" @click=${() => disableKey(key, reload)}>Disable …</button>` : nothing}
    ${may('api_key:disable') && key.disabled_at !== null ? html`<button type="button" @click=${() => enableKey(key, reload)}>Enable …</button>` : nothing}
    ${may('api_key:revoke') ? html`<button type="button" class="danger" @click=${() => revokeKey(key, reload)}>Revoke API key …</button>` : nothing}
  `
}

/** @param {string} label @param {boolean} isOpen @param {() => void} toggle */
function tab(label, isOpen, toggle) {
  return html`<button type="button" aria-expanded=${isOpen} @click=${toggle}>${label}</button>`
}
