import { html } from '../lit-html.js'

const local = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const utc = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

/**
 * A time in the zone of the reader, with UTC beside it.
 * @param {string | null | undefined} time
 * @param {string} [absent]
 */
export function timeOf(time, absent = '–') {
  if (!time) return absent
  const date = new Date(time)
  const isUtc = date.getTimezoneOffset() === 0
  return html`<time datetime=${time} title="${time} (UTC)"
    >${local.format(date)}${isUtc ? ' UTC' : html` <small>${utc.format(date)} UTC</small>`}</time
  >`
}

/**
 * The same in a text, for what is compared by its words.
 * @param {string} time
 */
export function textOfTime(time) {
  const date = new Date(time)
  const isUtc = date.getTimezoneOffset() === 0
  return `${local.format(date)}${isUtc ? ' UTC' : ` (${utc.format(date)} UTC)`}`
}

/** The zone of the reader, for the labels of fields that take a time. */
export const readersZone = zone

/**
 * The value of a `datetime-local` field for a time; empty for a text that is no time.
 * @param {string | null} time
 */
export function toLocalInput(time) {
  const date = new Date(time ?? '')
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/**
 * The time that a `datetime-local` field means; undefined if it is empty. What is no time, such as
 * a year of five digits, stays as it is: the service says what is wrong with it.
 * @param {string} value
 */
export function fromLocalInput(value) {
  if (value === '') return undefined
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? value : date.toISOString()
}
