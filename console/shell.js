import { call, on, Problem } from './api.js'
import { html, nothing } from './lit-html.js'
import { hrefOf, viewName } from './router.js'
import { may, nameOfReader, state } from './state.js'

/** @type {readonly { view: string, label: string, permission?: string }[]} */
const entries = [
  { view: 'keys', label: 'API Keys' },
  { view: 'findings', label: 'Findings', permission: 'api_key:read' },
  { view: 'roles', label: 'Roles', permission: 'role:read' },
  { view: 'lists', label: 'IP Allow Lists', permission: 'allow_list:read' },
  { view: 'users', label: 'Users', permission: 'account_user:read' },
  { view: 'activity', label: 'Activity', permission: 'audit_event:read' },
  { view: 'accounts', label: 'Accounts', permission: 'account:read' },
  { view: 'instances', label: 'Instances', permission: 'instance:read' },
  { view: 'sessions', label: 'My Sessions' },
  { view: 'profile', label: 'Profile' },
]

let timer = 0

/**
 * Says something in passing, also to those who cannot see it.
 * @param {string} text
 */
export function say(text) {
  for (const place of document.querySelectorAll('[data-says]')) place.textContent = text
  clearTimeout(timer)
  if (text !== '') timer = window.setTimeout(() => say(''), 8000)
}

/**
 * What surrounds every view.
 * @param {unknown} content
 * @param {{ isLeaving: boolean, leave: () => void }} leaving
 */
export function shell(content, { isLeaving, leave }) {
  const current = viewName()
  const { signedIn, account } = state
  const isForeign = account !== undefined && account.id !== signedIn?.account.id
  const reader = nameOfReader()
  return html`
    <a class="skip" href="#content" @click=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href=${hrefOf('keys')}>aeon-keys</a>
      ${account === undefined ? nothing : html`<span class="account ${isForeign ? 'foreign' : ''}" title="${account.name} (account ${account.id})">${account.name}</span>`}
      <span class="who" title=${reader ?? nothing}>Signed in ${signedIn?.user ? 'as' : 'with'} <b>${reader}</b></span>
      <button type="button" ?disabled=${isLeaving} @click=${leave}>${isLeaving ? 'Signing out …' : 'Sign out'}</button>
    </header>
    <nav class="side" aria-label="Console">
      <ul>
        ${entries
          .filter(({ permission }) => permission === undefined || may(permission))
          .map(
            ({ view, label }) => html`<li>
              <a href=${hrefOf(view)} aria-current=${view === current ? 'page' : nothing}>${label}</a>
            </li>`,
          )}
      </ul>
    </nav>
    <main id="content">${content}</main>
    <div class="toast" role="status" data-says></div>
  `
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault()
  document.querySelector('h1')?.focus()
}

/** What the page shows while a view arrives. */
export function viewToCome() {
  const { label = 'Console' } = entries.find(({ view }) => view === viewName()) ?? {}
  return html`<div class="title"><h1 tabindex="-1">${label}</h1></div>
    <div class="loading" role="status"><span class="spinner"></span> Loading …</div>`
}

/** On a narrow page the navigation is wider than the window: shows its current entry. */
export function showEntry() {
  const entry = document.querySelector('.side [aria-current]')
  const side = entry?.closest('.side')
  if (!(entry instanceof HTMLElement && side instanceof HTMLElement)) return
  side.scrollLeft = entry.offsetLeft - (side.clientWidth - entry.offsetWidth) / 2
}

/**
 * Ends the reader's own session, or says that it goes on; then leads to the logout of the provider.
 */
export async function endSession() {
  /** @type {string | null} */
  let logoutUrl = null
  try {
    const { body } = await call('DELETE', '/v1/session')
    logoutUrl = body.logout_url
  } catch (error) {
    const isOver = error instanceof Problem && error.status === 401
    if (!isOver)
      return say(`You are still signed in: ${error instanceof Error ? error.message : ''}`)
  }
  on.left()
  if (logoutUrl !== null) location.assign(logoutUrl)
}
