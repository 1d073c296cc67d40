import { html, nothing } from '../lit-html.js'
import { hrefWith } from '../router.js'

/**
 * A table whose headings sort, by links that carry the order in the URL.
 * @template Row
 * @param {object} table
 * @param {string} table.caption
 * @param {readonly import('../types.js').Column<Row>[]} table.columns
 * @param {readonly Row[]} table.rows
 * @param {string} [table.sort] the order as the API names it
 * @param {boolean} [table.isWhole] no other page has what a row says: a narrow window shows it too
 */
export function tableOf({ caption, columns, rows, sort, isWhole = false }) {
  return html`<div class="table" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="hidden">${caption}</caption>
      <thead>
        <tr>${columns.map((column) => heading(column, sort))}</tr>
      </thead>
      <tbody>
        ${rows.map((row) => html`<tr>${columns.map((column, place) => cell(column, row, place === 0, isWhole ? below(columns, row) : nothing))}</tr>`)}
      </tbody>
    </table>
  </div>`
}

/**
 * Links to the next page and to the first.
 * @param {string | null} next
 * @param {URLSearchParams} params
 */
export function pager(next, params) {
  const isFirst = !params.has('cursor')
  if (next === null && isFirst) return nothing
  return html`<nav class="pager" aria-label="Pages">
    ${isFirst ? nothing : html`<a class="button" href=${hrefWith({ cursor: null })}>First page</a>`}
    ${next === null ? html`<span class="quiet">Last page</span>` : html`<a class="button" href=${hrefWith({ cursor: next })}>Next page</a>`}
  </nav>`
}

/**
 * @param {import('../types.js').Column<any>} column
 * @param {string} [sort]
 */
function heading({ label, sort: field, kind }, sort) {
  const text = kind === 'acts' ? html`<span class="hidden">${label}</span>` : label
  if (field === undefined)
    return html`<th scope="col" class=${kind === 'acts' ? 'end' : (kind ?? '')}>${text}</th>`
  const direction = sort === field ? 'ascending' : sort === `-${field}` ? 'descending' : 'none'
  const other = direction === 'descending' ? field : `-${field}`
  const arrow = { ascending: '▲', descending: '▼', none: '' }[direction]
  return html`<th scope="col" class=${kind === 'acts' ? 'end' : (kind ?? '')} aria-sort=${direction}>
    <a href=${hrefWith({ sort: other, cursor: null })}>${label} <span aria-hidden="true">${arrow}</span></a>
  </th>`
}

/**
 * @param {import('../types.js').Column<any>} column
 * @param {any} row
 * @param {boolean} isFirst
 * @param {unknown} rest what stands below the first cell
 */
function cell(column, row, isFirst, rest) {
  const content = column.cell(row)
  return isFirst
    ? html`<th scope="row">${content}${rest}</th>`
    : html`<td class=${column.kind === 'acts' ? 'end' : (column.kind ?? '')}>${content}</td>`
}

/**
 * The wide columns of a row, for a window in which they have no place beside each other.
 * @param {readonly import('../types.js').Column<any>[]} columns
 * @param {any} row
 */
function below(columns, row) {
  const wide = columns.filter(({ kind }) => kind === 'wide')
  return html`<dl class="narrow">
    ${wide.map(({ label, cell: content }) => html`<div><dt>${label}</dt> <dd>${content(row)}</dd></div>`)}
  </dl>`
}
