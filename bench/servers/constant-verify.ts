import type { Attempt, Verdict } from '../../src/domain/verdict.ts'
import type { Deps } from '../../src/http/deps.ts'
import { verify as verifyReally } from '../../src/verification/verify.ts'

export * from '../../src/verification/verify.ts'

const { CALLER = '', TRUSTS_CALLER = 'no' } = process.env
const trustsCaller = TRUSTS_CALLER === 'yes'
let ofCaller: Verdict | undefined
let ofSubject: Verdict | undefined

/** Replaces the service's own `verify`: see without-verification.ts. */
export function verify(deps: Deps, text: string, attempt: Attempt): Verdict | Promise<Verdict> {
  if (text !== CALLER) return ofSubject ?? learn(deps, text, attempt)
  if (trustsCaller) return ofCaller ?? learn(deps, text, attempt)
  return verifyReally(deps, text, attempt)
}

async function learn(deps: Deps, text: string, attempt: Attempt): Promise<Verdict> {
  const verdict = await verifyReally(deps, text, attempt)
  if (text === CALLER) ofCaller = verdict
  else ofSubject = verdict
  return verdict
}
