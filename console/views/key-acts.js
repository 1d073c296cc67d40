import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { problemOf } from '../parts/problem.js'
import { progressOf } from '../parts/receipt.js'
import { ReceiptedAct } from '../parts/receipted-act.js'

/** @typedef {import('../types.js').ApiKey} ApiKey */

/**
 * @typedef {object} Act
 * @property {string} path the end of the path
 * @property {string} title
 * @property {string} verb
 * @property {string} done
 * @property {unknown} text
 * @property {boolean} isDangerous
 * @property {boolean} [isRepeated] it was done before, and changes nothing
 */

/**
 * Asks, revokes, and shows the receipt until no instance accepts the key.
 * @param {ApiKey} key
 * @param {() => void} changed
 */
export function revokeKey(key, changed) {
  return perform(key, changed, {
    path: 'revoke',
    title: 'Revoke API key',
    verb: 'Revoke API key',
    done: 'Revoked everywhere',
    text: html`<p><b>${key.name}</b> stops working for good, on every instance. This cannot be undone.</p>`,
    isDangerous: true,
  })
}

/**
 * @param {ApiKey} key
 * @param {() => void} changed
 */
export function disableKey(key, changed) {
  return perform(key, changed, {
    path: 'disable',
    title: 'Disable API key',
    verb: 'Disable',
    done: 'Disabled everywhere',
    text: html`<p><b>${key.name}</b> stops working until somebody enables it again.</p>`,
    isDangerous: true,
  })
}

/**
 * @param {ApiKey} key
 * @param {() => void} changed
 */
export function enableKey(key, changed) {
  return perform(key, changed, {
    path: 'enable',
    title: 'Enable API key',
    verb: 'Enable',
    done: 'Enabled everywhere',
    text: html`<p><b>${key.name}</b> works again.</p>`,
    isDangerous: false,
  })
}

/**
 * Shows the receipt of a revocation that was made before: who repeats it changes nothing.
 * @param {ApiKey} key
 */
export function showRevocation(key) {
  return perform(key, () => {}, {
    path: 'revoke',
    title: 'Revocation',
    verb: 'Ask all instances',
    done: 'Revoked everywhere',
    text: html`<p><b>${key.name}</b> was revoked. The receipt says whether any instance may still accept it.</p>`,
    isDangerous: false,
    isRepeated: true,
  })
}

/**
 * @param {ApiKey} key
 * @param {() => void} changed
 * @param {Act} act
 */
function perform(key, changed, act) {
  const state = new ReceiptedAct(() => dialog.update(), changed)

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const reason = String(new FormData(form).get('reason') ?? '').trim()
    const path = `/v1/accounts/${key.account_id}/api-keys/${key.id}/${act.path}?wait_ms=0`
    await state.run(() => call('POST', path, { body: reason === '' ? {} : { reason } }))
  }

  const dialog = openDialog({
    title: act.title,
    holds: () => holdOfWork(state.step === 'acting'),
    content: ({ close, dismiss }) => html`<form @submit=${submit}>
      ${state.problem === undefined ? nothing : problemOf(state.problem)}
      ${
        state.step === 'done'
          ? html`<p><b>${key.name}</b></p>${progressOf(state.progress, act.done)}
              <footer><button type="button" class="primary" @click=${close}>Done</button></footer>`
          : html`${act.text}
              ${
                act.isRepeated
                  ? nothing
                  : html`<label>Reason <span class="quiet">(optional, kept in the audit log)</span>
                      <input name="reason" data-most="1000" autocomplete="off" />
                    </label>`
              }
              <footer>
                <button type="button" @click=${dismiss}>Cancel</button>
                <button class=${act.isDangerous ? 'danger' : 'primary'} ?disabled=${state.step === 'acting'}>
                  ${state.step === 'acting' ? busy('One moment …') : act.verb}
                </button>
              </footer>`
      }
    </form>`,
  })
  return dialog
}
