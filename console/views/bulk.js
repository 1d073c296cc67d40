import { call, Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy, confirmation } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { problemOf } from '../parts/problem.js'
import { followReceipt, progressOf } from '../parts/receipt.js'
import { fromLocalInput, readersZone, toLocalInput } from '../parts/time.js'
import { counted } from '../parts/words.js'
import { accountPath } from '../state.js'

/** The filters of the page that only lists have. @type {Record<string, string>} */
const ofListsOnly = {
  search: 'the search',
  status: 'the status',
  allow_list: 'the allow list',
  expires_before: 'the expiration',
}

function noCondition() {
  return new Problem({
    status: 0,
    code: 'invalid_request',
    detail: 'Give at least one condition. Without one, every key of the account would match.',
  })
}

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
  /**
   * How many keys were to be revoked by a request whose answer did not arrive.
   * @type {number | undefined}
   */
  let doubted
  /** @type {unknown} */
  let problem
  let reason = ''
  /** @type {Record<string, string>} what the fields hold, also after a preview */
  let fields = { ...shown, last_used_before: toLocalInput(shown.last_used_before ?? null) }
  let typed = ''
  let elapsedMs = 0
  /** @type {number | undefined} */
  let ticking
  /** @type {import('../parts/receipt.js').Progress | undefined} */
  let progress
  let isBusy = false
  const path = `${accountPath()}/api-keys/revoke?wait_ms=0`
  const others = Object.keys(shown).flatMap((name) => ofListsOnly[name] ?? [])

  /** @param {SubmitEvent} event */
  async function ask(event) {
    event.preventDefault()
    const values = new FormData(/** @type {HTMLFormElement} */ (event.target))
    const text = (/** @type {string} */ name) => String(values.get(name) ?? '').trim()
    const issuedBefore = fromLocalInput(text('created_before'))
    const usedBefore = fromLocalInput(text('last_used_before'))
    reason = text('reason')
    fields = Object.fromEntries([...values].map(([name, value]) => [name, String(value)]))
    filter = {
      ...(text('created_by') !== '' && { created_by: text('created_by') }),
      ...(text('role') !== '' && { role: text('role') }),
      ...(text('name_prefix') !== '' && { name_prefix: text('name_prefix') }),
      ...(issuedBefore !== undefined && { created_before: issuedBefore }),
      ...(usedBefore !== undefined && { last_used_before: usedBefore }),
      ...(values.has('never_used') && { never_used: /** @type {const} */ (true) }),
    }
    await attempt(async () => {
      if (Object.keys(filter ?? {}).length === 0) throw noCondition()
      await count()
    })
  }

  async function count() {
    preview = (await call('POST', path, { body: { filter, dry_run: true } })).body
  }

  /** @param {() => ReturnType<typeof call>} send @returns {ReturnType<typeof call>} */
  async function doubting(send) {
    try {
      return await send()
    } catch (error) {
      if (error instanceof Problem && error.isUncertain) {
        doubted ??= preview.count
        typed = ''
        preview = undefined
        changed()
        await count().catch(() => {})
      }
      throw error
    }
  }

  /** @param {SubmitEvent} event */
  async function revoke(event) {
    event.preventDefault()
    let startedAt = performance.now()
    ticking = window.setInterval(() => {
      if (confirmation.isAsked) startedAt = performance.now()
      elapsedMs = performance.now() - startedAt
      dialog.update()
    }, 100)
    await attempt(async () => {
      const body = { filter, ...(reason !== '' && { reason }) }
      const answer = await doubting(() => call('POST', path, { body }))
      clearInterval(ticking)
      preview = answer.body
      changed()
      await followReceipt(answer.body.receipt, answer.startedAt, (latest) => {
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

  const first = (/** @type {() => void} */ dismiss) => html`<form @submit=${ask}>
    <p>Revokes every key that matches all conditions given here, for good, in one transaction. Nothing is revoked before you have seen how many. The filters of the page are filled in where a bulk revocation has the same; a name in the column Created by sets that filter.</p>
    ${others.length === 0 ? nothing : html`<p class="note warn">Not filled in, since a bulk revocation has no such condition: ${others.join(', ')}. The preview counts keys without regard to ${others.length === 1 ? 'it' : 'them'}.</p>`}
    <label>Created by <input name="created_by" placeholder="Id of a person or key" autocomplete="off" autofocus .value=${fields.created_by ?? ''} /></label>
    <label>Role <input name="role" placeholder="Name or id" autocomplete="off" .value=${fields.role ?? ''} /></label>
    <label>Name begins with <input name="name_prefix" autocomplete="off" .value=${fields.name_prefix ?? ''} /></label>
    <label>Created before (${readersZone}) <input type="datetime-local" name="created_before" .value=${fields.created_before ?? ''} /></label>
    <label>Last used before (${readersZone}) <input type="datetime-local" name="last_used_before" .value=${fields.last_used_before ?? ''} /></label>
    <label class="choice"><input type="checkbox" name="never_used" .checked=${fields.never_used !== undefined} /> Never used</label>
    <label>Reason <span class="quiet">(optional, kept in the audit log)</span> <input name="reason" data-most="1000" autocomplete="off" .value=${reason} /></label>
    <footer>
      <button type="button" @click=${dismiss}>Cancel</button>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? 'Counting …' : 'Preview'}</button>
    </footer>
  </form>`

  /** @param {number} wanted */
  const uncertain = (wanted) => html`<div class="note warn" role="status">
    <p><b>It is uncertain what was revoked.</b> ${counted(wanted, 'key')} ${wanted === 1 ? 'was' : 'were'} to be revoked, and no answer arrived. ${preview === undefined ? 'How many are left is not known yet.' : leftOf(preview.count, wanted)}</p>
  </div>`

  const recount = () => html`<footer>
    <button type="button" class="primary" ?disabled=${isBusy} @click=${() => attempt(count)}>
      ${isBusy ? busy('Counting …') : 'Count again'}
    </button>
  </footer>`

  const nothingLeft = () => html`<form @submit=${revoke}>
    <p>Ask for the receipt, which says whether any instance may still accept one of these keys.</p>
    <footer>
      <button type="button" @click=${() => attempt(count)} ?disabled=${isBusy}>Count again</button>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? busy('One moment …') : 'Ask all instances'}</button>
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
        .value=${typed}
        @input=${(/** @type {any} */ event) => {
          typed = event.target.value.trim()
          dialog.update()
        }}
      />
    </label>
    <footer>
      <button type="button" @click=${back}>Back</button>
      <button class="danger" ?disabled=${isBusy || preview.count === 0 || typed !== String(preview.count)}>
        ${isBusy ? busy(`Revoking … ${(elapsedMs / 1000).toFixed(1)} s`) : 'Revoke these keys'}
      </button>
    </footer>
  </form>`

  function back() {
    preview = undefined
    doubted = undefined
    typed = ''
    dialog.update()
  }

  const third = (/** @type {() => void} */ close) => html`
    <p><b>${revokedOf(preview.count, doubted)}</b></p>
    ${progressOf(progress, 'Revoked everywhere')}
    <footer><button type="button" class="primary" @click=${close}>Done</button></footer>`

  const dialog = openDialog({
    title: 'Revoke many keys',
    holds: () => holdOfWork(isBusy && progress === undefined),
    content: ({ close, dismiss }) => html`
      ${problem === undefined ? nothing : problemOf(problem)}
      ${progress === undefined && doubted !== undefined ? uncertain(doubted) : nothing}
      ${step(close, dismiss)}
    `,
  })

  /** @param {() => void} close @param {() => void} dismiss */
  function step(close, dismiss) {
    if (progress !== undefined) return third(close)
    if (preview === undefined) return doubted === undefined ? first(dismiss) : recount()
    return doubted !== undefined && preview.count === 0 ? nothingLeft() : second()
  }
  return dialog
}

/** What a count says after an answer was lost. @param {number} left @param {number} wanted */
function leftOf(left, wanted) {
  if (left === 0) return 'None of them is left: the request has revoked them.'
  if (left < wanted) return `${counted(left, 'key')} would still be revoked.`
  return 'So far, none of them is revoked.'
}

/** @param {number} count @param {number | undefined} doubted to be revoked by a lost request */
function revokedOf(count, doubted) {
  if (count > 0 || doubted === undefined) return `${counted(count, 'key')} revoked.`
  return `The first request has revoked the keys: ${counted(doubted, 'key')} ${doubted === 1 ? 'was' : 'were'} to be revoked, and none is left.`
}
