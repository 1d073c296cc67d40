import { env } from 'node:process'

/**
 * Removes libpq's variables (`PGSSLMODE`, `PGOPTIONS`, `PGPASSWORD`, ...) from this process's environment: whoever
 * set them meant another server, and `pg` would apply them to the private one too. Workers inherit what is left.
 */
export function removeClientVariables(): void {
  for (const name of Object.keys(env)) {
    if (/^PG[A-Z]/.test(name)) delete env[name]
  }
}
