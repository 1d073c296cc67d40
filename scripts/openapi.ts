/**
 * Writes the documents of openapi/ from the routes:
 *   node scripts/openapi.ts          writes the files
 *   node scripts/openapi.ts --check  exits 1 when a committed file is not what the routes say
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe } from './describe-app.ts'

const folder = join(import.meta.dirname, '../openapi')

for (const [file, described] of Object.entries(await describe())) {
  const path = join(folder, file)
  const document = `${JSON.stringify(described, null, 2)}\n`
  if (!process.argv.includes('--check')) {
    await writeFile(path, document)
    continue
  }
  const committed = await readFile(path, 'utf8').catch(() => '')
  if (committed === document) continue
  console.error(`openapi/${file} is not what the routes say: run npm run openapi`)
  process.exitCode = 1
}
