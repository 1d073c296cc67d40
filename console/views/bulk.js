import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { problemOf } from '../parts/problem.js'
import { followReceipt, progressOf } from '../parts/receipt.js'
import { fromLocalInput, readersZone, toLocalInput } from '../parts/time.js'
import { counted } from '../parts/words.js'
import { accountPath } from '../state.js'

/**
 * Revokes the keys that match a filter: previews, asks, revokes in one transaction, and shows the
 * receipt.
 * @param {() => void} changed
 * @param {Record<string, string>} shown the filters of the page, which the form begins with
 */
export function revokeMany(changed, shown) {
  /** @type {Record<string, string | true> | undefined} */
  let filter
  /** @type {any} */
  let preview
  /** @type {unknown} */
  let problem
  let reason = ''
  let typed = ''
  let elapsedMs = 0
  /** @type {number | undefined} */
  let ticking
  /** @type {import('../parts/receipt.js').Progress | undefined} */
  let progress
  let isBusy = false
  const path = `${accountPath()}/api-keys/revoke?wait_ms=0`

  /** @param {SubmitEvent} event */
  async function ask(event) {
    event.preventDefault()
    const values = new FormData(/** @type {HTMLFormElement} */ (event.target))
    const text = (/** @type {string} */ name) => String(values.get(name) ?? '').trim()
    const issuedBefore = fromLocalInput(text('created_before'))
    const usedBefore = fromLocalInput(text('last_used_before'))
    reason = text('reason')
    filter = {
      ...(text('created_by') !== '' && { created_by: text('created_by') }),
      ...(text('role') !== '' && { role: text('role') }),
      ...(text('name_prefix') !== '' && { name_prefix: text('name_prefix') }),
      ...(issuedBefore !== undefined && { created_before: issuedBefore }),
      ...(usedBefore !== undefined && { last_used_before: usedBefore }),
      ...(values.has('never_used') && { never_used: /** @type {const} */ (true) }),
    }
    await attempt(async () => {
      preview = (await call('POST', path, { body: { filter, dry_run: true } })).body
    })
  }

  /** @param {SubmitEvent} event */
  async function revoke(event) {
    event.preventDefault()
    const startedAt = performance.now()
    ticking = window.setInterval(() => {
      elapsedMs = performance.now() - startedAt
      dialog.update()
    }, 100)
    await attempt(async () => {
      const { body } = await call('POST', path, {
        body: { filter, ...(reason !== '' && { reason }) },
      })
      clearInterval(ticking)
      preview = body
      changed()
      await followReceipt(body.receipt, startedAt, (latest) => {
        progress = latest
        dialog.update()
      })
    })
    clearInterval(ticking)
  }

  /** @param {() => Promise<void>} work */
  async function attempt(work) {
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      await work()
    } catch (error) {
      problem = error
    }
    isBusy = false
    dialog.update()
  }

  const first = (/** @type {() => void} */ close) => html`<form @submit=${ask}>
    <p>Revokes every key that matches all conditions given here, for good, in one transaction. Nothing is revoked before you have seen how many. The filters of the page are filled in; a name in the column Created by sets that filter.</p>
    <label>Created by <input name="created_by" placeholder="Id of a person or key" autocomplete="off" autofocus value=${shown.created_by ?? ''} /></label>
    <label>Role <input name="role" placeholder="Name or id" autocomplete="off" value=${shown.role ?? ''} /></label>
    <label>Name begins with <input name="name_prefix" autocomplete="off" value=${shown.name_prefix ?? ''} /></label>
    <label>Created before (${readersZone}) <input type="datetime-local" name="created_before" /></label>
    <label>Last used before (${readersZone}) <input type="datetime-local" name="last_used_before" value=${toLocalInput(shown.last_used_before ?? null)} /></label>
    <label class="choice"><input type="checkbox" name="never_used" /> Never used</label>
    <label>Reason <span class="quiet">(optional, kept in the audit log)</span> <input name="reason" maxlength="1000" autocomplete="off" /></label>
    <footer>
      <button type="button" @click=${close}>Cancel</button>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? 'Counting …' : 'Preview'}</button>
    </footer>
  </form>`

  const second = () => html`<form @submit=${revoke}>
    <p class="note warn" role="status"><b>${counted(preview.count, 'key')}</b> would be revoked${preview.count > preview.sample.length ? ', among them' : ''}:</p>
    <ul>${preview.sample.map((/** @type {import('../types.js').ApiKey} */ key) => html`<li>${key.name} <span class="quiet">${key.role.name}</span></li>`)}</ul>
    <label>Type <b>${preview.count}</b> to confirm
      <input
        name="typed"
        autocomplete="off"
        inputmode="numeric"
        @input=${(/** @type {any} */ event) => {
          typed = event.target.value.trim()
          dialog.update()
        }}
      />
    </label>
    <footer>
      <button type="button" @click=${back}>Back</button>
      <button class="danger" ?disabled=${isBusy || preview.count === 0 || typed !== String(preview.count)}>
        ${isBusy ? `Revoking … ${(elapsedMs / 1000).toFixed(1)} s` : 'Revoke these keys'}
      </button>
    </footer>
  </form>`

  function back() {
    preview = undefined
    typed = ''
    dialog.update()
  }

  const third = (/** @type {() => void} */ close) => html`
    <p><b>${counted(preview.count, 'key')} revoked.</b></p>
    ${progressOf(progress, 'Revoked everywhere')}
    <footer><button type="button" class="primary" @click=${close}>Done</button></footer>`

  const dialog = openDialog({
    title: 'Revoke many keys',
    mayClose: () => !isBusy || progress !== undefined,
    content: ({ close }) => html`
      ${problem === undefined ? nothing : problemOf(problem)}
      ${progress !== undefined ? third(close) : preview === undefined ? first(close) : second()}
    `,
  })
  return dialog
}
