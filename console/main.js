import { get, on, Problem } from './api.js'
import { html, render } from './lit-html.js'
import {
  dismissAbove,
  dismissAll,
  dropAside,
  endSession,
  isHeld,
  keepFocus,
  redraw,
  takeBack,
} from './parts/layers.js'
import { readAgain } from './parts/loading.js'
import { problemOf } from './parts/problem.js'
import { cutTokens, guardFields } from './parts/tokens.js'
import { followLinks, go, hrefOf, navigation, viewName } from './router.js'
import { endSession as leave, say, shell, showEntry, viewToCome } from './shell.js'
import { openAccount, state } from './state.js'

/** @typedef {import('./types.js').OpenView} OpenView */
/** @typedef {{ open(context: import('./types.js').ViewContext): OpenView }} ViewModule */

/** Each view is loaded when it is first shown. */
/** @type {Record<string, () => Promise<ViewModule>>} */
const views = {
  keys: () => import('./views/keys.js'),
  findings: () => import('./views/findings.js'),
  roles: () => import('./views/roles.js'),
  lists: () => import('./views/lists.js'),
  users: () => import('./views/users.js'),
  activity: () => import('./views/activity.js'),
  accounts: () => import('./views/accounts.js'),
  instances: () => import('./views/instances.js'),
  sessions: () => import('./views/sessions.js'),
  profile: () => import('./views/profile.js'),
}

/**
 * @typedef {object} Shown
 * @property {string} name
 * @property {string} account
 * @property {import('./types.js').ViewContext} context
 * @property {OpenView} view
 */

/** @type {Shown | undefined} */
let shown
/**
 * The reader whose session has ended, and what was shown: it comes back with the same reader.
 * @type {{ reader: string, shown: Shown | undefined, account: typeof state.account } | undefined}
 */
let past
/** Whether the view of the URL is not there yet. */
let isComing = false
let isLeaving = false
/** @type {OpenView | undefined} the page that a reader without a session sees */
let gate
/** Whether the gate is that of a link: what the service answers late does not replace it. */
let hasLink = false
/** @type {unknown} */
let failure
let run = 0
/** The URL of what is shown. */
let href = ''

navigation.changed = () => {
  if (!openLink()) void show()
}
on.signedOut = () => signOut('Your session has ended. Sign in again to continue.', true)
on.left = () => {
  tabs.postMessage({ ended: state.signedIn?.session.id })
  signOut()
}
on.confirmation = async (detail) =>
  state.signedIn?.user
    ? (await import('./views/confirm-person.js')).askForProof(detail)
    : (await import('./views/confirmation.js')).askForKey(detail)
guardFields(() =>
  say(
    'That was a token. Only its public hint was kept: a token belongs into the sign-in field alone.',
  ),
)
followLinks()
// The browser may keep a left page in memory with all that it showed.
addEventListener('pageshow', (event) => event.persisted && location.reload())
addEventListener('hashchange', openLink)
// Such as a dialog whose module does not arrive.
addEventListener('unhandledrejection', () =>
  say('That did not work. Check the connection, reload the page, then try again.'),
)
const tabs = new BroadcastChannel('aeon-keys')
tabs.addEventListener('message', ({ data }) => {
  if (state.signedIn === undefined) return
  const { id } = state.signedIn.session
  if (data.ended === id) signOut('You have signed out in another tab.')
  if (data.began === undefined || data.began === id) return
  signOut(
    'The session was changed in another tab. Reload the page to continue as who is signed in there.',
    true,
  )
})
await start()

async function start() {
  const { secret, invitation, failure: refusal, isRoleKept } = takeFragment()
  try {
    if (refusal !== undefined) return await openGate({ failure: refusal })
    if (secret !== undefined || invitation !== undefined) {
      hasLink = true
      return await openGate({ secret, invitation })
    }
    const signedIn = await get('/v1/session')
    if (hasLink) {
      state.signedIn = signedIn
      return
    }
    await signIn(signedIn)
    if (isRoleKept) say('You were a user of the account before: your role stays as it is.')
    return
  } catch (error) {
    if (hasLink) return
    if (error instanceof Problem && error.status === 401) {
      // Where a provider leads back to after a logout there.
      const text = viewName() === 'signed-out' ? 'You are signed out of this console.' : undefined
      return await openGate({ text })
    }
    failure = error
    return update()
  }
}

/**
 * Shows the link that the reader has opened in this window; false if the URL has none. A dialog
 * that shows what nobody can show again asks first: the link can be opened again.
 */
function openLink() {
  if (location.hash === '') return false
  const { secret, invitation } = takeFragment()
  if (secret === undefined && invitation === undefined) return false
  if (!dismissAll()) return true
  hasLink = true
  void openGate({ secret, invitation })
  return true
}

/**
 * The secret of a link, or what became of a sign-in by a provider. Secrets leave the URL, and so
 * the history, before anything else happens.
 */
