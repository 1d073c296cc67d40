/**
 * Exits 1 when a migration, or SQL in src/store or src/acts, has what YugabyteDB lacks
 * (ysql-gaps.ts).
 */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findYsqlGaps } from './find-ysql-gaps.ts'

const checkout = join(import.meta.dirname, '..')
const patterns = ['migrations/*.sql', 'src/store/**/*.ts', 'src/acts/**/*.ts']
for await (const file of glob(patterns, { cwd: checkout })) {
  for (const { name, source } of findYsqlGaps(await readFile(join(checkout, file), 'utf8'), file)) {
    console.error(`${file}: ${name}. See ${source}`)
    process.exitCode = 1
  }
}
