import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askVerdict } from '../ask.ts'
import type { Harness } from '../harness.ts'
import type { ScenarioResult } from '../results.ts'
import { spawnServer, untilAnswered } from '../servers/server-process.ts'
import { median } from '../statistics.ts'

/**
 * Milliseconds from the making of the process to its first good verdict, the kinds of start in
 * turn.
 */
export async function measureStarts(harness: Harness): Promise<ScenarioResult> {
  const { databaseUrl, rootToken } = await harness.datasets.main()
  const existing: number[] = []
  const embeddedEmpty: number[] = []
  const embeddedExisting: number[] = []
  for (let round = 0; round < harness.rounds.count; round += 1) {
    existing.push(await timeStart({ DATABASE_URL: databaseUrl }, async () => rootToken))
    const embedded = await timeEmbeddedStarts()
    embeddedEmpty.push(embedded.emptyMs)
    embeddedExisting.push(embedded.existingMs)
  }
  return {
    findings: [
      {
        what: 'Start to the first verdict, on an existing database',
        value: median(existing),
        unit: 'ms',
        goal: { atMost: 1_000 },
      },
      {
        what: 'Start to the first verdict, embedded and empty',
        value: median(embeddedEmpty),
        unit: 'ms',
        goal: { atMost: 3_000 },
      },
      {
        what: 'Start to the first verdict, embedded and existing',
        value: median(embeddedExisting),
        unit: 'ms',
      },
    ],
    medians: [],
  }
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
  const server = await spawnServer({ script: 'src/main.ts', settings })
  const isAnswered = async () => {
    const token = await rootToken()
    return (await askVerdict(server.url, token, token)).valid
  }
  try {
    await untilAnswered(() => isAnswered().catch(() => false))
    return performance.now() - server.spawnedAt
  } finally {
    await server.stop()
  }
}
