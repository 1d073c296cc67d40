/**
 * Writes openapi/openapi.json from the routes:
 *   node scripts/openapi.ts          writes the file
 *   node scripts/openapi.ts --check  exits 1 when the committed file is not what the routes say
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe } from './describe-app.ts'

const path = join(import.meta.dirname, '../openapi/openapi.json')
const document = `${JSON.stringify(await describe(), null, 2)}\n`

if (process.argv.includes('--check')) {
  if ((await readFile(path, 'utf8')) !== document) {
    console.error('openapi/openapi.json is not what the routes say: run npm run openapi')
    process.exitCode = 1
  }
} else {
  await writeFile(path, document)
}
