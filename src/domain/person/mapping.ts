/** A role that the deployment's file gives to a person by a claim of the issuer. */
export interface MappedRole {
  /** Null: the platform account, which an entry must name as such. */
  readonly accountId: string | null
  /** The id of the role if it parses as a UUID, else its name. */
  readonly role: string
}

/** An entry of the deployment's file: who has the claim with the value gets the role. */
export interface MappingRule extends MappedRole {
  readonly claim: string
  readonly value: string
}

/** A claim that has neither of the forms in which a rule looks for its value. */
export interface ClaimFault {
  readonly claim: string
  readonly message: string
}

/** More values than any directory gives a person; a claim with more is refused as a whole. */
const maxValues = 1_000

/**
 * The roles that the rules give for the claims of a verified ID token: for each account the first
 * rule that matches. A claim that a rule names must be a string or a list of strings: a value of
 * another type is a fault, and maps nothing.
 */
export function mapClaims(
  rules: readonly MappingRule[],
  claims: Readonly<Record<string, unknown>>,
): { readonly roles: readonly MappedRole[]; readonly faults: readonly ClaimFault[] } {
  const values = new Map<string, ReadonlySet<string>>()
  const faults: ClaimFault[] = []
  for (const claim of new Set(rules.map((rule) => rule.claim))) {
    const found = valuesOf(Object.hasOwn(claims, claim) ? claims[claim] : undefined)
    if (typeof found === 'string') faults.push({ claim, message: found })
    else values.set(claim, found)
  }
  const roles = new Map<string | null, MappedRole>()
  for (const { claim, value, accountId, role } of rules) {
    if (roles.has(accountId) || values.get(claim)?.has(value) !== true) continue
    roles.set(accountId, { accountId, role })
  }
  return { roles: [...roles.values()], faults }
}

/** The values of a claim, or what is wrong with it. An absent claim has none. */
function valuesOf(claim: unknown): ReadonlySet<string> | string {
  if (claim === undefined || claim === null) return new Set()
  if (typeof claim === 'string') return new Set([claim])
  if (!Array.isArray(claim)) return `The claim must be a string or a list of strings.`
  if (claim.length > maxValues) return `The claim must have at most ${maxValues} values.`
  const texts = claim.filter((value): value is string => typeof value === 'string')
  if (texts.length < claim.length) return 'Every value of the claim must be a string.'
  return new Set(texts)
}
