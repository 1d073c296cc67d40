/**
 * The committed document, judged by a client that a stranger would make of it: generated, compiled
 * by the strictest settings its code allows, and used to tell the story of a key to the service.
 */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import t from 'tap'

import { startTestService } from './helpers/service.ts'
import { serveFuture } from './interop/sdks/future.ts'

const folder = join(import.meta.dirname, 'client')
const installTimeoutMs = 300_000
const runTimeoutMs = 300_000

t.test('a client generated from the OpenAPI document compiles and works', async (t) => {
  if (!(await isInstalled())) {
    await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], installTimeoutMs)
  }
  await npm(['run', 'check'], runTimeoutMs)

  const { service, rootToken } = await startTestService(t)
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const told = await npm(['run', 'story'], runTimeoutMs, {
    BASE_URL: url,
    FUTURE_URL: await serveFuture(t, url),
    ROOT_TOKEN: rootToken,
  })
  t.match(told, 'told: answers with unknown fields and values')
  t.match(told, 'told: a key revoked, and read by its hint')
})

/** Whether the packages are there, and not older than the lockfile. */
async function isInstalled(): Promise<boolean> {
  const [installed, locked] = await Promise.all([
    modifiedAtMs(join(folder, 'node_modules', '.package-lock.json')),
    modifiedAtMs(join(folder, 'package-lock.json')),
  ])
  return installed !== undefined && locked !== undefined && installed >= locked
}

async function modifiedAtMs(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.mtimeMs
}

/**
 * Runs npm in the client's folder and returns what it wrote; throws with all of that when it fails.
 */
async function npm(
  args: readonly string[],
  timeoutMs: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  // tap puts itself into every process that a test starts, through NODE_OPTIONS: half of the time,
  // here.
  const command = ['-u', 'NODE_OPTIONS', 'npm', ...args]
  const options = { cwd: folder, timeout: timeoutMs, env: { ...process.env, ...settings } }
  try {
    const { stdout } = await promisify(execFile)('env', command, options)
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
