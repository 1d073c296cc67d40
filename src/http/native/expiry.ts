import { invalidRequest } from '../../errors.ts'

/** An RFC 3339 time that the schema has let pass, as a time. A leap second is no time that we can keep. */
export function parseExpiry(text: string | null): Date | null {
  if (text === null) return null
  return parseTime('/expires_at', text)
}

/** Throws `invalid_request` for the named field. The year must be one that RFC 3339 can write in UTC. */
export function parseTime(field: string, text: string): Date {
  const time = new Date(text)
  const year = time.getUTCFullYear()
  if (year >= 1 && year <= 9999) return time
  throw invalidRequest([
    {
      field,
      rule: 'date-time',
      message:
        'The time must be in the years 0001 to 9999 and must not be a leap second (RFC 3339).',
    },
  ])
}
