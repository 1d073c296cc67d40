import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { effectiveOf } from '../parts/key-form.js'
import { problemOf } from '../parts/problem.js'
import { followReceipt, progressOf } from '../parts/receipt.js'
import { counted } from '../parts/words.js'
import { accountPath, may } from '../state.js'

/** @typedef {import('../types.js').Role} Role */

/**
 * Creates, clones or edits a role; before an edit is saved, says who gains and loses what.
 * @param {object} options
 * @param {ReadonlyMap<string, import('../types.js').Permission>} options.catalogue
 * @param {Role} [options.role] to edit
 * @param {Role} [options.from] to clone
 * @param {() => void} options.saved
 */
export function openRoleForm({ catalogue, role, from, saved }) {
  const source = role ?? from
  const values = {
    name: role?.name ?? (from === undefined ? '' : `Copy of ${from.name}`),
    description: source?.description ?? '',
  }
  const chosen = new Set(source?.permissions ?? [])
  const idempotencyKey = crypto.randomUUID()
  let isBusy = false
  /** @type {unknown} */
  let problem
  /** @type {import('../parts/receipt.js').Progress | undefined} */
  let progress

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
      permissions: [...chosen].sort(),
    }
    try {
      if (role === undefined) {
        await call('POST', `${accountPath()}/roles`, {
          body,
          headers: { 'idempotency-key': idempotencyKey },
        })
        saved()
        return dialog.close()
      }
      const answer = await call('PUT', `${accountPath()}/roles/${role.id}?wait_ms=0`, { body })
      saved()
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

  /** @param {string} name */
  const toggle = (name) => (/** @type {any} */ event) => {
    if (event.target.checked) chosen.add(name)
    else chosen.delete(name)
    dialog.update()
  }

  /** @param {'name' | 'description'} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }

  function changes() {
    if (role === undefined) return nothing
    const before = effectiveOf(role.permissions, catalogue)
    const after = effectiveOf([...chosen], catalogue)
    const gained = after.filter((name) => !before.includes(name))
    const lost = before.filter((name) => !after.includes(name))
    if (gained.length + lost.length === 0) return nothing
    return html`<div class="note warn" role="status">
      <p><b>${counted(role.key_count ?? 0, 'key')}</b> with this role:</p>
      ${gained.length > 0 ? html`<p>gain <ins>${gained.join(', ')}</ins></p>` : nothing}
      ${lost.length > 0 ? html`<p>lose <del>${lost.join(', ')}</del></p>` : nothing}
    </div>`
  }

  const dialog = openDialog({
    title: role === undefined ? 'Create role' : `Edit ${role.name}`,
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
            ${[...groupsOf(catalogue)].map(
              ([resource, permissions]) => html`<fieldset>
                <legend>${resource.replaceAll('_', ' ')}</legend>
                ${permissions.map(
                  ({
                    name,
                    title,
                    sensitive,
                    description,
                  }) => html`<label class="choice" title=${description}>
                    <input type="checkbox" .checked=${chosen.has(name)} ?disabled=${!may(name) && !chosen.has(name)} @change=${toggle(name)} />
                    ${title} <code class="quiet">${name}</code> ${sensitive ? html`<span class="badge warn">sensitive</span>` : nothing}
                  </label>`,
                )}
              </fieldset>`,
            )}
            <p class="quiet">A permission that your own key does not have cannot be given.</p>
            ${changes()}
            <footer>
              <button type="button" @click=${close}>Cancel</button>
              <button class="primary" ?disabled=${isBusy}>${isBusy ? 'Saving …' : role === undefined ? 'Create role' : 'Save'}</button>
            </footer>
          </form>`,
  })
  return dialog
}

/** @param {ReadonlyMap<string, import('../types.js').Permission>} catalogue */
function groupsOf(catalogue) {
  /** @type {Map<string, import('../types.js').Permission[]>} */
  const groups = new Map()
  for (const permission of catalogue.values()) {
    const [resource = ''] = permission.name.split(':')
    groups.set(resource, [...(groups.get(resource) ?? []), permission])
  }
  return groups
}
