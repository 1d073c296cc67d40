import { call, get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { accountPath, may } from '../state.js'
import { ask } from './ask.js'
import { Loading } from './loading.js'
import { problemOf } from './problem.js'
import { tableOf } from './table.js'
import { timeOf } from './time.js'
import { actorOf, statusOf } from './words.js'

/** @typedef {import('../types.js').Invitation} Invitation */

/** The invitations of the account that nobody has redeemed yet: sent again, or withdrawn. */
export class Invitations {
  #update
  #list
  /** @type {unknown} */
  #problem

  /** @param {() => void} update shows the page anew */
  constructor(update) {
    this.#update = update
    const query = { sort: '-created_at', limit: 200 }
    this.#list = new Loading(() => get(pathOf(`${accountPath()}/invitations`, query)), update)
  }

  start() {
    this.#problem = undefined
    void this.#list.start()
  }

  render() {
    return this.#list.render(
      ({ invitations: rows }) =>
        rows.length === 0 && this.#problem === undefined
          ? nothing
          : html`<section>
              <h2>Invitations</h2>
              ${this.#problem === undefined ? nothing : problemOf(this.#problem)}
              ${tableOf({ caption: 'Invitations', columns: this.#columns(), rows, isWhole: true })}
            </section>`,
      'the invitations',
    )
  }

  /** @returns {readonly import('../types.js').Column<Invitation>[]} */
  #columns() {
    return [
      { label: 'E-mail', cell: ({ email }) => email },
      { label: 'Role', cell: ({ role }) => role.name },
      { label: 'Status', cell: ({ status }) => statusOf(status) },
      { label: 'Invited by', kind: 'wide', cell: (invitation) => actorOf(invitation.invited_by) },
      { label: 'Sent', kind: 'wide', cell: (invitation) => timeOf(invitation.sent_at) },
      { label: 'Expires', kind: 'wide', cell: (invitation) => timeOf(invitation.expires_at) },
      {
        label: 'Actions',
        kind: 'acts',
        cell: (invitation) =>
          may('account_user:invite')
            ? html`<button type="button" aria-label="Send again to ${invitation.email}" @click=${() => this.#resend(invitation)}>Send again …</button>
                <button type="button" class="danger quiet-button" aria-label="Withdraw the invitation of ${invitation.email}" @click=${() => this.#withdraw(invitation)}>Withdraw …</button>`
            : nothing,
      },
    ]
  }

  /** @param {Invitation} invitation */
  async #resend(invitation) {
    const { resend } = await import('../views/invite.js')
    resend(invitation, () => this.start())
  }

  /** @param {Invitation} invitation */
  async #withdraw({ id, account_id: accountId, email }) {
    const isMeant = await ask({
      title: 'Withdraw the invitation',
      text: html`<p>The link that was sent to <b>${email}</b> stops working.</p>`,
      yes: 'Withdraw',
    })
    if (!isMeant) return
    try {
      await call('DELETE', `/v1/accounts/${accountId}/invitations/${id}`)
      this.start()
    } catch (error) {
      this.#problem = error
      this.#update()
    }
  }
}
