import { hash, verify } from '@node-rs/argon2'
import type { IdDeps } from '../acts/deps.ts'
import type { Database } from '../store/database.ts'
import { insertPepper, listPeppers } from '../store/peppers.ts'
import type { Pepper, Peppers } from '../verification/hashing/peppers.ts'

/**
 * Checks the configured peppers against those that the database has registered, and registers new
 * ones. A wrong or missing pepper would deny every key that was hashed with it, so the service does
 * not start. Throws an Error that names every such pepper by its id.
 */
export async function registerPeppers(deps: IdDeps, db: Database, peppers: Peppers): Promise<void> {
  const known = await listPeppers(db)
  const faults: string[] = []
  for (const { id, fingerprint, inUse } of known) {
    const pepper = peppers.byId.get(id)
    if (pepper === undefined) {
      if (inUse) faults.push(`pepper ${id} is missing, but keys use the pepper`)
    } else if (!(await verify(fingerprint, textOf(pepper)))) {
      faults.push(`pepper ${id} differs from the pepper that keys use`)
    }
  }
  if (faults.length > 0)
    throw new Error(`PEPPER_FILE does not match the database: ${faults.join('; ')}.`)
  for (const pepper of peppers.byId.values()) {
    const { id } = pepper
    if (known.some((one) => one.id === id)) continue
    // The library's default cost is that of the `password` profile: guesses at a pepper must be
    // slow.
    const fingerprint = await hash(textOf(pepper), { salt: deps.randomBytes(16) })
    await insertPepper(db, { id, fingerprint, now: deps.now() })
  }
}

/** The library refuses to compare bytes that are not UTF-8. */
function textOf({ secret }: Pepper): string {
  return secret.toString('base64')
}
