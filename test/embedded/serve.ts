/**
 * A service that the tests kill: `node serve.ts DATA_DIR` runs the server and prints `ready`, or
 * the code of its error.
 */
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../../src/embedded/postgres.ts'

const [dataDir] = process.argv.slice(2)
const log = { info() {}, warn() {}, error() {} }

try {
  await startEmbeddedPostgres({ dataDir, log })
  console.log('ready')
} catch (error) {
  if (!(error instanceof EmbeddedPostgresError)) throw error
  console.log(error.code)
}
