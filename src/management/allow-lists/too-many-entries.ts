import { maxEntriesPerKey } from '../../domain/limits.ts'
import type { Fault } from '../../errors.ts'

/** The fault of a change after which the lists of a key would have `entries` entries together. */
export function tooManyEntries(field: string, entries: number): Fault {
  return {
    field,
    rule: 'max_entries',
    message: `The allow lists of a key must have at most ${maxEntriesPerKey} entries together; with this change a key would have ${entries}.`,
  }
}
