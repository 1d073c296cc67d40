import { answerOf, Problem, pathOf } from '../api.js'
import { html, nothing } from '../lit-html.js'
import { openDialog } from './dialog.js'
import { EntryCounter } from './entry-counter.js'
import { problemOf } from './problem.js'
import { counted } from './words.js'

/**
 * Saves a whole list as a file, and shows how many of its entries have arrived.
 * @param {string} path
 * @param {Record<string, string | null>} filter
 * @param {string} name of the file
 */
export function exportAs(path, filter, name) {
  const isFiltered = Object.values(filter).some((value) => value !== null)
  const scope = isFiltered ? 'Everything that matches the filters of the page.' : 'The whole list.'
  let format = 'csv'
  let count = 0
  /** @type {'asking' | 'reading' | 'done'} */
  let step = 'asking'
  /** @type {unknown} */
  let problem
  const abort = new AbortController()

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    step = 'reading'
    problem = undefined
    dialog.update()
    try {
      const response = await answerOf('GET', pathOf(path, { ...filter, format }), {
        signal: abort.signal,
      })
      if (!response.ok) throw await refusalOf(response)
      save(await read(response), `${name}.${format}`)
      step = 'done'
    } catch (error) {
      if (abort.signal.aborted) return
      problem = error instanceof Problem ? error : brokenOff()
      step = 'asking'
    }
    dialog.update()
  }

  /** @param {Response} response */
  async function read(response) {
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const chunks = []
    const entries = new EntryCounter(format)
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      count = entries.add(chunk)
      dialog.update()
    }
    return new Blob(chunks, { type: response.headers.get('content-type') ?? '' })
  }

  const dialog = openDialog({
    title: 'Export',
    content: ({ close }) => html`<form @submit=${submit}>
      ${problem === undefined ? nothing : problemOf(problem)}
      <fieldset ?disabled=${step === 'reading'}>
        <legend>Format</legend>
        ${[
          ['csv', 'CSV, for spreadsheets'],
          ['ndjson', 'NDJSON, for programs'],
        ].map(
          ([value, label]) => html`<label class="choice">
            <input
              type="radio"
              name="format"
              .checked=${format === value}
              @change=${() => {
                format = value ?? format
                step = 'asking'
                dialog.update()
              }}
            /> ${label}
          </label>`,
        )}
      </fieldset>
      <p role="status">${step === 'asking' ? scope : `${counted(count, 'entry', 'entries')}${step === 'done' ? ' saved.' : ' …'}`}</p>
      <footer>
        <button type="button" @click=${close}>${step === 'done' ? 'Done' : 'Cancel'}</button>
        ${step === 'done' ? nothing : html`<button class="primary" ?disabled=${step === 'reading'}>Export</button>`}
      </footer>
    </form>`,
  })
  void dialog.closed.then(() => abort.abort())
}

/** @param {Response} response */
async function refusalOf(response) {
  const body = await response.json().catch(() => undefined)
  return new Problem({
    status: response.status,
    code: body?.code ?? 'unknown',
    detail: body?.detail ?? `The service answered ${response.status}.`,
    requestId: body?.request_id ?? response.headers.get('x-request-id'),
    faults: body?.errors ?? [],
  })
}

function brokenOff() {
  return new Problem({
    status: 0,
    code: 'unreachable',
    detail: 'The export broke off before its end. No file was saved. Try again.',
  })
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
