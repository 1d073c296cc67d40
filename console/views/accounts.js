import { call, get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { Creation } from '../parts/creation.js'
import { holdOfWork, openDialog } from '../parts/dialog.js'
import { exportButton } from '../parts/export-button.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden, problemOf } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { may, renameAccount, state } from '../state.js'

/** @typedef {import('../types.js').Account} Account */

/**
 * The accounts, for operators: opens, creates and renames them.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const { params } = context
  const sort = params.get('sort') ?? 'name'
  const page = new Loading(
    () => get(pathOf('/v1/accounts', { cursor: params.get('cursor'), sort, limit: 50 })),
    context.update,
  )
  const reload = () => void page.start()
  if (may('account:read')) reload()

  /** @type {readonly import('../types.js').Column<Account>[]} */
  const columns = [
    {
      label: 'Name',
      sort: 'name',
      cell: ({ id, name }) =>
        html`<a href="/console/keys?account=${id}">${name}</a> ${id === state.account?.id ? html`<span class="badge active">open</span>` : nothing}`,
    },
    { label: 'Account id', kind: 'wide', cell: ({ id }) => html`<code>${id}</code>` },
    { label: 'Project id', kind: 'wide', cell: ({ project_id: id }) => html`<code>${id}</code>` },
    { label: 'Created', sort: 'created_at', cell: ({ created_at: at }) => timeOf(at) },
    {
      label: 'Actions',
      kind: 'acts',
      cell: (account) =>
        may('account:update')
          ? html`<button type="button" aria-label="Rename ${account.name}" @click=${() => openForm(account, reload)}>Rename …</button>`
          : nothing,
    },
  ]

  return {
    title: 'Accounts',
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">Accounts</h1>
        <div class="acts">
          ${may('account:read') ? exportButton('/v1/accounts', 'accounts') : nothing}
          ${may('account:create') ? html`<button type="button" class="primary" @click=${() => openForm(undefined, reload)}>Create account</button>` : nothing}
        </div>
      </div>
      ${
        may('account:read')
          ? page.render(
              ({ accounts: rows, next_cursor: next }) =>
                rows.length === 0
                  ? empty('No accounts yet', 'An account owns keys, roles and allow lists.')
                  : html`${tableOf({ caption: 'Accounts', columns, rows, sort, isWhole: true })} ${pager(next, params)}`,
              'accounts',
            )
          : forbidden('the accounts', 'account:read')
      }
    `,
  }
}

/** @param {Account | undefined} account to rename @param {() => void} saved */
function openForm(account, saved) {
  let name = account?.name ?? ''
  let isBusy = false
  /** @type {unknown} */
  let problem
  const creation = new Creation(() => dialog.update())

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const body = { name: name.trim() }
    const isDone = account === undefined ? await create(body) : await rename(account, body)
    if (!isDone) return
    saved()
    dialog.close()
  }

  /** @param {object} body */
  async function create(body) {
    return (await creation.send('/v1/accounts', body)) !== undefined
  }

  /** @param {Account} renamed @param {object} body */
  async function rename({ id }, body) {
    isBusy = true
    problem = undefined
    dialog.update()
    try {
      renameAccount((await call('PATCH', `/v1/accounts/${id}`, { body })).body.account)
      return true
    } catch (error) {
      problem = error
      isBusy = false
      dialog.update()
      return false
    }
  }

  const dialog = openDialog({
    title: account === undefined ? 'Create account' : `Rename ${account.name}`,
    holds: () => holdOfWork(isBusy || creation.isBusy),
    content: ({ dismiss }) => html`<form @submit=${submit}>
      ${creation.render()} ${problem === undefined ? nothing : problemOf(problem)}
      <label>Name
        <input
          required
          data-most="120"
          autocomplete="off"
          autofocus
          .value=${name}
          @input=${(/** @type {any} */ event) => {
            name = event.target.value
          }}
        />
      </label>
      <footer>
        <button type="button" @click=${dismiss}>Cancel</button>
        <button class="primary" ?disabled=${isBusy || creation.isBusy}>${account === undefined ? 'Create' : 'Rename'}</button>
      </footer>
    </form>`,
  })
  void creation.whenClosed(dialog, saved)
}
