/**
 * How signals end the service, whoever sends them and however often, and whoever reads what it
 * writes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { prepareCluster } from '../helpers/cluster.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { createProcesses, embeddedUrl, type Launched, type Processes } from '../helpers/process.ts'
import { unmeasured } from '../helpers/unmeasured.ts'
import { until } from '../helpers/until.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
const source = join(import.meta.dirname, '../../src/main.ts')

// One from people and one from a terminal that closes suffice for workers, who get all others too:
// a start of three processes is dear.
for (const [workers, firsts] of [
  ['1', signals],
  ['2', ['SIGTERM', 'SIGHUP']],
] as const) {
  t.test(
    `no signal after the first cuts off a request or a use (WORKERS=${workers})`,
    async (t) => {
      const processes = await createProcesses()
      t.teardown(() => processes.end())
      const { url: databaseUrl, client } = await databaseOf(t)
      const file = join(processes.folder, 'root-token')
      for (const first of firsts) {
        const running = await processes.start({
          settings: {
            DATABASE_URL: databaseUrl,
            ROOT_TOKEN_FILE: file,
            WORKERS: workers,
            USE_FLUSH_MS: '600000',
            DRAIN_TIMEOUT_MS: '60000',
          },
        })
        const url = await running.listening
        const token = await readRootToken(processes, file)
        const root = processes.api(url, token)
        const key = await newKey(root, await newAccount(root))
        for (let use = 0; use < 11; use += 1) t.match(await root.verify(key.token), { valid: true })

        const slow = await Promise.all(
          Array.from({ length: 6 }, () => startRequest(url, token, key)),
        )
        await toGroup(processes, running, first)
        await until('it drains', () => running.log.some(({ message }) => message === 'stopping'))
        for (const again of signals) await toGroup(processes, running, again)
        // As long as a signal may take that npm or systemd relays.
        await sleep(200)
        for (const again of signals) await toGroup(processes, running, again)
        for (const one of slow) one.finish()
        for (const one of slow) t.match(await one.answer, /^HTTP\/1\.1 200 .*"valid":true/s, first)
        const code = await running.ended
        const errors = running.log.filter(({ level }) => level === 'error' || level === 'fatal')
        t.same({ code, errors }, { code: 0, errors: [] }, `${first} ends it cleanly`)
        const uses = 'select use_count::int from api_key_usage where api_key_id = $1'
        t.same((await client.query(uses, [key.id])).rows, [{ use_count: 17 }])
      }
    },
  )
}

t.test(
  'a second Ctrl-C at a terminal after two seconds ends the service at once, with code 130',
  async (t) => {
    const processes = await createProcesses()
    t.teardown(() => processes.end())
    const file = join(processes.folder, 'root-token')
    const data = join(processes.folder, 'data')
    await prepareCluster(data)
    const [command, args] = unmeasured(source)
    const line = [command, ...args].map((word) => `'${word}'`).join(' ')
    // util-linux: runs a command at a terminal of its own, and exits as the command does.
    const terminal = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], {
      cwd: processes.folder,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: data, ROOT_TOKEN_FILE: file },
    })
    endWithParent(terminal)
    const ended = once(terminal, 'exit')
    let shown = ''
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
    })
    const address = () => /Server listening at (http:[^"]+)"/.exec(shown)?.[1]
    await until('it listens', () => address() !== undefined)
    const url = address() ?? ''
    const root = processes.api(url, await readRootToken(processes, file))
    const key = await newKey(root, await newAccount(root))
    await startRequest(url, await readRootToken(processes, file), key)
    const database = await embeddedUrl(data)

    const pressed = performance.now()
    terminal.stdin.write('\x03')
    await until('it drains', () => shown.includes('"stopping"'))
    terminal.stdin.write('\x03')
    await sleep(300)
    // On a busy machine the service may see the second one more than two seconds after the first.
    if (performance.now() - pressed < 2_000) {
      t.equal(terminal.exitCode, null, 'too soon to mean it')
    }
    await sleep(2_500)
    terminal.stdin.write('\x03')
    t.equal((await ended)[0], 130)
    t.match(shown, 'stopped at once on a repeated SIGINT')
    await until('its private database has ended', () => isAway(database))
  },
)

for (const workers of ['1', '2']) {
  t.test(`SIGTERM ends a service whose log nobody reads (WORKERS=${workers})`, async (t) => {
    const { child, logLines } = await startUnread(t, workers, 1)
    await logLines(1_000)
    child.kill('SIGTERM')
    t.same(await exitOf(child), [0, null])
  })
}

t.test('a service whose log nobody reads replaces workers that end', async (t) => {
  const { child, processes, logLines } = await startUnread(t, '2', 2)
  const { pid } = child
  if (pid === undefined) throw new Error('It did not start.')
  await logLines(1_000)
  // A process of Node.js that ends puts a pipe that it shares into blocking mode. The line of the
  // parent about the first may still fit into the pipe.
  for (let turn = 0; turn < 3; turn += 1) {
    const [first] = await processes.childrenOf(pid)
    if (first === undefined) throw new Error('No worker is left.')
    process.kill(first, 'SIGTERM')
    await until('another worker has taken its place', async () => {
      const now = await processes.childrenOf(pid)
      return now.length === 2 && !now.includes(first)
    })
  }
  child.kill('SIGTERM')
  t.same(await exitOf(child), [0, null])
})

/** Starts the service, and reads its log until so many processes listen and no further. */
async function startUnread(t: Test, workers: string, listening: number) {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const { url: databaseUrl } = await databaseOf(t)
  const [command, args] = unmeasured(source)
  const child = spawn(command, args, {
    cwd: processes.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATABASE_URL: databaseUrl,
      WORKERS: workers,
      DRAIN_TIMEOUT_MS: '1000',
      DATABASE_CONNECT_TIMEOUT_MS: '20000',
    },
  })
  endWithParent(child)
  t.teardown(() => child.kill('SIGKILL'))
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const addresses = () => [...text.matchAll(/Server listening at (http:[^"]+)"/g)]
  await until('it listens', () => addresses().length >= listening)
  child.stdout.pause()
  const url = `${addresses()[0]?.[1]}/no-such-route`
  /** Has a line logged for each request: 1,000 are more than a pipe and its reader hold. */
  const logLines = async (count: number) => {
    for (let done = 0; done < count; done += 20) {
      const answers = Array.from({ length: 20 }, () => fetch(url).then((a) => a.status))
      if (!(await Promise.all(answers)).every((status) => status === 404)) t.fail('not answered')
    }
  }
  return { child, processes, logLines }
}

/** How a process ends, or undefined when it does not within two minutes. */
function exitOf(child: ChildProcess): Promise<unknown> {
  return Promise.race([once(child, 'exit'), sleep(120_000, undefined, { ref: false })])
}

interface SlowRequest {
  readonly answer: Promise<string>
  finish(): void
}

/** A verification whose body is sent but for its last byte. */
async function startRequest(
  url: string,
  token: string,
  key: { readonly token: string },
): Promise<SlowRequest> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const body = JSON.stringify({ token: key.token })
  socket.write(
    `POST /v1/verify HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  )
  await once(socket, 'data')
  socket.write(body.slice(0, -1))
  const { promise: answer, resolve } = Promise.withResolvers<string>()
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(text))
  return { answer, finish: () => void socket.write(body.slice(-1)) }
}

/** As a terminal does it: to the process and all that it has started. */
async function toGroup(
  processes: Processes,
  { pid }: Launched,
  signal: NodeJS.Signals,
): Promise<void> {
  for (const one of [pid, ...(await processes.childrenOf(pid))]) {
    try {
      process.kill(one, signal)
    } catch {
      // A worker may have ended before.
    }
  }
}

async function databaseOf(t: Test) {
  const database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await database.drop()
  })
  return { url: database.url, client }
}

async function isAway(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
  client.on('error', () => undefined)
  return client.connect().then(
    () => client.end().then(() => false),
    () => true,
  )
}

async function readRootToken({ canaries }: Processes, file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim()
  canaries.addToken(token)
  return token
}
