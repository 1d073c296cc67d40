import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { openIssue } from '../parts/issue.js'
import { expiryField, reachField, readChoices, roleField, toExpiresAt } from '../parts/key-form.js'
import { Loading } from '../parts/loading.js'
import { labelFault, metadataField, toMetadata } from '../parts/metadata-field.js'
import { accountPath } from '../state.js'

/** @typedef {import('../parts/issue.js').Issuing} Issuing */

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
  /** @param {SubmitEvent} event @param {Issuing} issuing */
  function submit(event, { start }) {
    event.preventDefault()
    start({
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

  /** @param {import('../parts/key-form.js').Choices} given @param {Issuing} issuing */
  const form = (
    given,
    issuing,
  ) => html`<form @submit=${(/** @type {SubmitEvent} */ event) => submit(event, issuing)}>
    ${issuing.problem()}
    <label>Name
      <input name="name" required data-most="120" autocomplete="off" autofocus .value=${values.name} @input=${set('name')} />
    </label>
    <label>Description <span class="quiet">(optional)</span>
      <textarea name="description" rows="2" data-most="1000" .value=${values.description} @input=${set('description')}></textarea>
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
      <button type="button" @click=${issuing.dismiss}>Cancel</button>
      <button class="primary" ?disabled=${issuing.isBusy() || (reach.isRestricted && reach.lists.size === 0) || labelFault(labels) !== undefined}>
        ${issuing.isBusy() ? busy('Generating …') : 'Generate Key'}
      </button>
    </footer>
  </form>`

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openIssue({
    title: 'Create API Key',
    path: `${accountPath()}/api-keys`,
    subject: ({ name }) => `The key ${name}`,
    changed,
    asks: true,
    form: (issuing) => choices.render((given) => form(given, issuing), 'roles and lists'),
  })
  void choices.start()
  return dialog
}
