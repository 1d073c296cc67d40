import { type RawBuilder, sql } from 'kysely'

/**
 * Whether a membership shows what the provider says of its person: only since the person signed in
 * to the account, or where claims of the person gave the role. Who adds people by their subjects
 * learns nothing of those who are users of other accounts only.
 */
const isShown = sql<boolean>`
  (membership.signed_in_at is not null or membership.mapped_until is not null)`

/** The columns of a person as the account of a membership may see them. */
export const shownProfile = {
  email: shown<string | null>('email'),
  emailVerified: sql<boolean>`(person.email_verified and ${isShown})`,
  name: shown<string | null>('name'),
  /** When the person last signed in to the account. */
  signedInAt: sql<Date | null>`membership.signed_in_at`,
}

function shown<T>(column: 'email' | 'name'): RawBuilder<T> {
  return sql<T>`(case when ${isShown} then ${sql.ref(`person.${column}`)} end)`
}
