import { call, Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import {
  expiryField,
  expiryOf,
  reachField,
  readChoices,
  roleField,
  toExpiresAt,
} from '../parts/key-form.js'
import { Loading } from '../parts/loading.js'
import { metadataField, toEntries, toMetadata } from '../parts/metadata-field.js'
import { problemOf } from '../parts/problem.js'
import { followReceipt, progressOf } from '../parts/receipt.js'
import { accountPath } from '../state.js'

/** @typedef {import('../types.js').ApiKey} ApiKey */

/**
 * Edits a key. If somebody else has changed the key meanwhile, shows both versions.
 * @param {{ key: ApiKey, etag: string }} found
 * @param {() => void} changed
 */
export function editKey({ key, etag: readEtag }, changed) {
  const path = `${accountPath()}/api-keys/${key.id}`
  const choices = new Loading(readChoices, () => dialog?.update())
  const values = { name: key.name, description: key.description, role: key.role.id }
  const expiry = expiryOf(key.expires_at)
  const reach = { isRestricted: key.reach === 'allow_lists', lists: new Set(key.allow_list_ids) }
  const labels = toEntries(key.metadata)
  let base = key
  let etag = readEtag
  let isBusy = false
  /** @type {unknown} */
  let problem
  /** @type {ApiKey | undefined} the key as somebody else has left it */
  let theirs
  /** @type {import('../parts/receipt.js').Progress | undefined} */
  let progress
  const update = () => dialog?.update()

  /** Only what the reader has changed is sent. */
  function patch() {
    const expiresAt = toExpiresAt(expiry)
    const isSameMinute = expiresAt?.slice(0, 16) === base.expires_at?.slice(0, 16)
    const lists = [...reach.lists].sort()
    const metadata = toMetadata(labels)
    return {
      ...(values.name.trim() !== base.name && { name: values.name.trim() }),
      ...(values.description.trim() !== base.description && {
        description: values.description.trim(),
      }),
      ...(values.role !== base.role.id && { role: values.role }),
      ...(!isSameMinute && { expires_at: expiresAt }),
      ...(!reach.isRestricted && base.reach !== 'anywhere' && { reach: 'anywhere' }),
      ...(reach.isRestricted &&
        (base.reach === 'anywhere' || lists.join() !== [...base.allow_list_ids].sort().join()) && {
          reach: 'allow_lists',
          allow_list_ids: lists,
        }),
      ...(JSON.stringify(metadata) !== JSON.stringify(base.metadata) && { metadata }),
    }
  }

  async function save() {
    const body = patch()
    if (Object.keys(body).length === 0) return dialog?.close()
    isBusy = true
    problem = undefined
    update()
    const startedAt = performance.now()
    try {
      const answer = await call('PATCH', `${path}?wait_ms=0`, {
        body,
        headers: { 'if-match': etag },
      })
      theirs = undefined
      changed()
      await followReceipt(answer.body.receipt, startedAt, (latest) => {
        progress = latest
        update()
      })
    } catch (error) {
      if (error instanceof Problem && error.status === 412) await readTheirs()
      else problem = error
    }
    isBusy = false
    return update()
  }

  async function readTheirs() {
    const answer = await call('GET', path)
    theirs = answer.body.api_key
    etag = answer.headers.get('etag') ?? ''
  }

  function saveOver() {
    if (theirs !== undefined) base = theirs
    return save()
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault()
    void save()
  }

  /** @param {'name' | 'description'} field */
  const set = (field) => (/** @type {any} */ event) => {
    values[field] = event.target.value
  }

  /** @param {import('../parts/key-form.js').Choices} given */
  const form = (given) => html`<form @submit=${submit}>
    ${problem === undefined ? nothing : problemOf(problem)}
    <label>Name <input required maxlength="120" autocomplete="off" .value=${values.name} @input=${set('name')} /></label>
    <label>Description <textarea rows="2" maxlength="1000" .value=${values.description} @input=${set('description')}></textarea></label>
    ${roleField(given, values.role, (role) => {
      values.role = role
      update()
    })}
    ${expiryField(expiry, update, { hasDuration: false })}
    ${reachField(given, reach, update)}
    ${metadataField(labels, update)}
    <footer>
      <button type="button" @click=${() => dialog?.close()}>Cancel</button>
      <button class="primary" ?disabled=${isBusy || (reach.isRestricted && reach.lists.size === 0)}>${isBusy ? 'Saving …' : 'Save'}</button>
    </footer>
  </form>`

  const conflict = (/** @type {ApiKey} */ other) => html`
    <div class="note warn" role="alert"><b>Somebody has changed this key since you opened it.</b> Compare, then decide.</div>
    <div class="difference">
      ${column('As it is now', other)}
      ${column('As you want it', { ...base, ...patch(), role: { id: values.role, name: roleName(values.role) } })}
    </div>
    <footer>
      <button type="button" @click=${() => dialog?.close()}>Keep it as it is now</button>
      <button type="button" class="primary" ?disabled=${isBusy} @click=${saveOver}>Save mine</button>
    </footer>`

  /** @param {string} id */
  const roleName = (id) => choices.value?.roles.find((role) => role.id === id)?.name ?? id

  const done =
    () => html`${problem === undefined ? nothing : problemOf(problem)} ${progressOf(progress, 'In effect everywhere')}
    <footer><button type="button" class="primary" @click=${() => dialog?.close()}>Done</button></footer>`

  /** @type {import('../parts/dialog.js').Dialog | undefined} */
  let dialog
  dialog = openDialog({
    title: `Edit ${key.name}`,
    content: () => {
      if (progress !== undefined) return done()
      return theirs === undefined ? choices.render(form, 'roles and lists') : conflict(theirs)
    },
  })
  void choices.start()
  return dialog
}

/** @param {string} title @param {ApiKey} key */
function column(title, key) {
  return html`<section aria-label=${title}>
    <h3>${title}</h3>
    <dl class="facts">
      ${[
        ['Name', key.name],
        ['Description', key.description],
        ['Role', key.role.name],
        ['Expires', key.expires_at ?? 'Never'],
        [
          'Usable from',
          key.reach === 'anywhere' ? 'Any address' : `${key.allow_list_ids.length} allow lists`,
        ],
        ['Metadata', JSON.stringify(key.metadata)],
      ].map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
  </section>`
}
