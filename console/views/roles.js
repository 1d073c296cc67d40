import { call, get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { ask } from '../parts/ask.js'
import { busy } from '../parts/busy.js'
import { openDialog } from '../parts/dialog.js'
import { exportButton } from '../parts/export-button.js'
import { Loading } from '../parts/loading.js'
import { effectiveOf, readCatalogue } from '../parts/permissions.js'
import { forbidden, problemOf } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { clamped, counted } from '../parts/words.js'
import { forget, hrefOf, hrefWith } from '../router.js'
import { accountPath, may } from '../state.js'

/** @typedef {import('../types.js').Role} Role */
/** @typedef {ReadonlyMap<string, import('../types.js').Permission>} Catalogue */

/**
 * The roles of the account, built in and its own.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const query = {
    cursor: context.params.get('cursor'),
    sort: context.params.get('sort') ?? 'name',
    limit: 50,
  }
  const page = new Loading(async () => {
    const [roles, permissions] = await Promise.all([
      get(pathOf(`${accountPath()}/roles`, query)),
      readCatalogue(),
    ])
    return { ...roles, permissions }
  }, context.update)
  const reload = () => void page.start()
  const create = async () => {
    const { createRole } = await import('./edit-role.js')
    createRole({ ...(page.value && { catalogue: page.value.permissions }), saved: reload })
  }

  /** @type {(catalogue: Catalogue) => readonly import('../types.js').Column<Role>[]} */
  const columnsOf = (catalogue) => [
    {
      label: 'Name',
      sort: 'name',
      cell: (role) => html`<a
        href=${hrefWith({ role: role.id })}
        @click=${(/** @type {Event} */ event) => {
          event.preventDefault()
          openDetails(role, catalogue, reload)
        }}
        >${role.name}</a
      >`,
    },
    { label: 'Description', kind: 'wide', cell: (role) => clamped(role.description) },
    { label: 'Type', cell: (role) => (role.built_in ? 'Built-in' : 'Custom') },
    {
      label: 'Permissions',
      kind: 'wide',
      cell: (role) => effectiveOf(role.permissions, catalogue).length,
    },
    {
      label: 'Keys',
      cell: (role) =>
        html`<a href=${hrefOf('keys', { role: role.id })}>${counted(role.key_count ?? 0, 'key')}</a>`,
    },
    { label: 'Users', kind: 'wide', cell: (role) => role.user_count ?? 0 },
  ]

  const asked = context.params.get('role')
  if (may('role:read'))
    void page
      .start()
      .then(() => asked !== null && page.value && openAsked(asked, page.value.permissions, reload))
  return {
    title: 'Roles',
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">Roles</h1>
        <div class="acts">
          ${may('role:read') ? exportButton(`${accountPath()}/roles`, 'roles') : nothing}
          ${may('role:create') ? html`<button type="button" class="primary" @click=${create}>Create role</button>` : nothing}
        </div>
      </div>
      ${
        may('role:read')
          ? page.render(
              ({ roles: rows, next_cursor: next, permissions }) =>
                html`${tableOf({ caption: 'Roles', columns: columnsOf(permissions), rows, sort: query.sort })} ${pager(next, context.params)}`,
              'roles',
            )
          : forbidden('the roles of this account', 'role:read')
      }
    `,
  }
}

/** @param {string} id @param {Catalogue} catalogue @param {() => void} reload */
async function openAsked(id, catalogue, reload) {
  try {
    await openDetails(
      (await get(`${accountPath()}/roles/${encodeURIComponent(id)}`)).role,
      catalogue,
      reload,
    ).closed
  } catch {
    // The role is gone; the page shows those that there are.
  }
  if (new URLSearchParams(location.search).get('role') === id) forget('role')
}

/** @param {Role} role @param {Catalogue} catalogue @param {() => void} reload */
function openDetails(role, catalogue, reload) {
  /** @type {unknown} */
  let problem
  let isBusy = false
  const effective = effectiveOf(role.permissions, catalogue)

  async function remove() {
    if (
      !(await ask({
        title: 'Delete role',
        text: html`<p><b>${role.name}</b> is deleted for good.</p>`,
        yes: 'Delete',
        typed: role.name,
      }))
    )
      return
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      await call('DELETE', `${accountPath()}/roles/${role.id}`)
      dialog.close()
      reload()
    } catch (error) {
      problem = error
      isBusy = false
      dialog.update()
    }
  }

  async function edit() {
    const { editRole } = await import('./edit-role.js')
    dialog.close()
    editRole({ catalogue, role, saved: reload })
  }

  async function clone() {
    const { createRole } = await import('./edit-role.js')
    dialog.close()
    createRole({ catalogue, from: role, saved: reload })
  }

  /** @param {readonly string[]} names */
  const listOf = (names) => html`<ul class="permissions">
    ${names.map((name) => html`<li title=${catalogue.get(name)?.description ?? ''}>${catalogue.get(name)?.title ?? name}${catalogue.get(name)?.sensitive ? html` <span class="badge warn">sensitive</span>` : ''}</li>`)}
  </ul>`

  const dialog = openDialog({
    title: 'Role Details',
    kind: 'sheet',
    content: () => html`
      <h3 class="subject">${role.name}</h3>
      ${problem === undefined ? nothing : problemOf(problem)}
      <dl class="facts">
        <div><dt>Description</dt><dd>${role.description || '–'}</dd></div>
        <div><dt>Type</dt><dd>${role.built_in ? 'Built-in' : 'Custom'}</dd></div>
        <div><dt>Keys</dt><dd><a href=${hrefOf('keys', { role: role.id })}>${counted(role.key_count ?? 0, 'key')}</a></dd></div>
        <div><dt>Users</dt><dd>${role.user_count ?? 0}</dd></div>
        ${may('audit_event:read') ? html`<div><dt>Events</dt><dd><a href=${hrefOf('activity', { resource_id: role.id })}>What happened to it</a></dd></div>` : nothing}
        <div><dt>Id</dt><dd><code class="wrap">${role.id}</code></dd></div>
      </dl>
      <div class="acts">
        ${may('role:update') && !role.built_in ? html`<button type="button" @click=${edit}>Edit …</button>` : nothing}
        ${may('role:create') ? html`<button type="button" @click=${clone}>Clone …</button>` : nothing}
        ${may('role:delete') && !role.built_in && role.key_count === 0 && role.user_count === 0 ? html`<button type="button" class="danger" ?disabled=${isBusy} @click=${remove}>${isBusy ? busy('Deleting …') : 'Delete …'}</button>` : nothing}
      </div>
      <h3>Permissions (${role.permissions.length})</h3>
      ${listOf(role.permissions)}
      <h3>Effective permissions (${effective.length})</h3>
      <p class="quiet">With what these permissions include.</p>
      ${listOf(effective)}
    `,
  })
  return dialog
}
