import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnServer, untilAnswered } from './server-process.ts'
import { askVerdict } from './verify-once.ts'

/** Milliseconds from the making of the process to its first good verdict, a figure a start. */
export interface Starts {
  readonly existingDatabase: readonly number[]
  readonly embeddedEmpty: readonly number[]
  readonly embeddedExisting: readonly number[]
}

/** Times starts, the kinds of start in turn. */
export async function timeStarts(
  databaseUrl: string,
  rootToken: string,
  runs: number,
): Promise<Starts> {
  const starts = {
    existingDatabase: [] as number[],
    embeddedEmpty: [] as number[],
    embeddedExisting: [] as number[],
  }
  for (let run = 0; run < runs; run += 1) {
    starts.existingDatabase.push(
      await timeStart({ DATABASE_URL: databaseUrl }, async () => rootToken),
    )
    const embedded = await timeEmbeddedStarts()
    starts.embeddedEmpty.push(embedded.emptyMs)
    starts.embeddedExisting.push(embedded.existingMs)
  }
  return starts
}

async function timeEmbeddedStarts(): Promise<{ emptyMs: number; existingMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-bench-'))
  try {
    // When root runs this, the database has another account, which must pass through.
    await chmod(folder, 0o711)
    const tokenFile = join(folder, 'root-token')
    const settings = { DATA_DIR: join(folder, 'data'), ROOT_TOKEN_FILE: tokenFile }
    const readToken = async () => (await readFile(tokenFile, 'utf8')).trim()
    const emptyMs = await timeStart(settings, readToken)
    const existingMs = await timeStart({ DATA_DIR: settings.DATA_DIR }, readToken)
    return { emptyMs, existingMs }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function timeStart(
  settings: Readonly<Record<string, string>>,
  rootToken: () => Promise<string>,
): Promise<number> {
  const server = await spawnServer({ script: 'src/main.ts', settings, reportsUsage: false })
  try {
    await untilAnswered(async () => {
      const token = await rootToken()
      return (await askVerdict(server.url, token, token)).valid
    })
    return performance.now() - server.spawnedAt
  } finally {
    await server.stop()
  }
}
