import { get, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden } from '../parts/problem.js'
import { pager, tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { actorOf, statusOf } from '../parts/words.js'
import { hrefOf, hrefWith } from '../router.js'
import { accountPath, may } from '../state.js'

/** @type {Record<string, string>} */
const labels = {
  never_used: 'Never used',
  unused_for_90_days: 'Unused for 90 days',
  never_expires: 'Never expires',
  usable_from_anywhere: 'Usable from anywhere',
  sensitive_permission: 'Sensitive permission',
  last_of_its_creator: 'Last of its creator',
}

/**
 * The weaknesses of the account's keys, each a tab.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const { params } = context
  const chosen = params.get('finding') ?? 'never_used'
  const query = {
    limit: 50,
    cursor: params.get('cursor'),
    ...(params.has('cursor') && { finding: chosen }),
  }
  const report = new Loading(
    () => get(pathOf(`${accountPath()}/api-keys/report`, query)),
    context.update,
  )
  if (may('api_key:read')) void report.start()

  /** @type {readonly import('../types.js').Column<import('../types.js').ApiKey>[]} */
  const columns = [
    {
      label: 'Name',
      cell: (key) => html`<a href=${hrefOf('keys', { key: key.id })}>${key.name}</a>`,
    },
    { label: 'Status', cell: (key) => statusOf(key.status) },
    { label: 'Role', kind: 'wide', cell: (key) => key.role.name },
    { label: 'Created by', kind: 'wide', cell: (key) => actorOf(key.created_by) },
    { label: 'Last used', cell: (key) => timeOf(key.last_used_at, 'Never') },
    { label: 'Expires', kind: 'wide', cell: (key) => timeOf(key.expires_at, 'Never') },
  ]

  /** @param {any} found */
  function content({ report: { findings, examined, as_of: asOf } }) {
    const shown = findings.find((/** @type {any} */ one) => one.finding === chosen)
    // A later page is of one finding, and counts what is left of it.
    const isFirst = !params.has('cursor')
    const tabs = isFirst ? findings : Object.keys(labels).map((finding) => ({ finding }))
    return html`
      <nav class="acts" aria-label="Findings">
        ${tabs.map(
          (/** @type {any} */ { finding, count }) => html`<a
            class="button"
            aria-current=${finding === chosen ? 'page' : nothing}
            href=${hrefWith({ finding, cursor: null })}
            >${labels[finding] ?? finding}${count === undefined ? '' : ` (${count})`}</a
          >`,
        )}
      </nav>
      ${
        shown === undefined || shown.api_keys.length === 0
          ? empty('None', 'No key has this weakness.')
          : tableOf({ caption: labels[chosen] ?? chosen, columns, rows: shown.api_keys })
      }
      ${pager(shown?.next_cursor ?? null, params)}
      <p class="quiet">${examined.toLocaleString('en')} keys examined, ${timeOf(asOf)}</p>
    `
  }

  return {
    title: 'Findings',
    render: () => html`
      <div class="title"><h1 tabindex="-1">Findings</h1></div>
      <p>Possible weaknesses of keys that are neither revoked nor expired.</p>
      ${may('api_key:read') ? report.render(content, 'the report') : forbidden('the keys of this account', 'api_key:read')}
    `,
  }
}
