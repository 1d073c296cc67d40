import { ServiceError } from '../errors.ts'

/** The refusal of a name that differs from another, and looks the same. */
export function looksTaken(what: 'key' | 'role' | 'allow list'): ServiceError {
  const message = `Another ${what} of the account has a name that looks the same. Choose another name.`
  return new ServiceError('name_taken', message, [{ field: '/name', rule: 'looks_taken', message }])
}
