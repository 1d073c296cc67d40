import { Problem } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { hrefWith } from '../router.js'

/**
 * What went wrong, in words, with the id by which the operators find the request in their log.
 * @param {unknown} error
 * @param {() => void} [retry]
 */
export function problemOf(error, retry) {
  const { title, problem } = describe(error)
  if (isOfLostPage(problem)) return lostPage()
  return html`<div class="problem" role="alert" tabindex="-1">
    <strong>${title}</strong>
    <p>${problem.faults.length > 0 ? 'Mend what is listed here, then try again.' : problem.message}</p>
    ${faultsOf(problem)}
    ${problem.requestId === null ? nothing : html`<p class="quiet">Request id: <code>${problem.requestId}</code></p>`}
    ${retry ? html`<button type="button" @click=${retry}>Try again</button>` : nothing}
  </div>`
}

/** @param {Problem} problem */
function isOfLostPage({ faults }) {
  if (!new URLSearchParams(location.search).has('cursor')) return false
  return faults.some((fault) => fault.in === 'query' && nameOf(fault.field) === 'cursor')
}

/** An address of a page that the list does not have, such as one with another order. */
function lostPage() {
  return html`<div class="problem" role="alert" tabindex="-1">
    <strong>This page of the list is not there</strong>
    <p>The address of the page is not whole, or was made for another list or order.</p>
    <a class="button" href=${hrefWith({ cursor: null })}>First page</a>
  </div>`
}

/**
 * The page of a view that the reader may not see.
 * @param {string} what
 * @param {string} permission
 */
export function forbidden(what, permission) {
  return html`<div class="empty">
    <h2>You may not see ${what}</h2>
    <p>Your role does not have the permission <code>${permission}</code>. Ask an administrator of the account for a role that has it.</p>
  </div>`
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Problem)) return { title: 'The page failed', problem: failed(error) }
  return { title: titles[error.code] ?? 'The service refused this', problem: error }
}

/** @param {unknown} error a fault of the page itself */
function failed(error) {
  console.error(error)
  const detail = 'Reload the page. If that does not help, remove what follows ? from its address.'
  return new Problem({ status: 0, code: 'failed', detail })
}

/** @type {Record<string, string>} */
const titles = {
  unreachable: 'No answer',
  unavailable: 'The service cannot answer now',
  overloaded: 'The service is busy',
  outcome_unknown: 'Nobody knows whether this was done',
  permission_denied: 'You may not do this',
  escalation: 'This would grant more than you hold',
  not_found: 'It does not exist',
  name_taken: 'The name is taken',
  in_use: 'It is in use',
  precondition_failed: 'It has changed meanwhile',
  invalid_request: 'Something is not right yet',
  confirmation_required: 'This must be confirmed',
  unauthenticated: 'You are not signed in',
  session_ended: 'Your session had ended',
  internal: 'The service failed',
  unknown: 'The service cannot answer now',
}

/** @param {Problem} problem */
function faultsOf({ faults }) {
  if (faults.length === 0) return nothing
  return html`<ul>
    ${faults.map(({ field, message }) => html`<li><b>${nameOf(field)}</b> ${message}</li>`)}
  </ul>`
}

/**
 * The field as people call it: "entries, number 2" for the pointer /entries/1 (RFC 6901). The names
 * of metadata are the reader's own.
 * @param {string} field
 */
function nameOf(field) {
  const [name = '', ...steps] = field.slice(1).split('/')
  const inside = steps.map((step) =>
    /^\d+$/.test(step) && name !== 'metadata'
      ? `number ${Number(step) + 1}`
      : step.replaceAll('~1', '/').replaceAll('~0', '~'),
  )
  return [name.replaceAll('_', ' '), ...inside].join(', ')
}
