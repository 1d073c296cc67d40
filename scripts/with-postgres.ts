/**
 * Runs a command with TEST_DATABASE_URL set to a private PostgreSQL that lives as long as the
 * command, and TEST_CLUSTER_TEMPLATE to a cluster that no server runs on:
 *   node scripts/with-postgres.ts [--memory] COMMAND [ARGUMENT...]
 * With --memory the files of the server, and what the command puts into its temporary folder, are
 * in memory if there is room. A TEST_DATABASE_URL that is set already is left alone, and no server
 * is started. Exits with the command's status, or 128 plus the number of the signal that ended it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'

import { openDataDir } from '../src/embedded/data-dir.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded/postgres.ts'
import { makeTemplate } from '../test/helpers/cluster.ts'
import { endWithParent } from '../test/helpers/end-with-parent.ts'
import { memoryFolder } from '../test/helpers/memory-folder.ts'

const WRONG_USAGE = 2

let child: ChildProcess | undefined
let received: NodeJS.Signals | undefined

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    received = signal
    child?.kill(signal)
  })
}
process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const wantsMemory = words[0] === '--memory'
  const [command, ...args] = words.slice(wantsMemory ? 1 : 0)
  if (command === undefined) {
    console.error('usage: node scripts/with-postgres.ts [--memory] COMMAND [ARGUMENT...]')
    return WRONG_USAGE
  }
  const { TEST_DATABASE_URL } = process.env
  if (TEST_DATABASE_URL) return run(command, args, { TEST_DATABASE_URL })
  return runWithServer(command, args, wantsMemory ? await memoryFolder() : undefined)
}

async function runWithServer(
  command: string,
  args: readonly string[],
  memory: string | undefined,
): Promise<number> {
  const folder = await mkdtemp(join(memory ?? tmpdir(), 'aeon-keys-test-'))
  try {
    // When root runs the command, the server has another account, which must be able to enter the
    // folder.
    await chmod(folder, 0o711)
    const template = join(folder, 'template')
    await makeTemplate(await openDataDir(folder), template)
    const server = await startEmbeddedPostgres({
      dataDir: folder,
      durable: false,
      log: { info() {}, warn, error: warn },
    })
    try {
      return await run(command, args, {
        TEST_DATABASE_URL: urlOf(server),
        TEST_CLUSTER_TEMPLATE: template,
        ...(memory !== undefined && { TMPDIR: folder }),
      })
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function warn(facts: object, message: string): void {
  console.error(message, facts)
}

function urlOf({ connection }: EmbeddedPostgres): string {
  const { user, database, host, port } = connection
  return `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}

async function run(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  if (received !== undefined) return statusOf(received)

  const env = { ...process.env, ...variables }
  const running = spawn(command, args, { stdio: 'inherit', env })
  endWithParent(running)
  child = running
  return new Promise((resolve, reject) => {
    running.once('error', reject)
    running.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? 1) : statusOf(signal)),
    )
  })
}

function statusOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
