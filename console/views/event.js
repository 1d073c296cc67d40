import { get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { addressOf, denialOf, reasonOf } from '../parts/denial.js'
import { openDialog } from '../parts/dialog.js'
import { Loading } from '../parts/loading.js'
import { timeOf } from '../parts/time.js'
import { actionOf, actorOf, counted } from '../parts/words.js'
import { hrefOf } from '../router.js'
import { accountPath, may } from '../state.js'

/** @typedef {import('../types.js').AuditEvent} AuditEvent */
/** @typedef {{ id: string, name: string }} Changed */

/** A time as the API writes it. */
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/
/** Keys of a bulk event that are named at once. */
const keysAtOnce = 10

/**
 * The sheet of an event of the audit log.
 * @param {AuditEvent} event
 */
export function openEvent(event) {
  const denial = denialOf(event)
  const address = addressOf(event)
  // A denial has changed nothing: what it says are facts.
  const fields =
    denial === undefined
      ? [...new Set([...Object.keys(event.before ?? {}), ...Object.keys(event.after ?? {})])].sort()
      : []
  const bulk = event.api_keys === null ? undefined : keysOf(event, () => dialog.update())
  const dialog = openDialog({
    title: 'Event',
    kind: 'sheet',
    content: () => html`
      <h3 class="subject">${actionOf(event.action)}</h3>
      <dl class="facts">
        <div><dt>Which</dt><dd>${event.resource.type.replaceAll('_', ' ')} ${subjectOf(event)} <code class="wrap">${event.resource.id ?? ''}</code></dd></div>
        <div><dt>Who</dt><dd>${event.actor.id === null ? actorOf(event.actor) : html`<a href=${hrefOf('activity', { actor_id: event.actor.id })} title="All that they did">${actorOf(event.actor)}</a>`} <code class="wrap">${event.actor.id ?? ''}</code></dd></div>
        ${event.session_id === null ? nothing : html`<div><dt>By the session</dt><dd><code class="wrap">${event.session_id}</code> of the console</dd></div>`}
        <div><dt>From</dt><dd>${address === null ? '–' : html`<a href=${hrefOf('activity', { client_ip: address })} title="All that came from there">${address}</a>`}</dd></div>
        <div><dt>When</dt><dd>${timeOf(event.created_at)}</dd></div>
        ${
          denial === undefined
            ? html`<div><dt>Reason</dt><dd>${reasonOf(event) || '–'}</dd></div>`
            : html`<div><dt>Reason</dt><dd>${denial.reason}</dd></div>
              <div><dt>Attempts</dt><dd>${counted(denial.count, 'attempt')} until the event was written, in the hour from ${timeOf(denial.hour)}</dd></div>`
        }
        <div><dt>Request id</dt><dd><code class="wrap">${event.request_id ?? '–'}</code></dd></div>
        <div><dt>Number</dt><dd>${event.number} in the hash chain of the account</dd></div>
      </dl>
      ${bulk === undefined ? nothing : bulk.render()}
      ${fields.length === 0 ? nothing : html`<h3>What changed</h3>`}
      <dl class="facts">
        ${fields.map((field) => html`<div><dt>${field.replaceAll('_', ' ')}</dt><dd>${side('del', event.before?.[field])} ${side('ins', event.after?.[field])}</dd></div>`)}
      </dl>
    `,
  })
  bulk?.start()
}

/** @param {AuditEvent} event */
function subjectOf({ resource: { type, id, name } }) {
  if (type !== 'api_key' || id === null || !may('api_key:read')) return name ?? ''
  return keyLink({ id, name: name ?? id })
}

/** @param {Changed} key */
function keyLink({ id, name }) {
  return html`<a href=${hrefOf('keys', { key: id })} title="Its details">${name}</a>`
}

/**
 * The keys of a bulk event, some at once.
 * @param {AuditEvent} event
 * @param {() => void} update
 */
function keysOf(event, update) {
  /** @type {Changed[]} */
  const shown = []
  /** @type {string | null} */
  let next = null
  const path = `${accountPath()}/audit-events/${event.number}/api-keys`
  const page = new Loading(async () => {
    const found = await get(pathOf(path, { limit: keysAtOnce, cursor: next }))
    shown.push(...(await Promise.all(found.api_key_ids.map(named))))
    next = found.next_cursor
    return true
  }, update)
  const more = () =>
    next === null
      ? nothing
      : html`<button type="button" @click=${() => void page.start()}>Show more</button>`
  return {
    start: () => void page.start(),
    render: () => html`<section aria-label="Keys">
      <h3>${counted(event.api_keys?.count ?? 0, 'key')}</h3>
      <ul>${shown.map((key) => html`<li>${keyLink(key)}</li>`)}</ul>
      ${page.render(more, 'keys')}
    </section>`,
  }
}

/**
 * A key by its name if the reader may see it.
 * @param {string} id
 * @returns {Promise<Changed>}
 */
async function named(id) {
  if (!may('api_key:read')) return { id, name: id }
  try {
    return (await get(`${accountPath()}/api-keys/${id}`)).api_key
  } catch {
    return { id, name: id }
  }
}

/** @param {'del' | 'ins'} kind @param {unknown} value */
function side(kind, value) {
  if (value === undefined) return nothing
  return kind === 'del' ? html`<del>${inWords(value)}</del>` : html`<ins>${inWords(value)}</ins>`
}

/**
 * A value of a snapshot, such as the filter of a bulk revocation, as people read it.
 * @param {unknown} value
 * @returns {unknown}
 */
function inWords(value) {
  if (value === null || value === '') return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return isoTime.test(value) ? timeOf(value) : value
  if (Array.isArray(value)) return value.length === 0 ? '–' : listed(value.map(inWords))
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value)
  if (entries.length === 0) return '–'
  return listed(entries.map(([name, one]) => html`${name.replaceAll('_', ' ')}: ${inWords(one)}`))
}

/** @param {readonly unknown[]} texts */
function listed(texts) {
  return texts.map((text, place) => html`${place === 0 ? nothing : ', '}${text}`)
}
