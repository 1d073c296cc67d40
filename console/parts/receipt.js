import { get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { timeOf } from './time.js'

/**
 * @typedef {object} Progress
 * @property {import('../types.js').Receipt} receipt
 * @property {number} elapsedMs from the click until the receipt was complete, or until now
 */

/**
 * Follows a receipt until it is complete: then no instance accepts what the change has ended.
 * @param {import('../types.js').Receipt} receipt
 * @param {number} startedAt by performance.now()
 * @param {(progress: Progress) => void} show
 */
export async function followReceipt(receipt, startedAt, show) {
  let latest = receipt
  for (;;) {
    show({ receipt: latest, elapsedMs: Math.round(performance.now() - startedAt) })
    if (latest.state === 'complete') return
    const path = `/v1/revisions/${latest.revision}?id=${latest.id}&wait_ms=250`
    const effective = latest.effective_at
    latest = (await get(path)).receipt
    if (effective !== undefined) latest = { ...latest, effective_at: effective }
  }
}

/**
 * How far a change has come.
 * @param {Progress | undefined} progress
 * @param {string} done such as "Revoked everywhere"
 */
export function progressOf(progress, done) {
  if (progress === undefined) return nothing
  const { receipt, elapsedMs } = progress
  const { acknowledged, live } = receipt
  const isComplete = receipt.state === 'complete'
  return html`<div class="receipt ${isComplete ? 'complete' : ''}" role="status">
    <progress max=${Math.max(live, 1)} .value=${isComplete ? Math.max(live, 1) : acknowledged} aria-label="Instances that have applied the change"></progress>
    <p>
      ${
        isComplete
          ? html`<b>${done}: ${live} of ${live} ${live === 1 ? 'instance' : 'instances'}, ${elapsedMs} ms</b>`
          : html`${acknowledged} of ${live} instances …`
      }
    </p>
    ${receipt.effective_at === undefined ? nothing : html`<p class="quiet">Takes effect on ${timeOf(receipt.effective_at)}.</p>`}
    <p class="quiet">Receipt: revision ${receipt.revision}</p>
  </div>`
}
