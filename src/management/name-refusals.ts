import { ServiceError } from '../errors.ts'

/** The refusal of a name that differs from another, and looks the same. */
export function looksTaken(what: 'key' | 'role' | 'allow list'): ServiceError {
  const holder = `Another ${what} of the account has a name that looks the same.`
  const message = `${holder}${what === 'key' ? ' It may be disabled.' : ''} Choose another name.`
  return new ServiceError('name_taken', message, [{ field: '/name', rule: 'looks_taken', message }])
}
