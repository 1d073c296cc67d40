import formats from 'ajv-formats'

const dateTime = formats.default.get('date-time', 'full') as {
  readonly validate: (text: string) => boolean
}
const date = formats.default.get('date', 'full') as typeof dateTime

const form = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/i

/**
 * RFC 3339, section 5.6: any number of fractional digits, of which a Date keeps three. ajv-formats
 * alone also accepts a space in place of T, and +0530.
 */
export function isDateTime(text: string): boolean {
  return form.test(text) && dateTime.validate(text)
}

/**
 * What is wrong with a text that has the form of a time and is none, such as of February 30.
 * Undefined for every other text.
 */
export function describeImpossibleTime(text: string): string | undefined {
  const [, day, hour, minute, , offsetHour = '00', offsetMinute = '00'] = form.exec(text) ?? []
  if (day === undefined || dateTime.validate(text)) return undefined
  if (!date.validate(day)) return 'The calendar has no such day.'
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) {
    return 'There is no such offset: write Z, or an offset from -23:59 to +23:59.'
  }
  const isMidnight = hour === '24' && minute === '00'
  const remedy = isMidnight ? 'write 00:00:00 of the next day' : 'write 00:00:00 to 23:59:59'
  return `There is no such time of day: ${remedy}.`
}
