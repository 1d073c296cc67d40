import { get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { exportButton } from '../parts/export-button.js'
import { Invitations } from '../parts/invitations.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { hrefOf } from '../router.js'
import { accountPath, may, nameOfUser, state } from '../state.js'

/** @typedef {import('../types.js').User} User */

/**
 * The people who have a role in the account, and those who are invited.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const { params } = context
  const sort = params.get('sort') ?? '-created_at'
  const query = { cursor: params.get('cursor'), sort, limit: 50 }
  const page = new Loading(() => get(pathOf(`${accountPath()}/users`, query)), context.update)
  const reload = () => void page.start()
  const invitations = new Invitations(context.update)
  if (may('account_user:read')) {
    reload()
    invitations.start()
  }
  const invite = async () => (await import('./invite.js')).invitePeople(() => invitations.start())
  const change = async (/** @type {User} */ user) =>
    (await import('./change-user.js')).changeRole(user, reload)
  const remove = async (/** @type {User} */ user) =>
    (await import('./remove-user.js')).removeUser(user, reload)

  /** @type {readonly import('../types.js').Column<User>[]} */
  const columns = [
    {
      label: 'Person',
      cell: (user) =>
        html`${nameOfUser(user)} ${isReader(user) ? html`<span class="badge active">you</span>` : nothing}`,
    },
    {
      label: 'E-mail',
      cell: ({ email, email_verified: isVerified }) =>
        email === null
          ? '–'
          : html`${email} ${isVerified ? nothing : html`<span class="quiet">not verified</span>`}`,
    },
    {
      label: 'Role',
      cell: ({ role, role_mapped: isMapped }) =>
        html`${role.name} ${isMapped ? html`<span class="quiet">from the provider</span>` : nothing}`,
    },
    {
      label: 'Keys',
      kind: 'wide',
      cell: ({ id, key_count: count = 0 }) =>
        count === 0 ? '0' : html`<a href=${hrefOf('keys', { created_by: id })}>${count}</a>`,
    },
    {
      label: 'Signed in',
      kind: 'wide',
      cell: ({ signed_in_at: at }) => (at === null ? 'never' : timeOf(at)),
    },
    { label: 'Added', sort: 'created_at', kind: 'wide', cell: (user) => timeOf(user.created_at) },
    { label: 'Actions', kind: 'acts', cell: actsOf },
  ]

  /** What would be refused is not offered. @param {User} user */
  function actsOf(user) {
    if (isReader(user)) return nothing
    const name = nameOfUser(user)
    return html`${
      may('account_user:update') && !user.role_mapped
        ? html`<button type="button" aria-label="Change role of ${name}" @click=${() => change(user)}>Change role …</button>`
        : nothing
    }
    ${
      may('account_user:delete')
        ? html`<button type="button" class="danger quiet-button" aria-label="Remove ${name}" @click=${() => remove(user)}>Remove …</button>`
        : nothing
    }`
  }

  return {
    title: 'Users',
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">Users</h1>
        <div class="acts">
          ${may('account_user:read') ? exportButton(`${accountPath()}/users`, 'users') : nothing}
          ${may('account_user:invite') ? html`<button type="button" class="primary" @click=${invite}>Invite</button>` : nothing}
        </div>
      </div>
      ${
        may('account_user:read')
          ? page.render(
              ({ users: rows, next_cursor: next }) =>
                rows.length === 0
                  ? empty(
                      'No users yet',
                      'People who sign in by a provider appear here, once its claims, an administrator or an invitation give them a role.',
                    )
                  : html`${tableOf({ caption: 'Users', columns, rows, sort, isWhole: true })} ${pager(next, params)}`,
              'users',
            )
          : forbidden('the users', 'account_user:read')
      }
      ${may('account_user:read') ? invitations.render() : nothing}
    `,
  }
}

/** @param {User} user */
function isReader({ id }) {
  return id === state.signedIn?.user?.id
}
