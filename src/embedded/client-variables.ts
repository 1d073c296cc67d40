import { env } from 'node:process'

/**
 * Removes libpq's variables (`PGSSLMODE`, `PGOPTIONS`, `PGPASSWORD`, ...) from this process's
 * environment: they are meant for another server, and `pg` would apply them to the embedded one
 * too. Worker processes inherit the reduced environment.
 */
export function removeClientVariables(): void {
  for (const name of Object.keys(env)) {
    if (/^PG[A-Z]/.test(name)) delete env[name]
  }
}
