import { html, nothing } from '../lit-html.js'
import { problemOf } from './problem.js'

/** @typedef {{ key: import('../types.js').ApiKey, generation: number }} Lost */
/** @typedef {{ problem: unknown, isBusy: boolean, dismiss: () => void }} Trouble */

/**
 * No answer says whether a token was issued.
 * @param {string} subject such as "The key deploy"
 * @param {Trouble & { retry: () => void }} trouble
 */
export function unknownOutcome(subject, { problem, isBusy, dismiss, retry }) {
  return html`
    <div class="note warn" role="alert">
      <p><b>${subject} may have been issued: its answer did not arrive.</b></p>
      <p>Try again: the service recognizes the request and issues nothing twice. If it has issued the token that did not arrive, the page offers a new one in its place.</p>
    </div>
    ${problem === undefined ? nothing : problemOf(problem)}
    <footer>
      <button type="button" @click=${dismiss}>Close</button>
      <button type="button" class="primary" ?disabled=${isBusy} @click=${retry}>${isBusy ? 'Asking …' : 'Try again'}</button>
    </footer>`
}

/**
 * A token was issued and not received.
 * @param {Lost} lost
 * @param {Trouble & { replace: (lost: Lost) => void }} trouble
 */
export function lostToken(lost, { problem, isBusy, dismiss, replace }) {
  const { key, generation } = lost
  return html`
    <div class="note warn" role="alert">
      <p><b>The key was issued, but its answer did not arrive.</b></p>
      <p>It is <b>${key.name}</b>, generation ${generation}, and begins with <code class="wrap">${key.hint}</code>. Its token cannot be shown again, and nobody has used it. Replace it by a new token, which ends the one that was lost.</p>
    </div>
    ${problem === undefined ? nothing : problemOf(problem)}
    <footer>
      <button type="button" @click=${dismiss}>Close</button>
      <button type="button" class="primary" ?disabled=${isBusy} @click=${() => replace(lost)}>Show a new token</button>
    </footer>`
}
