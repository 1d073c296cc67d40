import { type FaultPlace, invalidRequest } from '../../errors.ts'

/** The value of `expires_at`, which the schema has checked. Throws `invalid_request`. */
export function parseExpiry(text: string | null): Date | null {
  if (text === null) return null
  return parseTime('/expires_at', text)
}

/** A time of a query, which the schema has checked. Throws `invalid_request` for `field`. */
export function parseQueryTime(field: string, text: string): Date {
  return parseTime(field, text, 'query')
}

/**
 * Throws `invalid_request` for `field`. RFC 3339 writes no year beyond 9999 in UTC, and neither
 * a JavaScript Date nor a PostgreSQL timestamp holds a leap second.
 */
export function parseTime(field: string, text: string, place: FaultPlace = 'body'): Date {
  const time = new Date(text)
  const year = time.getUTCFullYear()
  if (year >= 1 && year <= 9999) return time
  throw invalidRequest([
    {
      in: place,
      field,
      rule: 'date-time',
      message:
        'The time must be in the years 0001 to 9999 in UTC, and not a leap second: write the second 59 instead of 60.',
    },
  ])
}
