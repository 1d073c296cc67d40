import { get } from '../api.js'
import { html } from '../lit-html.js'
import { empty, Loading } from '../parts/loading.js'
import { forbidden } from '../parts/problem.js'
import { tableOf } from '../parts/table.js'
import { timeOf } from '../parts/time.js'
import { counted } from '../parts/words.js'
import { may } from '../state.js'

/** @typedef {import('../types.js').Instance} Instance */

/**
 * The processes that answer, and how far each follows the changes.
 * @param {import('../types.js').ViewContext} context
 * @returns {import('../types.js').OpenView}
 */
export function open(context) {
  const list = new Loading(() => get('/v1/instances'), context.update)
  if (may('instance:read')) void list.start()

  /** @param {readonly Instance[]} rows */
  function table(rows) {
    const latest = Math.max(...rows.map(({ applied_revision: revision }) => revision))
    /** @type {readonly import('../types.js').Column<Instance>[]} */
    const columns = [
      { label: 'Instance', cell: ({ id }) => html`<code class="wrap">${id}</code>` },
      { label: 'Started', cell: ({ started_at: at }) => timeOf(at) },
      { label: 'Applied revision', cell: ({ applied_revision: revision }) => revision },
      {
        label: 'Behind',
        cell: ({ applied_revision: revision }) =>
          revision === latest
            ? html`<span class="badge active">up to date</span>`
            : counted(latest - revision, 'change'),
      },
      {
        label: 'Edges',
        cell: ({ edges: { acknowledged, live } }) =>
          acknowledged === live ? live : `${live}, ${live - acknowledged} behind`,
      },
      {
        label: 'Lease renewed',
        cell: ({ lease_age_ms: age }) => (age === null ? 'not observed yet' : `${age} ms ago`),
      },
    ]
    return tableOf({ caption: 'Instances', columns, rows })
  }

  return {
    title: 'Instances',
    render: () => html`
      <div class="title">
        <h1 tabindex="-1">Instances</h1>
        <button type="button" @click=${() => list.start()}>Refresh</button>
      </div>
      ${
        may('instance:read')
          ? list.render(
              ({ instances }) =>
                instances.length === 0
                  ? empty('No instances', 'No process has registered yet.')
                  : table(instances),
              'instances',
            )
          : forbidden('the instances', 'instance:read')
      }
    `,
  }
}
