import type { MappedRole } from './mapping.ts'
import type { PersonName, Profile } from './person.ts'

/** What a verified JWT of an issuer proves. */
export interface ProvedToken {
  readonly person: PersonName & Profile
  /** The roles that the deployment's file maps its claims to. */
  readonly roles: readonly MappedRole[]
  /**
   * A removal of the person from then on ends the token: when it was issued, less what the clock of
   * the issuer may be ahead of ours.
   */
  readonly since: Date
  /** When the service stops to accept it: the skew of clocks is in it. */
  readonly expiresAt: Date
}
