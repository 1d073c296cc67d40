import { get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { timeOf } from './time.js'
import { counted } from './words.js'

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
  const isComplete = receipt.state === 'complete'
  const most = Math.max(receipt.live, 1)
  return html`<div class="receipt ${isComplete ? 'complete' : ''}" role="status">
    <progress max=${most} .value=${isComplete ? most : receipt.acknowledged} aria-label="Processes that have applied the change"></progress>
    <p>
      ${
        isComplete
          ? html`<b>${done}: ${countsOf(receipt)}, ${elapsedMs} ms</b>`
          : html`${countsOf(receipt)} …`
      }
    </p>
    ${receipt.effective_at === undefined ? nothing : html`<p class="quiet">Takes effect on ${timeOf(receipt.effective_at)}.</p>`}
    <p class="quiet">Receipt: revision ${receipt.revision}</p>
  </div>`
}

/**
 * How many have applied the change, such as "2 of 3 instances, 3 of 4 edges". Only a reader of the
 * platform learns which of the processes are edges.
 * @param {import('../types.js').Receipt} receipt
 */
function countsOf(receipt) {
  const { instances, edges } = receipt
  const isComplete = receipt.state === 'complete'
  /**
   * @type {(progress: import('../types.js').ReceiptProgress, one: string, many?: string) => string}
   */
  const count = ({ acknowledged, live }, one, many) =>
    `${isComplete ? live : acknowledged} of ${counted(live, one, many)}`
  if (instances === undefined || edges === undefined) return count(receipt, 'process', 'processes')
  const ofInstances = count(instances, 'instance')
  if (edges.live === 0) return ofInstances
  return `${ofInstances}, ${isComplete ? counted(edges.live, 'edge') : count(edges, 'edge')}`
}
