import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { Creation } from '../parts/creation.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Editing } from '../parts/editing.js'
import { Loading } from '../parts/loading.js'
import { effectiveOf, readCatalogue } from '../parts/permissions.js'
import { isSameList, mergeLists, mergeValue } from '../parts/three-way.js'
import { counted } from '../parts/words.js'
import { accountPath, state } from '../state.js'
import { permissionFields } from './role-fields.js'

/** @typedef {import('../types.js').Role} Role */
/** @typedef {ReadonlyMap<string, import('../types.js').Permission>} Catalogue */
/** @typedef {{ name: string, description: string, chosen: Set<string> }} Values */

/**
 * Creates or clones a role.
 * @param {object} options
 * @param {Catalogue} [options.catalogue] read here if the page does not have it
 * @param {Role} [options.from] to clone
 * @param {() => void} options.saved
 */
export function createRole({ catalogue, from, saved }) {
  /** @type {Values} */
  const values = {
    name: from === undefined ? '' : `Copy of ${from.name}`,
    description: from?.description ?? '',
    chosen: new Set(from?.permissions),
  }
  const creation = new Creation(() => dialog?.update())
  const known = new Loading(readCatalogue, () => dialog?.update())
  known.value = catalogue

  async function create() {
    if ((await creation.send(`${accountPath()}/roles`, wantedOf(values))) === undefined) return
    saved()
    dialog?.close()
  }

  /** @param {Catalogue} all @param {import('../parts/dialog.js').Dialog} opened */
  const form = (all, opened) => {
    const { isBusy } = creation
    return formOf(values, all, opened, { isBusy, verb: 'Create role', submit: create })
  }

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: 'Create role',
    holds: () => holdOfWork(creation.isBusy),
    isForm: () => true,
    content: (opened) =>
      html`${creation.render()} ${known.render((all) => form(all, opened), 'permissions')}`,
  })
  if (catalogue === undefined) void known.start()
  void creation.whenClosed(dialog, saved)
  return dialog
}

/**
 * Edits a role; before it is saved, says who gains and loses what.
 * @param {object} options
 * @param {Catalogue} options.catalogue
 * @param {Role} options.role
 * @param {() => void} options.saved
 */
export function editRole({ catalogue, role: { id, name }, saved }) {
  const path = `${accountPath()}/roles/${id}`
  const read = async () => {
    const { body, headers } = await call('GET', path)
    return { value: /** @type {Role} */ (body.role), etag: headers.get('etag') ?? '' }
  }
  // The row of the page may be old.
  const found = new Loading(
    async () => begin(await read()),
    () => dialog?.update(),
  )
  const consequences = (/** @type {Role} */ merged, /** @type {Role} */ current) =>
    consequencesOf(merged, current, catalogue)

  /** @param {{ value: Role, etag: string }} opened */
  function begin(opened) {
    const { name, description, permissions } = opened.value
    /** @type {Values} */
    const values = { name, description, chosen: new Set(permissions) }
    const editing = new Editing({
      what: 'role',
      opened,
      read,
      merge: (current) => merge(opened.value, wantedOf(values), current),
      bodyOf,
      send: (body, etag) =>
        call('PUT', `${path}?wait_ms=0`, { body, headers: { 'if-match': etag } }),
      saved,
      facts: (role) => [
        ['Name', role.name],
        ['Description', role.description || '–'],
        ['Permissions', role.permissions.toSorted().join(', ') || '–'],
      ],
      consequences,
      dialog: () => dialog,
    })
    return { values, editing }
  }

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: `Edit ${name}`,
    holds: () => holdOfWork(found.value?.editing.isBusy === true),
    isForm: () => found.value?.editing.isOpen === true,
    content: (opened) =>
      found.render(({ values, editing }) => {
        const { save: submit, isBusy, current, edited } = editing
        return editing.render(() => {
          const note = consequences(edited.merge(current.value), current.value)
          return formOf(values, catalogue, opened, { isBusy, verb: 'Save', submit, note })
        })
      }, 'the role'),
  })
  void found.start()
  return dialog
}

/**
 * @param {Role} opened
 * @param {Pick<Role, 'name' | 'description' | 'permissions'>} wanted
 * @param {Role} current
 */
function merge(opened, wanted, current) {
  const before = opened.permissions.toSorted()
  return {
    ...current,
    name: mergeValue(opened.name, wanted.name, current.name),
    description: mergeValue(opened.description, wanted.description, current.description),
    permissions: mergeLists(before, wanted.permissions, current.permissions.toSorted()),
  }
}

/** The whole role, as the API takes it. @param {Role} merged @param {Role} current */
function bodyOf({ name, description, permissions }, current) {
  const isSame =
    name === current.name &&
    description === current.description &&
    isSameList(permissions.toSorted(), current.permissions.toSorted())
  return isSame ? undefined : { name, description, permissions }
}

/** @param {Role} merged @param {Role} current @param {Catalogue} catalogue */
function consequencesOf(merged, current, catalogue) {
  const before = effectiveOf(current.permissions, catalogue)
  const after = effectiveOf(merged.permissions, catalogue)
  const gained = after.filter((name) => !before.includes(name))
  const lost = before.filter((name) => !after.includes(name))
  if (gained.length + lost.length === 0) return nothing
  return html`<div class="note warn" role="status">
    <p><b>${counted(current.key_count ?? 0, 'key')}</b> and ${counted(current.user_count ?? 0, 'user')} with this role:</p>
    ${gained.length > 0 ? html`<p>gain <ins>${gained.join(', ')}</ins></p>` : nothing}
    ${lost.length > 0 ? html`<p>lose <del>${lost.join(', ')}</del></p>` : nothing}
  </div>`
}

/**
 * @param {Values} values
 * @param {Catalogue} catalogue
 * @param {import('../parts/dialog.js').Dialog} dialog
 * @param {{ isBusy: boolean, verb: string, submit: () => unknown, note?: unknown }} options
 */
function formOf(values, catalogue, dialog, { isBusy, verb, submit, note = nothing }) {
  /** @param {'name' | 'description'} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }
  return html`<form
    @submit=${(/** @type {Event} */ event) => {
      event.preventDefault()
      void submit()
    }}
  >
    <label>Name <input required data-most="120" autocomplete="off" autofocus .value=${values.name} @input=${set('name')} /></label>
    <label>Description <span class="quiet">(optional)</span>
      <textarea rows="2" data-most="1000" .value=${values.description} @input=${set('description')}></textarea>
    </label>
    ${permissionFields(catalogue, values.chosen, dialog.update)}
    <p class="quiet">A permission that ${state.signedIn?.user ? 'your role in this account' : 'your own key'} does not have cannot be given.</p>
    ${note}
    <footer>
      <button type="button" @click=${dialog.dismiss}>Cancel</button>
      <button class="primary" ?disabled=${isBusy}>${isBusy ? busy('Saving …') : verb}</button>
    </footer>
  </form>`
}

/** @param {Values} values */
function wantedOf({ name, description, chosen }) {
  return { name: name.trim(), description: description.trim(), permissions: [...chosen].sort() }
}
