import pg, { type CustomTypesConfig } from 'pg'

/**
 * A time came in a form that cannot be read, and must not be taken for none. Every session is told the
 * form that we read (session.ts); a pooler may have lost that.
 */
export class UnreadableTimeError extends Error {
  override readonly name = 'UnreadableTimeError'

  constructor() {
    super('The database gave a time in a form that cannot be read: its DateStyle is not ISO.')
  }
}

const times: readonly number[] = [
  pg.types.builtins.DATE,
  pg.types.builtins.TIMESTAMP,
  pg.types.builtins.TIMESTAMPTZ,
]

/** The readers of `pg`, of which those of times answer null for what they cannot read. */
export const types: CustomTypesConfig = {
  getTypeParser: (type: number, format?: 'text' | 'binary') => {
    const parse = pg.types.getTypeParser(type, format)
    if (!times.includes(type)) return parse
    return (value: string) => {
      const time: unknown = parse(value)
      if (time === null || (time instanceof Date && Number.isNaN(time.getTime()))) {
        throw new UnreadableTimeError()
      }
      return time
    }
  },
}
