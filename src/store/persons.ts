import type { Person, PersonName, Profile } from '../domain/person/person.ts'
import type { Executor, StoreTransaction } from './database.ts'

const columns = [
  'id',
  'issuer',
  'subject',
  'email',
  'email_verified',
  'name',
  'signed_in_at',
] as const

export interface NewPerson extends PersonName, Profile {
  readonly id: string
  readonly createdAt: Date
}

/**
 * The person of that name: the present one, or the given one. What the issuer says of a person
 * grants nothing, so that no change is announced.
 */
export async function enterPerson(trx: StoreTransaction, person: NewPerson): Promise<Person> {
  await trx
    .insertInto('person')
    .values({
      id: person.id,
      issuer: person.issuer,
      subject: person.subject,
      email: person.email,
      email_verified: person.emailVerified,
      name: person.name,
      created_at: person.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .execute()
  const present = await findPerson(trx, person)
  if (present === undefined) throw new Error('An entered person was not found.')
  return present
}

/**
 * A person is who an issuer calls a subject (OpenID Connect Core 1.0, section 2), never an e-mail
 * address.
 */
export async function findPerson(
  db: Executor,
  { issuer, subject }: PersonName,
): Promise<Person | undefined> {
  const row = await db
    .selectFrom('person')
    .select(columns)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row && toPerson(row)
}

/**
 * Records what the issuer says of the person at a sign-in, and locks the person until the commit.
 */
export async function updateProfile(
  trx: StoreTransaction,
  id: string,
  { email, emailVerified, name }: Profile,
  signedInAt: Date,
): Promise<void> {
  await trx
    .updateTable('person')
    .set({ email, email_verified: emailVerified, name, signed_in_at: signedInAt })
    .where('id', '=', id)
    .execute()
}

interface PersonResult {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly email_verified: boolean
  readonly name: string | null
  readonly signed_in_at: Date | null
}

export function toPerson(row: PersonResult): Person {
  return {
    id: row.id,
    issuer: row.issuer,
    subject: row.subject,
    email: row.email,
    emailVerified: row.email_verified,
    name: row.name,
    signedInAt: row.signed_in_at,
  }
}
