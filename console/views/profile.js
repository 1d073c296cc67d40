import { get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { Loading } from '../parts/loading.js'
import { problemOf } from '../parts/problem.js'
import { leaveForProviderOf } from '../parts/provider.js'
import { tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { statusOf } from '../parts/words.js'
import { hrefOf } from '../router.js'
import { may, nameOfReader } from '../state.js'

/** @typedef {import('../types.js').OwnAccount} OwnAccount */

/**
 * Who the reader is, and what the reader may do where.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const { user, api_key: key, permissions } = context.signedIn
  const list = new Loading(() => get('/v1/me/accounts'), context.update)
  void list.start()
  /** @type {unknown} */
  let problem
  let isBusy = false

  /** @param {import('../types.js').User} person @param {string} account */
  async function work(person, account) {
    isBusy = true
    problem = undefined
    context.update()
    try {
      return await leaveForProviderOf(person, { account })
    } catch (error) {
      problem = error
    }
    isBusy = false
    return context.update()
  }

  /** @type {readonly import('../types.js').Column<OwnAccount>[]} */
  const columns = [
    { label: 'Account', cell: ({ account }) => account.name },
    { label: 'Role', cell: ({ role }) => role.name },
    {
      label: 'Given',
      cell: ({ role_ends_at: end }) =>
        end === null
          ? 'in the account'
          : html`by the provider, until ${timeOf(end)} unless you sign in again`,
    },
    {
      label: 'Actions',
      kind: 'acts',
      cell: ({ account, current: isCurrent }) => {
        if (isCurrent) return html`<span class="badge active">you are here</span>`
        if (!user) return nothing
        return html`<button type="button" ?disabled=${isBusy} aria-label="Sign in to ${account.name}" @click=${() => work(user, account.id)}>Sign in …</button>`
      },
    },
  ]

  return {
    title: 'Profile',
    render: () => html`
      <div class="title"><h1 tabindex="-1">Profile</h1></div>
      <h2>${nameOfReader()}</h2>
      ${factsOf(user ? factsOfPerson(user) : key ? factsOfKey(key) : [])}
      <h2>${user ? 'My accounts' : 'Account'}</h2>
      ${problem === undefined ? nothing : problemOf(problem)}
      ${list.render(({ accounts: rows }) => tableOf({ caption: 'Accounts', columns, rows }), 'the accounts')}
      <h2>My sessions</h2>
      <p><a href=${hrefOf('sessions')}>Where ${user ? 'I am' : 'the key is'} signed in to this account</a></p>
      <h2>My permissions</h2>
      ${
        permissions.length === 0
          ? html`<p>The role has none.</p>`
          : html`<ul class="permissions">${permissions.map((name) => html`<li><code>${name}</code></li>`)}</ul>`
      }
    `,
  }
}

/** @param {import('../types.js').User} user */
function factsOfPerson({ email, email_verified: isVerified, issuer, subject }) {
  return [
    [
      'E-mail',
      email === null
        ? '–'
        : html`${email} ${isVerified ? nothing : html`<span class="quiet">not verified</span>`}`,
    ],
    ['Provider', issuer],
    ['Subject', html`<code class="wrap">${subject}</code>`],
  ]
}

/** @param {import('../types.js').ApiKey} key */
function factsOfKey({ id, status, expires_at: end, generation, hint }) {
  return [
    ['Status', statusOf(status)],
    ['Expires', timeOf(end, 'Never')],
    ['Token', html`Generation ${generation}, begins with <code class="wrap">${hint}</code>`],
    [
      'Key id',
      may('api_key:read')
        ? html`<a href=${hrefOf('keys', { key: id })}><code class="wrap">${id}</code></a>`
        : html`<code class="wrap">${id}</code>`,
    ],
  ]
}

/** @param {readonly unknown[][]} facts */
function factsOf(facts) {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}
