import { invalidRequest } from '../../errors.ts'

/** An RFC 3339 time that the schema has let pass, as a time. A leap second is no time that we can keep. */
export function readExpiry(text: string | null): Date | null {
  if (text === null) return null
  return readTime('/expires_at', text)
}

/** Throws `invalid_request` for the named field. */
export function readTime(field: string, text: string): Date {
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time
  throw invalidRequest([
    { field, rule: 'date-time', message: 'It must be a time without a leap second (RFC 3339).' },
  ])
}
