import type { FastifyRequest } from 'fastify'
import { requirePermission } from '../acts/authority.ts'
import { maxActorIdLength } from '../domain/limits.ts'
import type { ActingUser } from '../domain/principal.ts'
import { redactTokens } from '../domain/token/redaction.ts'
import { invalidRequest, ServiceError } from '../errors.ts'
import { nameFaults } from '../management/validate-text.ts'
import { countHeader } from './header-lines.ts'

/**
 * Reads `X-Acting-User` and `X-Acting-User-Name`. Requires the `account:act_as` permission. Throws
 * `permission_denied` or `invalid_request`.
 */
export function parseActingUser(
  request: FastifyRequest,
  holds: ReadonlySet<string>,
): ActingUser | undefined {
  const id = request.headers['x-acting-user']
  const encodedName = request.headers['x-acting-user-name']
  if (id === undefined && encodedName === undefined) return undefined
  requirePermission({ holds }, 'account:act_as')
  if (typeof id !== 'string' || !isActorId(id)) {
    throw invalidRequest([
      {
        in: 'header',
        field: '/x-acting-user',
        rule: 'pattern',
        message: `X-Acting-User must be sent once, with 1 to ${maxActorIdLength} visible ASCII characters.`,
      },
    ])
  }
  if (redactTokens(id) !== id) {
    throw invalidRequest([
      {
        in: 'header',
        field: '/x-acting-user',
        rule: 'token',
        message:
          'X-Acting-User must be the id of a user, and never a token: keys and events show it.',
      },
    ])
  }
  return { id, name: encodedName === undefined ? null : decodeName(request, encodedName) }
}

/**
 * Throws `permission_denied` if a request of a session or of a person names an acting user: a
 * person acts for nobody else.
 */
export function refuseActingUser({ headers }: Pick<FastifyRequest, 'headers'>): void {
  if (headers['x-acting-user'] === undefined && headers['x-acting-user-name'] === undefined) return
  throw new ServiceError(
    'permission_denied',
    'A session or a person cannot act on behalf of a user.',
  )
}

function isActorId(text: string): boolean {
  return text.length <= maxActorIdLength && /^[\x21-\x7e]+$/.test(text)
}

function decodeName({ raw }: FastifyRequest, encoded: string | string[]): string {
  const field = '/x-acting-user-name'
  // Node joins several lines by a comma, which would record two names as one.
  const isOne = countHeader(raw.rawHeaders, 'x-acting-user-name') === 1
  const name = isOne ? decodePercent(encoded) : undefined
  if (name === undefined) {
    throw invalidRequest([
      {
        in: 'header',
        field,
        rule: 'percent_encoding',
        message: 'X-Acting-User-Name must be sent once, as percent-encoded UTF-8.',
      },
    ])
  }
  const faults = nameFaults(field, name)
  if (faults.length > 0) throw invalidRequest(faults.map((fault) => ({ ...fault, in: 'header' })))
  return name
}

/** Refuses bytes beyond ASCII: Node reads header bytes as Latin-1, which would alter the name. */
function decodePercent(encoded: string | string[]): string | undefined {
  if (typeof encoded !== 'string' || !/^[\x20-\x7e]*$/.test(encoded)) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
