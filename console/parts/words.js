import { html } from '../lit-html.js'

/**
 * How the page says what the API says in codes.
 */

/** @type {Record<string, string>} */
const statuses = {
  active: 'Active',
  revoked: 'Revoked',
  disabled: 'Disabled',
  expired: 'Expired',
  open: 'Invited',
}

/** @param {string} status */
export function statusOf(status) {
  return html`<span class="badge ${status}">${statuses[status] ?? status}</span>`
}

/** @param {import('../types.js').ApiKey} key */
export function reachOf({ reach, allow_list_ids: lists }) {
  if (reach === 'anywhere') return 'Any address'
  return lists.length === 1 ? '1 allow list' : `${lists.length} allow lists`
}

/** @param {import('../types.js').Actor | null} actor */
export function actorOf(actor) {
  if (actor === null) return '–'
  if (actor.kind === 'system') return 'the service'
  if (actor.kind === 'platform') return actor.name ?? 'an operator'
  return actor.name ?? actor.id ?? actor.kind
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** @param {string} action such as api_key.bulk_revoked */
export function actionOf(action) {
  const text = action.replace('api_key.', 'key ').replaceAll(/[._]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The beginning of a text that may be long; its details have the rest. @param {string} text */
export function clamped(text) {
  return text === '' ? '–' : html`<span class="clamp">${text}</span>`
}
