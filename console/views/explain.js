import { call } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { problemOf } from '../parts/problem.js'

/** What each check asks, in words; its code if it is newer than the page. */
/** @type {Record<string, string>} */
const questions = {
  malformed: 'Is the text a token?',
  not_found: 'Is the token known?',
  revoked: 'Is the key not revoked?',
  disabled: 'Is the key not disabled?',
  rotated: 'Is the token not replaced by a newer one?',
  expired: 'Is the key not expired?',
  wrong_account: 'Does the key belong to the account?',
  address_not_allowed: 'May the key be used from the address?',
  insufficient_permissions: 'Does the key have the permissions?',
}
/** @type {Record<string, string>} */
const outcomes = { passed: '✓ yes', failed: '✕ no', not_checked: '– needs the token' }

/**
 * "Would it be let in from this address for this?", check by check.
 * @param {import('../types.js').ApiKey} key
 * @param {() => void} update
 */
export function open(key, update) {
  /** @type {any} */
  let explanation
  /** @type {unknown} */
  let problem
  let address = ''
  let permissions = ''
  /** Of an answer for the key as it was before, nothing is shown. */
  let run = 0
  let isBusy = false

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const values = new FormData(/** @type {HTMLFormElement} */ (event.target))
    address = String(values.get('address')).trim()
    permissions = String(values.get('permissions'))
    const names = permissions.split(/[\s,]+/).filter(Boolean)
    const body = {
      ...(address !== '' && { client_ip: address }),
      ...(names.length > 0 && { permissions: names }),
    }
    run += 1
    const asked = run
    problem = undefined
    isBusy = true
    update()
    try {
      const path = `/v1/accounts/${key.account_id}/api-keys/${key.id}/explain`
      const answer = await call('POST', path, { body })
      if (asked === run) explanation = answer.body.explanation
    } catch (error) {
      if (asked === run) {
        problem = error
        explanation = undefined
      }
    }
    isBusy = false
    update()
  }

  /** The key has changed: what was asked before may have another answer. */
  function reload() {
    run += 1
    explanation = undefined
    problem = undefined
  }

  return {
    reload,
    render: () => html`<section aria-label="Would it be let in?">
      <form class="inset" @submit=${submit}>
        <label>From the address <input name="address" placeholder="203.0.113.9" autocomplete="off" .value=${address} /></label>
        <label>For the permissions <input name="permissions" placeholder="cluster:read" autocomplete="off" .value=${permissions} /></label>
        <button ?disabled=${isBusy}>${isBusy ? 'One moment …' : 'Explain'}</button>
      </form>
      ${problem === undefined ? nothing : problemOf(problem)}
      ${explanation === undefined ? nothing : answer(explanation)}
    </section>`,
  }
}

/** @param {any} explanation */
function answer({ valid, reason, checks, matches, missing_permissions: missing }) {
  return html`<div role="status">
    <p class=${valid ? 'good' : 'bad'}>
      <b>${valid ? 'It would be let in.' : html`It would be denied: <code>${reason}</code>.`}</b>
    </p>
    ${missing.length > 0 ? html`<p>Missing: ${missing.join(', ')}</p>` : nothing}
    ${
      matches.length > 0
        ? html`<p>The address is in ${matches.map((/** @type {any} */ match) => html`<b>${match.allow_list_name}</b> (<code>${match.entry}</code>) `)}</p>`
        : nothing
    }
    <ol class="checks">
      ${checks.map(
        (/** @type {{ check: string, outcome: string }} */ { check, outcome }) =>
          html`<li><span>${questions[check] ?? check}</span> <b>${outcomes[outcome] ?? outcome}</b></li>`,
      )}
    </ol>
  </div>`
}
