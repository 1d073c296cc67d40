/** Identifies a person: an e-mail address may be given to another one. */
export interface PersonName {
  /** The URL of the provider, exactly as it calls itself. */
  readonly issuer: string
  readonly subject: string
}

/** What an issuer says of a person, for people to read. It identifies nobody and grants nothing. */
export interface Profile {
  readonly email: string | null
  /** Whether the issuer has verified that the address is the person's. */
  readonly emailVerified: boolean
  readonly name: string | null
}

export interface Person extends PersonName, Profile {
  readonly id: string
  /** As a user of one account: when the person last signed in to it. Null: never yet. */
  readonly signedInAt: Date | null
}

/** What a person is called in the audit log and at the keys that the person issues. */
export function displayNameOf({
  name,
  email,
  subject,
}: Pick<Person, 'email' | 'name' | 'subject'>): string {
  return name ?? email ?? subject
}
