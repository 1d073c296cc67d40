/** A column of a table: its name, and the value of a row. */
export interface Column<Row> {
  readonly name: string
  readonly of: (row: Row) => unknown
}

/** The line with the names of the columns (RFC 4180). */
export function csvHeading(columns: readonly Column<never>[]): string {
  return lineOf(columns.map(({ name }) => name))
}

/** The line of a row. Lists and objects are JSON; null is an empty field. */
export function csvLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return lineOf(columns.map(({ of }) => textOf(of(row))))
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? disarmed(value) : JSON.stringify(value)
}

/**
 * A spreadsheet takes a cell that begins with one of these characters for a formula, which could
 * send other cells to a stranger: who names a key must not write one.
 */
function disarmed(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

function lineOf(fields: readonly string[]): string {
  return `${fields.map(quoted).join(',')}\r\n`
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
