import { get, pathOf } from '../api.js'
import { html } from '../lit-html.js'
import { reasonOf } from '../parts/denial.js'
import { Loading } from '../parts/loading.js'
import { timeOf } from '../parts/time.js'
import { actionOf, actorOf } from '../parts/words.js'
import { hrefOf } from '../router.js'
import { accountPath } from '../state.js'

/** @typedef {import('../types.js').AuditEvent} AuditEvent */

/**
 * What happened to a key, newest first.
 * @param {import('../types.js').ApiKey} key
 * @param {() => void} update
 */
export function open(key, update) {
  const path = pathOf(`${accountPath()}/audit-events`, { resource_id: key.id, limit: 20 })
  const events = new Loading(() => get(path), update)
  void events.start()
  return {
    reload: () => void events.start(),
    render: () => html`<section aria-label="Events">
      ${events.render(({ audit_events: found }) => listOf(found), 'events')}
      <p><a href=${hrefOf('activity', { resource_id: key.id })}>All events of this key</a> · <a href=${hrefOf('activity', { actor_id: key.id })}>What was done with this key</a></p>
    </section>`,
  }
}

/** @param {readonly AuditEvent[]} events */
function listOf(events) {
  return html`<ol class="events">
    ${events.map(
      (event) => html`<li>
        <b>${actionOf(event.action)}</b> by ${actorOf(event.actor)}${reasonOf(event) === '' ? '' : `: ${reasonOf(event)}`}
        <div class="quiet">${timeOf(event.created_at)}</div>
      </li>`,
    )}
  </ol>`
}
