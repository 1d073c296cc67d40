import pg, { type CustomTypesConfig } from 'pg'

/**
 * A time arrived in a form that cannot be parsed, and must not count as absent. Every session sets
 * the expected form (session.ts); a pooler may have lost the setting.
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

/** The parsers of `pg`; those of times return null for text that they cannot parse. */
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
