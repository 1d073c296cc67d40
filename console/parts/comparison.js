import { html, nothing } from '../lit-html.js'
import { busy } from './busy.js'
import { progressOf } from './receipt.js'

export { followReceipt } from './receipt.js'

/**
 * Both versions of what two people have changed.
 * @template T
 * @param {import('./editing.js').Edited<T>} edited
 * @param {object} versions
 * @param {T} versions.now
 * @param {T} versions.merged
 * @param {boolean} versions.isBusy
 * @param {() => void} versions.save
 * @param {(() => void) | undefined} versions.dismiss
 */
export function comparison(edited, { now, merged, isBusy, save, dismiss }) {
  const { what, facts, opened, consequences } = edited
  return html`
    <div class="note warn" role="alert"><b>Somebody has changed this ${what} since you opened it.</b> Compare, then decide. What you did not change stays as it is now.</div>
    <div class="difference">
      ${column('As it is now', facts(now), facts(opened.value))}
      ${column('As you want it', facts(merged), facts(now))}
    </div>
    ${consequences === undefined ? nothing : consequences(merged, now)}
    <footer>
      <button type="button" @click=${dismiss}>Keep it as it is now</button>
      <button type="button" class="primary" ?disabled=${isBusy} @click=${save}>${isBusy ? busy('Saving …') : 'Save mine'}</button>
    </footer>`
}

/**
 * The edit that met another was the reader's own.
 * @param {string} what
 * @param {(() => void) | undefined} dismiss
 */
export function madeAlready(what, dismiss) {
  return html`<p class="note" role="status">The ${what} already is as you want it.</p>
    <footer><button type="button" class="primary" @click=${dismiss}>Done</button></footer>`
}

/** @param {import('./receipt.js').Progress} progress @param {(() => void) | undefined} dismiss */
export function inEffect(progress, dismiss) {
  return html`${progressOf(progress, 'In effect everywhere')}
    <footer><button type="button" class="primary" @click=${dismiss}>Done</button></footer>`
}

/**
 * @param {string} title
 * @param {readonly (readonly [string, string])[]} facts
 * @param {readonly (readonly [string, string])[]} before what differs from it is marked
 */
function column(title, facts, before) {
  return html`<section aria-label=${title}>
    <h3>${title}</h3>
    <dl class="facts">
      ${facts.map(([name, value], place) => html`<div><dt>${name}</dt><dd>${value === before[place]?.[1] ? value : html`<mark>${value}</mark>`}</dd></div>`)}
    </dl>
  </section>`
}
