import { maxRequiredPermissions } from '../../domain/limits.ts'
import { isPermission } from '../../domain/permission.ts'
import { isUuid } from '../../domain/uuid.ts'
import { type Fault, invalidRequest } from '../../errors.ts'
import { expectedPermission, expectedUuid } from '../expected-value.ts'
import { describeUnknownName } from '../known-names.ts'
import { isQuery, malformedQuery } from '../query-string.ts'

/** What a proxy requires of the key of the original request. */
export interface Requirements {
  /** The key must grant all of them. */
  readonly permissions: readonly string[]
  readonly accountId: string | undefined
}

/**
 * Parses the query of a forward-auth request. The query ends at `original_uri=`: some proxies can
 * only put a prefix before the original URI, whose text is the choice of its sender.
 *
 * Throws `invalid_request`: the service must not ignore a requirement that it does not understand.
 */
export function parseRequirements(url: string): Requirements {
  const [, query = ''] = /\?([^#]*)/.exec(url) ?? []
  const [own = ''] = query.split(/(?<=^|&)original_uri=/, 1)
  if (!isQuery(own)) throw invalidRequest([malformedQuery])
  const permissions: string[] = []
  const accountIds: string[] = []
  const faults: Fault[] = []
  for (const [name, value] of new URLSearchParams(own)) {
    const fault = faultOf(name, value)
    if (fault !== undefined) faults.push(fault)
    else if (name === 'permission') permissions.push(value)
    else accountIds.push(value.toLowerCase())
  }
  if (permissions.length > maxRequiredPermissions) {
    const message = `The parameter must not be given more than ${maxRequiredPermissions} times.`
    faults.push({ in: place, field: '/permission', rule: 'maxItems', message })
  }
  if (accountIds.length > 1) {
    faults.push({
      in: place,
      field: '/account_id',
      rule: 'repeated',
      message: 'The parameter must be sent once.',
    })
  }
  if (faults.length > 0) throw invalidRequest(faults)
  return { permissions, accountId: accountIds[0] }
}

const place = 'query'

function faultOf(name: string, value: string): Fault | undefined {
  const field = `/${name}`
  switch (name) {
    case 'permission':
      if (isPermission(value)) return undefined
      return {
        in: place,
        field,
        rule: 'pattern',
        message: `The value must be ${expectedPermission}.`,
      }
    case 'account_id':
      if (isUuid(value)) return undefined
      return { in: place, field, rule: 'format', message: `The value must be ${expectedUuid}.` }
    default:
      return {
        in: place,
        field,
        rule: 'unknown_field',
        message: describeUnknownName(
          name,
          ['permission', 'account_id', 'original_uri'],
          'parameter',
        ),
      }
  }
}
