import type { FastifyRequest } from 'fastify'
import { rightsOf } from '../domain/principal.ts'
import type { FairTurns } from '../verification/fair-turns.ts'

/** Larger bodies wait for a turn. That of a verification has 100 to 600 bytes. */
const maxAtOnceBytes = 2_048

export type BodyTurns = Pick<FairTurns, 'run'>

/**
 * Parses a body and does what follows without waiting: at once if the body is short, so that a
 * verification waits for nothing, and otherwise in a turn of the account that sent it. Of
 * connections that each have a large body ready, the event loop would otherwise serve one after the
 * other before it reads from any other: 20 of them delayed it by 40 ms.
 */
export function parseInTurn(
  turns: BodyTurns,
  { request, bytes }: { readonly request: FastifyRequest; readonly bytes: number },
  parse: () => void,
  fail: (error: Error) => void,
): void {
  if (bytes <= maxAtOnceBytes) parse()
  else turns.run(senderOf(request), parse).catch(fail)
}

/** The account of the caller, or the address of one who needs no token. */
function senderOf({ principal, introspector, ip }: FastifyRequest): string {
  if (principal !== undefined) return rightsOf(principal).accountId
  return introspector?.key.accountId ?? ip
}
