/**
 * Writes test/schema.sql, the schema that the migrations make:
 *   node scripts/schema-dump.ts           writes it
 *   node scripts/schema-dump.ts --check   exits with 1 when the committed one is another
 * Uses the server of TEST_DATABASE_URL, or lends itself a private one.
 */
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { migratedSchema } from '../test/helpers/schema-dump.ts'

const file = join(import.meta.dirname, '../test/schema.sql')
const args = process.argv.slice(2)
const { TEST_DATABASE_URL } = process.env

process.exitCode = TEST_DATABASE_URL ? await main() : runWithPostgres()

async function main(): Promise<number> {
  const made = await migratedSchema()
  if (!args.includes('--check')) {
    await writeFile(file, made)
    return 0
  }
  const committed = await readFile(file, 'utf8').catch(() => '')
  if (made === committed) return 0
  console.error('test/schema.sql is not what the migrations make: run node scripts/schema-dump.ts.')
  return 1
}

function runWithPostgres(): number {
  const withPostgres = join(import.meta.dirname, 'with-postgres.ts')
  const command = [withPostgres, process.execPath, import.meta.filename, ...args]
  return spawnSync(process.execPath, command, { stdio: 'inherit' }).status ?? 1
}
