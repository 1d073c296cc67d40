/**
 * Writes test/schema.sql, the schema that the migrations make, and src/store/relied-on.json, what
 * the service looks for in it:
 *   node scripts/schema-dump.ts           writes them
 *   node scripts/schema-dump.ts --check   exits with 1 when a committed one is another
 * Uses the server of TEST_DATABASE_URL, or lends itself a private one.
 */
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { dumpReliedOn, dumpSchema, migratedSchema } from '../test/helpers/schema-dump.ts'

const root = join(import.meta.dirname, '..')
const dumps = [
  ['test/schema.sql', dumpSchema],
  ['src/store/relied-on.json', dumpReliedOn],
] as const
const args = process.argv.slice(2)
const { TEST_DATABASE_URL } = process.env

process.exitCode = TEST_DATABASE_URL ? await main() : runWithPostgres()

async function main(): Promise<number> {
  let exitCode = 0
  for (const [name, dump] of dumps) {
    const file = join(root, name)
    const made = await migratedSchema(dump)
    const committed = await readFile(file, 'utf8').catch(() => '')
    if (!args.includes('--check')) await writeFile(file, made)
    else if (made !== committed) {
      console.error(`${name} is not what the migrations make: run node scripts/schema-dump.ts.`)
      exitCode = 1
    }
  }
  return exitCode
}

function runWithPostgres(): number {
  const withPostgres = join(import.meta.dirname, 'with-postgres.ts')
  const command = [withPostgres, process.execPath, import.meta.filename, ...args]
  return spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1
}
