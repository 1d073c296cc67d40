import { call, get } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from '../parts/dialog.js'
import { Loading } from '../parts/loading.js'
import { problemOf } from '../parts/problem.js'
import { progressOf } from '../parts/receipt.js'
import { ReceiptedAct } from '../parts/receipted-act.js'
import { tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { endSession } from '../shell.js'
import { nameOfReader } from '../state.js'

/** @typedef {import('../types.js').Session} Session */

/**
 * Where the reader's key or the reader is signed in, and the end of any of these sessions.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const list = new Loading(() => get('/v1/sessions'), context.update)
  const reload = () => void list.start()
  reload()

  /** @type {readonly import('../types.js').Column<Session>[]} */
  const columns = [
    {
      label: 'Started',
      cell: (session) =>
        html`${timeOf(session.created_at)} ${session.current ? html`<span class="badge active">this one</span>` : nothing}`,
    },
    { label: 'From', cell: (session) => session.client_ip ?? '–' },
    { label: 'Last used', kind: 'wide', cell: (session) => timeOf(session.last_used_at) },
    { label: 'Ends unless used', kind: 'wide', cell: (session) => timeOf(session.idle_expires_at) },
    { label: 'Ends at the latest', kind: 'wide', cell: (session) => timeOf(session.expires_at) },
    {
      label: 'Actions',
      kind: 'acts',
      cell: (session) =>
        html`<button type="button" class="danger quiet-button" @click=${() => end(session, reload)}>End${session.current ? ' and sign out' : ''}</button>`,
    },
  ]

  return {
    title: 'My Sessions',
    render: () => html`
      <div class="title"><h1 tabindex="-1">My Sessions</h1></div>
      ${
        context.signedIn.user
          ? html`<p>Where you are signed in to this account. End a session that you do not know, and tell your provider.</p>`
          : html`<p>Browsers that are signed in to this console with the key <b>${nameOfReader()}</b>. End a session that is not yours; if you do not know it, revoke the key.</p>`
      }
      ${list.render(({ sessions: rows }) => tableOf({ caption: 'Sessions', columns, rows, isWhole: true }), 'sessions')}
    `,
  }
}

/** @param {Session} session @param {() => void} ended */
async function end(session, ended) {
  if (session.current) return endSession()
  const act = new ReceiptedAct(() => dialog.update(), ended)
  const dialog = openDialog({
    title: 'End session',
    content: ({ close }) => html`
      ${act.problem === undefined ? nothing : problemOf(act.problem)} ${progressOf(act.progress, 'Ended everywhere')}
      <footer><button type="button" class="primary" @click=${close}>Done</button></footer>
    `,
  })
  await act.run(() => call('DELETE', `/v1/sessions/${session.id}?wait_ms=0`))
}