function takeFragment() {
  const [, secret] = /^#sign-in=(.+)$/.exec(location.hash) ?? []
  const [, invitation] = /^#invitation=(.+)$/.exec(location.hash) ?? []
  const isRoleKept = location.hash === '#role-kept'
  const [, failure] = /^#sign-in-failed=(\w+)$/.exec(location.hash) ?? []
  // A token does not belong into an address either.
  const search = cutTokens(location.search)
  if (location.hash !== '' || search !== location.search) {
    history.replaceState(null, '', location.pathname + search)
  }
  return { secret, invitation, failure, isRoleKept }
}

/**
 * @param {object} reason
 * @param {string | undefined} [reason.secret]
 * @param {string | undefined} [reason.invitation]
 * @param {string | undefined} [reason.text]
 * @param {string} [reason.failure]
 */
async function openGate(reason) {
  const { open } = await import('./views/sign-in.js')
  gate = open({ ...reason, signIn, update })
  update()
}

/** @param {import('./types.js').SignedIn} signedIn */
function signIn(signedIn) {
  gate = undefined
  hasLink = false
  state.signedIn = signedIn
  tabs.postMessage({ began: signedIn.session.id })
  const before = past
  past = undefined
  if (before?.shown !== undefined && before.reader === readerOf(signedIn)) {
    state.account = before.account
    if (takeBack()) return goOn(before.shown, signedIn)
  }
  dropAside()
  return show()
}

/**
 * Shows what was there when the session ended, with what the reader had typed.
 * @param {Shown} before
 * @param {import('./types.js').SignedIn} signedIn
 */
function goOn(before, signedIn) {
  shown = before
  shown.context.signedIn = signedIn
  if (location.href !== href) history.pushState(null, '', href)
  update()
  readAgain()
}

/** @param {import('./types.js').SignedIn} signedIn */
function readerOf({ api_key: key, user, account }) {
  return `${key?.id ?? user?.id} in ${account.id}`
}

/**
 * @param {string} [text] for the sign-in page
 * @param {boolean} [isKept] whether the same reader finds the open dialogs again
 */
function signOut(text, isKept = false) {
  if (state.signedIn === undefined) return
  past = isKept ? { reader: readerOf(state.signedIn), shown, account: state.account } : undefined
  state.signedIn = undefined
  state.account = undefined
  shown = undefined
  endSession(isKept)
  if (!hasLink) void openGate(text === undefined ? {} : { text })
}

async function leavePage() {
  isLeaving = true
  update()
  await leave()
  isLeaving = false
  update()
}

/** Shows what the URL says. */
async function show() {
  if (state.signedIn === undefined) return update()
  // A dialog asks before the browser's Back loses what it shows.
  if (isHeld() && !dismissAll()) return history.pushState(null, '', href)
  href = location.href
  failure = undefined
  run += 1
  const thisRun = run
  const name = viewName()
  const params = new URLSearchParams(location.search)
  const account = params.get('account') ?? ''
  if (shown?.name === name && shown.account === account && shown.view.change !== undefined) {
    dismissAbove()
    isComing = false
    shown.context.params = params
    shown.view.change()
    return update()
  }
  const load = Object.hasOwn(views, name) ? views[name] : undefined
  if (load === undefined) return go(hrefOf('keys'), { replace: true })
  if (shown !== undefined && (shown.name !== name || shown.account !== account)) {
    isComing = true
    update()
    showEntry()
  }
  try {
    const [module] = await Promise.all([load(), openAccount(params.get('account'))])
    if (thisRun !== run || state.signedIn === undefined || state.account === undefined) return
    const context = { signedIn: state.signedIn, account: state.account, params, update }
    const isFirst = shown === undefined
    dismissAll()
    isComing = false
    shown = { name, account, context, view: module.open(context) }
    update()
    showEntry()
    if (!isFirst) document.querySelector('h1')?.focus()
  } catch (error) {
    if (thisRun !== run) return
    isComing = false
    shown = undefined
    failure = error instanceof TypeError ? outdated() : error
    update()
  }
}

/** A module of this version is not served any more: another version is. */
function outdated() {
  return new Problem({
    status: 0,
    code: 'unreachable',
    detail:
      'This part of the console could not be loaded. Reload the page; the service may have been updated.',
  })
}

function update() {
  redraw(() => render(page(), document.body), keepFocus)
  document.title = `${gate?.title ?? shown?.view.title ?? 'Console'} – aeon-keys`
}

function page() {
  const leaving = { isLeaving, leave: leavePage }
  if (gate !== undefined) return gate.render()
  if (failure !== undefined) {
    const retry = () => location.reload()
    const way =
      state.lost && html`<p><a class="button" href=${hrefOf('keys')}>Open your own account</a></p>`
    const content = html`<h1 tabindex="-1">Console</h1>${problemOf(failure, retry)} ${way}`
    return state.signedIn === undefined ? html`<main>${content}</main>` : shell(content, leaving)
  }
  if (state.signedIn === undefined || shown === undefined) {
    return html`<main><div class="loading" role="status"><span class="spinner"></span> Loading …</div></main>`
  }
  return shell(isComing ? viewToCome() : shown.view.render(), leaving)
}
