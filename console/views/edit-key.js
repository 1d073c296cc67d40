import { call } from '../api.js'
import { html } from '../lit-html.js'
import { busy } from '../parts/busy.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { Editing } from '../parts/editing.js'
import {
  expiryField,
  expiryOf,
  reachField,
  readChoices,
  roleField,
  toExpiresAt,
} from '../parts/key-form.js'
import { Loading } from '../parts/loading.js'
import { labelFault, metadataField, toEntries, toMetadata } from '../parts/metadata-field.js'
import { isSameList, mergeLists, mergeValue, mergeValues } from '../parts/three-way.js'
import { textOfTime } from '../parts/time.js'
import { accountPath } from '../state.js'

/** @typedef {import('../types.js').ApiKey} ApiKey */

/**
 * Edits a key. If another person has changed the key meanwhile, shows both versions.
 * @param {{ key: ApiKey, etag: string }} found
 * @param {() => void} changed
 */
export function editKey({ key, etag }, changed) {
  const path = `${accountPath()}/api-keys/${key.id}`
  const choices = new Loading(readChoices, () => dialog?.update())
  const values = { name: key.name, description: key.description, role: key.role.id }
  const expiry = expiryOf(key.expires_at)
  const reach = { isRestricted: key.reach === 'allow_lists', lists: new Set(key.allow_list_ids) }
  const labels = toEntries(key.metadata)
  const update = () => dialog?.update()
  /** @type {Editing<ApiKey>} */
  const editing = new Editing({
    what: 'key',
    opened: { value: key, etag },
    read: async () => {
      const answer = await call('GET', path)
      return { value: answer.body.api_key, etag: answer.headers.get('etag') ?? '' }
    },
    merge,
    bodyOf,
    send: (body, version) =>
      call('PATCH', `${path}?wait_ms=0`, { body, headers: { 'if-match': version } }),
    saved: changed,
    facts,
    dialog: () => dialog,
  })

  /** @param {ApiKey} current @returns {ApiKey} */
  function merge(current) {
    const expiresAt = toExpiresAt(expiry)
    const isSameMinute = expiresAt?.slice(0, 16) === key.expires_at?.slice(0, 16)
    const roleId = mergeValue(key.role.id, values.role, current.role.id)
    return {
      ...current,
      name: mergeValue(key.name, values.name.trim(), current.name),
      description: mergeValue(key.description, values.description.trim(), current.description),
      role: roleId === current.role.id ? current.role : { id: roleId, name: roleName(roleId) },
      expires_at: isSameMinute ? current.expires_at : expiresAt,
      metadata: mergeValues(key.metadata, toMetadata(labels), current.metadata),
      ...mergeReach(current),
    }
  }

  /** @param {ApiKey} current */
  function mergeReach(current) {
    if (!reach.isRestricted) {
      if (key.reach === 'anywhere') return {}
      return { reach: 'anywhere', allow_list_ids: [] }
    }
    const wanted = [...reach.lists]
    // A reader who restricts a key, or lifts the restriction, wants these lists.
    const isNew = key.reach === 'anywhere' || current.reach === 'anywhere'
    if (isSameList(wanted.toSorted(), key.allow_list_ids.toSorted())) return {}
    const lists = isNew ? wanted : mergeLists(key.allow_list_ids, wanted, current.allow_list_ids)
    return { reach: 'allow_lists', allow_list_ids: lists }
  }

  /** @param {ApiKey} key */
  function facts({ name, description, role, expires_at: expiresAt, ...other }) {
    const lists = other.allow_list_ids.map((id) => listName(id))
    return /** @type {const} */ ([
      ['Name', name],
      ['Description', description || '–'],
      ['Role', role.name],
      ['Expires', expiresAt === null ? 'Never' : textOfTime(expiresAt)],
      ['Usable from', other.reach === 'anywhere' ? 'Any address' : lists.toSorted().join(', ')],
      ['Metadata', labelsOf(other.metadata)],
    ])
  }

  /** @param {string} id */
  const roleName = (id) => choices.value?.roles.find((role) => role.id === id)?.name ?? id
  /** @param {string} id */
  const listName = (id) => choices.value?.lists.find((list) => list.id === id)?.name ?? id

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault()
    void editing.save()
  }

  /** @param {'name' | 'description'} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }

  /** @param {import('../parts/key-form.js').Choices} given */
  const form = (given) => html`<form @submit=${submit}>
    <label>Name <input required data-most="120" autocomplete="off" .value=${values.name} @input=${set('name')} /></label>
    <label>Description <textarea rows="2" data-most="1000" .value=${values.description} @input=${set('description')}></textarea></label>
    ${roleField(given, values.role, (role) => {
      values.role = role
      update()
    })}
    ${expiryField(expiry, update, { hasDuration: false })}
    ${reachField(given, reach, update)}
    ${metadataField(labels, update)}
    <footer>
      <button type="button" @click=${() => dialog?.dismiss()}>Cancel</button>
      <button class="primary" ?disabled=${editing.isBusy || (reach.isRestricted && reach.lists.size === 0) || labelFault(labels) !== undefined}>${editing.isBusy ? busy('Saving …') : 'Save'}</button>
    </footer>
  </form>`

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: `Edit ${key.name}`,
    holds: () => holdOfWork(editing.isBusy),
    isForm: () => editing.isOpen,
    content: () => editing.render(() => choices.render(form, 'roles and lists')),
  })
  void choices.start()
  return dialog
}

/**
 * What differs, as the API takes it.
 * @param {ApiKey} merged
 * @param {ApiKey} current
 */
function bodyOf(merged, current) {
  const isSameReach =
    merged.reach === current.reach &&
    isSameList(merged.allow_list_ids.toSorted(), current.allow_list_ids.toSorted())
  const body = {
    ...(merged.name !== current.name && { name: merged.name }),
    ...(merged.description !== current.description && { description: merged.description }),
    ...(merged.role.id !== current.role.id && { role: merged.role.id }),
    ...(merged.expires_at !== current.expires_at && { expires_at: merged.expires_at }),
    ...(!isSameReach && {
      reach: merged.reach,
      ...(merged.reach === 'allow_lists' && { allow_list_ids: merged.allow_list_ids }),
    }),
    ...(labelsOf(merged.metadata) !== labelsOf(current.metadata) && { metadata: merged.metadata }),
  }
  return Object.keys(body).length === 0 ? undefined : body
}

/** @param {Readonly<Record<string, string>>} metadata */
function labelsOf(metadata) {
  const labels = Object.entries(metadata).map(([name, value]) => `${name}: ${value}`)
  return labels.toSorted().join(', ') || '–'
}
