import { call, get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { problemOf } from '../parts/problem.js'
import { followReceipt, progressOf } from '../parts/receipt.js'
import { counted } from '../parts/words.js'
import { accountPath } from '../state.js'

/** @typedef {import('../types.js').AllowList} AllowList */

/** @param {(list: AllowList) => void} made */
export function createList(made) {
  return openForm({ title: 'Create IP Allow List', verb: 'Create', list: undefined, saved: made })
}

/** @param {AllowList} list @param {() => void} changed */
export function editList(list, changed) {
  return openForm({ title: `Edit ${list.name}`, verb: 'Save', list, saved: changed })
}

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.verb
 * @param {AllowList | undefined} options.list
 * @param {(list: AllowList) => void} options.saved
 */
function openForm({ title, verb, list, saved }) {
  const values = {
    name: list?.name ?? '',
    description: list?.description ?? '',
    entries: list?.entries.join('\n') ?? '',
  }
  let isBusy = false
  /** @type {unknown} */
  let problem
  /** @type {import('../parts/receipt.js').Progress | undefined} */
  let progress
  const idempotencyKey = crypto.randomUUID()

  async function addCurrent() {
    try {
      const { client_ip: address } = await get('/v1/me')
      if (address !== null) values.entries = [...entriesOf(values.entries), address].join('\n')
    } catch (error) {
      problem = error
    }
    dialog.update()
  }

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    isBusy = true
    problem = undefined
    dialog.update()
    const startedAt = performance.now()
    const body = {
      name: values.name.trim(),
      description: values.description.trim(),
      entries: entriesOf(values.entries),
    }
    try {
      if (list === undefined) {
        const headers = { 'idempotency-key': idempotencyKey }
        const answer = await call('POST', `${accountPath()}/allow-lists`, { body, headers })
        saved(answer.body.allow_list)
        return dialog.close()
      }
      const answer = await call('PATCH', `${accountPath()}/allow-lists/${list.id}?wait_ms=0`, {
        body,
      })
      saved(answer.body.allow_list)
      await followReceipt(answer.body.receipt, startedAt, (latest) => {
        progress = latest
        dialog.update()
      })
    } catch (error) {
      problem = error
    }
    isBusy = false
    return dialog.update()
  }

  /** @param {'name' | 'description' | 'entries'} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }

  const dialog = openDialog({
    title,
    content: ({ close }) =>
      progress !== undefined
        ? html`${progressOf(progress, 'In effect everywhere')}
            <footer><button type="button" class="primary" @click=${close}>Done</button></footer>`
        : html`<form @submit=${submit}>
            ${problem === undefined ? nothing : problemOf(problem)}
            <label>Name <input required maxlength="120" autocomplete="off" autofocus .value=${values.name} @input=${set('name')} /></label>
            <label>Description <span class="quiet">(optional)</span>
              <textarea rows="2" maxlength="1000" .value=${values.description} @input=${set('description')}></textarea>
            </label>
            <label>IP addresses and ranges <span class="quiet">(IPv4, IPv6 or CIDR, separated by commas or lines)</span>
              <textarea rows="4" required spellcheck="false" placeholder="203.0.113.7, 198.51.100.0/24, 2001:db8::/32" .value=${values.entries} @input=${set('entries')}></textarea>
            </label>
            <button type="button" @click=${addCurrent}>Add Current IP Address</button>
            ${(list?.key_count ?? 0) > 0 ? html`<p class="note warn">The change takes effect on ${counted(list?.key_count ?? 0, 'key')}.</p>` : nothing}
            <footer>
              <button type="button" @click=${close}>Cancel</button>
              <button class="primary" ?disabled=${isBusy}>${isBusy ? 'One moment …' : verb}</button>
            </footer>
          </form>`,
  })
  return dialog
}

/** @param {string} text */
function entriesOf(text) {
  return text.split(/[\s,;]+/).filter(Boolean)
}
