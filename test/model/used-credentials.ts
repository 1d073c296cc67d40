import type { KeyFacts } from '../../src/domain/verdict.ts'

/** One version of a key. */
export type CredentialName = Pick<KeyFacts, 'id' | 'generation'>

/** The credentials whose first use is recorded, as one statement sees them. */
export class UsedCredentials {
  /** Undefined: first uses do not count, and all have been used. */
  readonly #names: ReadonlySet<string> | undefined

  constructor(names?: Iterable<string>) {
    this.#names = names && new Set(names)
  }

  has(credential: CredentialName): boolean {
    return this.#names === undefined || this.#names.has(nameOf(credential))
  }

  with(credential: CredentialName): UsedCredentials {
    return new UsedCredentials([...(this.#names ?? []), nameOf(credential)])
  }
}

function nameOf({ id, generation }: CredentialName): string {
  return `${id} ${generation}`
}
