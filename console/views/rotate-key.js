import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { openIssue } from '../parts/issue.js'
import { state } from '../state.js'

/** @typedef {import('../parts/issue.js').Issuing} Issuing */

/** @type {Record<string, number>} */
const seconds = { minutes: 60, hours: 3600, days: 86_400 }
/** The longest overlap that the service accepts. */
const maxOverlapSeconds = 30 * 86_400

/**
 * Gives a key a new token; the previous one keeps working for an overlap, or until the new one is
 * used.
 * @param {import('../types.js').ApiKey} key
 * @param {() => void} changed
 */
export function rotateKey(key, changed) {
  let kind = 'overlap'
  let retires = true
  let amount = '24'
  let unit = 'hours'
  let endsOverlap = false
  const isOwn = key.id === state.signedIn?.api_key?.id
  const hasOverlap = key.overlap_ends_at !== null
  const update = () => dialog?.update()
  /** @param {SubmitEvent} event @param {Issuing} issuing */
  function submit(event, { start }) {
    event.preventDefault()
    const overlap = Number(amount) * (seconds[unit] ?? 1)
    start({
      overlap_seconds: kind === 'overlap' ? overlap : 0,
      if_generation: key.generation,
      ...(kind === 'overlap' && retires && { retire_on_first_use_seconds: 0 }),
      ...(endsOverlap && { end_overlap: true }),
    })
  }

  /** @param {string} value @param {unknown} label */
  const radio = (value, label) => html`<label class="choice">
    <input
      type="radio"
      name="kind"
      .checked=${kind === value}
      @change=${() => {
        kind = value
        update()
      }}
    /> ${label}
  </label>`

  /** @param {Issuing} issuing */
  const form = (
    issuing,
  ) => html`<form @submit=${(/** @type {SubmitEvent} */ event) => submit(event, issuing)}>
    ${issuing.problem()}
    <p><b>${key.name}</b> gets a new token. What uses the key must change to the new token before the previous one ends.</p>
    <fieldset>
      <legend>The previous token</legend>
      ${radio('overlap', 'keeps working for')}
      ${
        kind === 'overlap'
          ? html`<div class="row inset">
                <label class="hidden" for="overlap">Number</label>
                <input
                  id="overlap"
                  type="number"
                  min="1"
                  max=${maxOverlapSeconds / (seconds[unit] ?? 1)}
                  required
                  .value=${amount}
                  @input=${(/** @type {any} */ event) => {
                    amount = event.target.value
                  }}
                />
                <label class="hidden" for="overlap-unit">Unit</label>
                <select
                  id="overlap-unit"
                  @change=${(/** @type {any} */ event) => {
                    unit = event.target.value
                    update()
                  }}
                >
                  ${Object.keys(seconds).map((one) => html`<option ?selected=${one === unit}>${one}</option>`)}
                </select>
              </div>
              <label class="choice inset">
                <input
                  type="checkbox"
                  .checked=${retires}
                  @change=${() => {
                    retires = !retires
                  }}
                />
                but ends as soon as the new token is used
              </label>`
          : nothing
      }
      ${radio('now', 'ends at once')}
    </fieldset>
    ${isOwn ? html`<p class="note warn">You are signed in with this key: your session ends ${kind === 'now' ? 'at once, with the previous token' : 'when the previous token ends'}. Copy the new token before you select Done, and sign in with it.</p>` : nothing}
    ${
      hasOverlap
        ? html`<label class="choice">
            <input
              type="checkbox"
              required
              .checked=${endsOverlap}
              @change=${() => {
                endsOverlap = !endsOverlap
              }}
            />
            End the overlap of the earlier rotation, which is still in progress
          </label>`
        : nothing
    }
    <footer>
      <button type="button" @click=${issuing.dismiss}>Cancel</button>
      <button class="primary" ?disabled=${issuing.isBusy()}>${issuing.isBusy() ? busy('Rotating …') : 'Rotate'}</button>
    </footer>
  </form>`

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openIssue({
    title: 'Rotate API key',
    path: `/v1/accounts/${key.account_id}/api-keys/${key.id}/rotate?wait_ms=0`,
    subject: () => `A new token of ${key.name}`,
    done: 'The new token is known everywhere',
    changed,
    form,
  })
  return dialog
}
