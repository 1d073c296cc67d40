import { html, nothing } from '../lit-html.js'
import { Copier } from './copier.js'
import { problemOf } from './problem.js'

/**
 * @typedef {object} Outcome what became of one invitation
 * @property {string} email
 * @property {string} [link]
 * @property {string} [mail] what became of its mail
 * @property {unknown} [problem]
 */

/** Shows the links of new invitations, once, and what was refused. */
export class NewLinks {
  #outcomes
  #copier

  /** @param {readonly Outcome[]} outcomes @param {() => void} update */
  constructor(outcomes, update) {
    this.#outcomes = outcomes
    this.#copier = new Copier(update)
  }

  /** @returns {import('./layers.js').Hold | undefined} */
  hold() {
    const areMailed = this.#sent.every(({ mail }) => mail === 'accepted')
    if (this.#copier.isCopied || areMailed) return undefined
    return {
      text: 'You have not copied what is shown here once. Press Done again if you do not need it: invitations can be sent again.',
    }
  }

  /** @param {() => void} close @param {() => void} dismiss */
  render(close, dismiss) {
    const sent = this.#sent
    const copier = this.#copier
    const [only] = sent
    const text =
      sent.length === 1
        ? (only?.link ?? '')
        : sent.map(({ email, link }) => `${email} ${link}`).join('\n')
    const name = sent.length === 1 ? `Link of ${only?.email}` : 'Links'
    return html`
      ${
        sent.length === 0
          ? nothing
          : html`<p class="note"><b>Copy ${sent.length === 1 ? 'the link' : 'the links'} now, and send ${sent.length === 1 ? 'it to the person' : 'each to its person'}.</b> Nobody can show ${sent.length === 1 ? 'it' : 'them'} again.</p>
              <label>${name}
                <textarea class="token" readonly rows=${Math.min(8, sent.length + 2)} data-takes="token" data-text="links" .value=${text} @focus=${(/** @type {any} */ event) => event.target.select()} @copy=${() => copier.copied('links')}></textarea>
              </label>
              <button type="button" class="primary" autofocus @click=${(/** @type {Event} */ event) => copier.copy('links', text, event)}>Copy ${sent.length === 1 ? 'link' : 'links'}</button>
              ${copier.said('links')}
              ${sent.map(mailOf)}`
      }
      ${this.#outcomes
        .filter(({ link }) => link === undefined)
        .map(({ email, problem }) => html`<h3>${email}</h3>${problemOf(problem)}`)}
      <footer><button type="button" @click=${sent.length === 0 ? close : dismiss}>Done</button></footer>
    `
  }

  get #sent() {
    return this.#outcomes.filter(({ link }) => link !== undefined)
  }
}

/** @param {Outcome} outcome */
function mailOf({ email, mail }) {
  switch (mail) {
    case 'accepted':
      return html`<p class="quiet">The link was mailed to ${email}.</p>`
    case 'failed':
      return html`<p class="warn-text">The mail to ${email} was not accepted: send the link yourself.</p>`
    case 'pending':
      return html`<p class="warn-text">The mail server has not answered yet for ${email}.</p>`
    default:
      return nothing
  }
}
