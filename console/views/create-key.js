import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { issue } from '../parts/issue.js'
import { expiryField, reachField, readChoices, roleField, toExpiresAt } from '../parts/key-form.js'
import { Loading } from '../parts/loading.js'
import { metadataField, toMetadata } from '../parts/metadata-field.js'
import { accountPath } from '../state.js'

/**
 * The dialog Create API Key: asks, issues, and shows the token once.
 * @param {() => void} changed
 */
export function createKey(changed) {
  const choices = new Loading(readChoices, () => dialog?.update())
  const expiry = { kind: 'after', amount: '90', unit: 'days', date: '' }
  const reach = { isRestricted: false, lists: /** @type {Set<string>} */ (new Set()) }
  /** @type {import('../parts/metadata-field.js').Entry[]} */
  const labels = []
  const values = { name: '', description: '', role: '' }
  const update = () => dialog?.update()
  const issuing = issue({
    path: `${accountPath()}/api-keys`,
    update,
    changed,
    close: () => dialog?.close(),
  })

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault()
    void issuing.start({
      name: values.name.trim(),
      description: values.description.trim(),
      role: values.role,
      expires_at: toExpiresAt(expiry),
      allow_list_ids: reach.isRestricted ? [...reach.lists] : [],
      metadata: toMetadata(labels),
    })
  }

  /** @param {'name' | 'description'} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }

  /** @param {import('../parts/key-form.js').Choices} given */
  const form = (given) => html`<form @submit=${submit}>
    ${issuing.problem()}
    <label>Name
      <input name="name" required maxlength="120" autocomplete="off" autofocus .value=${values.name} @input=${set('name')} />
    </label>
    <label>Description <span class="quiet">(optional)</span>
      <textarea name="description" rows="2" maxlength="1000" .value=${values.description} @input=${set('description')}></textarea>
    </label>
    ${roleField(given, values.role, (role) => {
      values.role = role
      update()
    })}
    ${expiryField(expiry, update, { hasDuration: true })}
    ${reachField(given, reach, update)}
    ${metadataField(labels, update)}
    ${reach.isRestricted && reach.lists.size === 0 ? html`<p class="note warn">Select at least one allow list, or allow all addresses.</p>` : nothing}
    <footer>
      <button type="button" @click=${() => dialog?.close()}>Cancel</button>
      <button class="primary" ?disabled=${issuing.isBusy() || (reach.isRestricted && reach.lists.size === 0)}>
        ${issuing.isBusy() ? 'Generating …' : 'Generate Key'}
      </button>
    </footer>
  </form>`

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: 'Create API Key',
    mayClose: issuing.mayLeave,
    content: () => issuing.render() ?? choices.render(form, 'roles and lists'),
  })
  void choices.start()
  return dialog
}
