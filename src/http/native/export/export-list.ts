import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type TProperties, Type } from 'typebox'
import { currentAccount, runForAccount } from '../../../account-context.ts'
import { maxPageSize } from '../../../domain/limits.ts'
import type { Page, PageRequest } from '../../../domain/page.ts'
import { isCurrent } from '../../../verification/current-caller.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, oneOf } from '../../schema-tools.ts'
import { type Column, csvHeading, csvLine } from './csv.ts'

export const exportFormats = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** Items whose lines are written in one turn of the event loop: 20 keys have at most 200 kB. */
const itemsOfTurn = 20

const formatParameter = {
  format: oneOf(exportFormats, {
    description:
      '`csv`: the names of the columns, then a line for each item. `ndjson`: a line of JSON for each item, then a line with their number, `{"count": 2}`.',
  }),
}

const types: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
}

const exportResponses = responses(
  {
    200: {
      description:
        'The list, in order of creation, oldest first. An answer that breaks off is not complete.',
      content: {
        'text/csv': { schema: Type.String() },
        'application/x-ndjson': { schema: Type.String() },
      },
      // The type of the field is that of a schema; the framework reads the content.
    } as unknown as ReturnType<typeof Type.Unsafe<Readable>>,
  },
  { problems: [404] },
)

/**
 * What the schemas of all exports have in common.
 * @param what the items, in the plural
 */
export function exportSchema<const Filter extends TProperties>(what: string, filter: Filter) {
  const which = Object.keys(filter).length === 0 ? '' : ' that match the filters'
  return {
    summary: `Export ${what}`,
    description: `Streams all ${what}${which}. In CSV, a text that a spreadsheet would take for a formula begins with an apostrophe.`,
    querystring: Type.Object({ ...formatParameter, ...filter }, closed),
    response: exportResponses,
  }
}

export interface ExportedList<Item> {
  readonly format: ExportFormat
  /** The name of the file, without its ending. */
  readonly name: string
  readonly columns: readonly Column<Item>[]
  readonly loadPage: (page: PageRequest) => Promise<Page<Item>>
}

/**
 * Streams a whole list, page by page, so that neither memory nor a connection is held by a slow
 * reader. A failure after the first page, and the end of the caller's rights, break the answer off.
 */
export async function exportList<Item>(
  deps: ControlPlaneDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  list: ExportedList<Item>,
): Promise<Readable> {
  const sort = { field: 'created_at', descending: false } as const
  // The pages are read while the answer is sent, where no account is known.
  const accountId = currentAccount()
  const read = (after: PageRequest['after']) =>
    runForAccount(accountId, () => list.loadPage({ limit: maxPageSize, sort, after }))
  // A refusal of the first page is an answer of its own, before the headers are sent.
  const first = await read(undefined)
  reply.headers({
    'content-type': types[list.format],
    'content-disposition': `attachment; filename="${list.name}.${list.format}"`,
    'cache-control': 'no-store',
  })
  const requireCurrent = () => {
    if (!isCurrent(deps, request.principal)) throw new Error('The caller of an export has changed.')
  }
  return Readable.from(linesOf(list, first, read, requireCurrent))
}

async function* linesOf<Item>(
  { format, columns }: ExportedList<Item>,
  first: Page<Item>,
  read: (after: PageRequest['after']) => Promise<Page<Item>>,
  requireCurrent: () => void,
): AsyncGenerator<string> {
  // The caller is checked before the first page is sent, as before any answer.
  if (format === 'csv') yield csvHeading(columns)
  let count = 0
  let page = first
  for (;;) {
    count += page.items.length
    for (let start = 0; start < page.items.length; start += itemsOfTurn) {
      const items = page.items.slice(start, start + itemsOfTurn)
      yield items.map((item) => lineOf(format, columns, item)).join('')
      await nextTurn()
      requireCurrent()
    }
    if (page.next === null) break
    page = await read(page.next)
    requireCurrent()
  }
  if (format === 'ndjson') yield `${JSON.stringify({ count })}\n`
}

function lineOf<Item>(format: ExportFormat, columns: readonly Column<Item>[], item: Item): string {
  return format === 'csv' ? csvLine(columns, item) : `${JSON.stringify(item)}\n`
}
