import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import t from 'tap'

import { claimDataDir } from '../../src/embedded/claim.ts'
import { lockOwnerOf } from '../../src/embedded/lock-files.ts'
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  findRunningEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/embedded/postgres.ts'
import { createServerLog } from '../../src/embedded/server-log.ts'
import { prepareCluster } from '../helpers/cluster.ts'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { isAlive } from '../helpers/process.ts'
import { unmeasured } from '../helpers/unmeasured.ts'
import { until } from '../helpers/until.ts'

const runsAsRoot = process.geteuid?.() === 0

t.test('embedded PostgreSQL keeps its rows from the first start to a later one', async (t) => {
  const dataDir = await emptyFolder(t)
  t.equal(await findRunningEmbeddedPostgres(dataDir), undefined)

  const first = await start(t, dataDir)
  t.same(await findRunningEmbeddedPostgres(dataDir), first.connection)
  await query(first.connection, 'create table note (text text)')
  await query(first.connection, "insert into note values ('kept')")
  await first.stop()
  await first.stop()
  t.equal(await findRunningEmbeddedPostgres(dataDir), undefined)

  const second = await start(t, dataDir)
  t.same(await query(second.connection, 'select text from note'), [{ text: 'kept' }])
})

t.test('embedded PostgreSQL is private, durable and not run by root', async (t) => {
  const server = await start(t, await folderWithCluster(t))
  const { host } = server.connection
  t.equal((await lstat(host)).mode & 0o777, 0o700)
  t.same(
    await query(
      server.connection,
      `select current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding,
         current_setting('timezone') as timezone, current_setting('data_checksums') as checksums,
         current_setting('fsync') as fsync, lower('É') as folded`,
    ),
    [
      {
        addresses: '',
        encoding: 'UTF8',
        timezone: 'UTC',
        checksums: 'on',
        fsync: 'on',
        folded: 'é',
      },
    ],
  )
  const { uid } = await stat(join(server.dataDir, 'postgres', 'postmaster.pid'))
  t.equal(uid !== 0, true)
  t.equal(uid === process.geteuid?.(), !runsAsRoot)
})

t.test(
  'a second start on a DATA_DIR in use is refused, and the first server keeps running',
  async (t) => {
    const dataDir = await folderWithCluster(t)
    const first = await start(t, dataDir)

    const [fault, word] = await Promise.all([
      refusal(dataDir),
      serve(t, dataDir).then((s) => s.word),
    ])
    t.equal(fault.code, 'data_dir_in_use')
    t.match(fault.message, first.dataDir)
    t.equal(word, 'data_dir_in_use')
    t.same(await query(first.connection, 'select 1 as one'), [{ one: 1 }])
  },
)

t.test('of two concurrent starts on an empty DATA_DIR one succeeds', async (t) => {
  const dataDir = await emptyFolder(t)
  const outcomes = await Promise.allSettled([start(t, dataDir), start(t, dataDir)])

  const losers = outcomes.filter((outcome) => outcome.status === 'rejected')
  t.equal(losers.length, 1)
  t.match(losers[0]?.reason, { code: 'data_dir_in_use' })
  t.same(await namesIn(dataDir), ['postgres', 'socket'])
})

t.test('a killed service leaves no PostgreSQL behind and loses no row', async (t) => {
  const dataDir = await folderWithCluster(t)
  const { child, word } = await serve(t, dataDir)
  t.equal(word, 'ready')
  const connection = await findRunningEmbeddedPostgres(dataDir)
  if (connection === undefined) throw new Error('the server of the child process does not answer')
  await query(connection, 'create table note (text text)')
  await query(connection, "insert into note values ('acknowledged')")
  const postmaster = await postmasterPid(dataDir)

  child.kill('SIGKILL')
  await untilGone(postmaster)

  const again = await serve(t, dataDir)
  again.child.kill('SIGKILL')
  const server = await start(t, dataDir)
  t.same(await query(server.connection, 'select text from note'), [{ text: 'acknowledged' }])
})

t.test('PostgreSQL is restarted on the same socket when it dies, until stop', async (t) => {
  const dataDir = await folderWithCluster(t)
  const written: string[] = []
  const server = await start(t, dataDir, (message) => written.push(message))
  const killed = await postmasterPid(dataDir)

  process.kill(killed, 'SIGKILL')
  await untilGone(killed)
  await untilAnswers(server)
  t.not(await postmasterPid(dataDir), killed)
  t.match(written, ['PostgreSQL ended unexpectedly', 'PostgreSQL restarted'])

  const second = await postmasterPid(dataDir)
  process.kill(second, 'SIGKILL')
  await untilGone(second)
  await server.stop()
  t.equal(await findRunningEmbeddedPostgres(dataDir), undefined, 'stop cuts the pause short')
})

t.test(
  'a DATA_DIR too long for a socket path gets its socket in a private temporary folder',
  async (t) => {
    const dataDir = join(await emptyFolder(t), 'long, "and quoted" '.repeat(6))
    await prepareCluster(dataDir)
    const server = await start(t, dataDir)
    t.ok(server.connection.host.startsWith(tmpdir()))
    t.equal((await lstat(server.connection.host)).mode & 0o777, 0o700)
    t.same(await findRunningEmbeddedPostgres(dataDir), server.connection)

    await server.stop()
    await chmod(server.connection.host, 0o755)
    t.equal(await findRunningEmbeddedPostgres(dataDir), undefined)
    t.match(await refusal(dataDir), { code: 'data_dir_unusable', message: server.connection.host })
    await rm(server.connection.host, { recursive: true })
  },
)

t.test('an inaccessible DATA_DIR is refused by name', async (t) => {
  const closed = join(await emptyFolder(t), 'closed')
  await mkdir(closed, { mode: runsAsRoot ? 0o700 : 0o500 })
  t.match(await refusal(join(closed, 'data')), {
    code: runsAsRoot ? 'data_dir_closed' : 'data_dir_unusable',
    message: closed,
  })
})

t.test('a DATA_DIR that is a file is refused', async (t) => {
  const fault = await refusal(import.meta.filename)
  t.equal(fault.code, 'data_dir_unusable')
  t.match(fault.message, import.meta.filename)
})

t.test('leftovers of a killed first start do not harm a later start', async (t) => {
  const dataDir = await emptyFolder(t)
  const [recent, old] = [
    join(dataDir, 'postgres.unfinished-a'),
    join(dataDir, 'postgres.unfinished-b'),
  ]
  await mkdir(join(recent, 'base'), { recursive: true })
  await mkdir(join(old, 'base'), { recursive: true })
  await utimes(old, 0, 0)

  await start(t, dataDir)
  t.same(await namesIn(dataDir), ['postgres', 'postgres.unfinished-a', 'socket'])
})

t.test('the error of a refused start quotes PostgreSQL', async (t) => {
  const dataDir = await folderWithCluster(t)
  const server = await start(t, dataDir)
  await server.stop()
  await rm(join(dataDir, 'postgres', 'global', 'pg_control'))
  const fault = await refusal(dataDir)
  t.equal(fault.code, 'start_failed')
  t.match(fault.message, 'pg_control')
})

t.test('a lock file that names no server is reported as damaged, with the remedy', async (t) => {
  const dataDir = await folderWithCluster(t)
  const server = await start(t, dataDir)
  const { host } = server.connection
  await server.stop()
  // Each file, and each of the two messages of PostgreSQL: a refusal takes five seconds.
  const cases = [
    [join(dataDir, 'postgres', 'postmaster.pid'), ''],
    [join(host, '.s.PGSQL.5432.lock'), 'not a number\n'],
  ] as const
  for (const [file, content] of cases) {
    await writeFile(file, content)
    const fault = await refusal(dataDir)
    t.equal(fault.code, 'lock_file_damaged', `${file} with ${JSON.stringify(content)}`)
    t.match(fault.message, `The lock file ${file} `)
    t.match(fault.message, 'remove that file, and start again')
    await rm(file, { force: true })
  }
  const again = await start(t, dataDir)
  t.same(await query(again.connection, 'select 1 as one'), [{ one: 1 }])
})

t.test(
  'a lock file that names another program does not keep PostgreSQL from starting',
  async (t) => {
    const dataDir = await folderWithCluster(t)
    const clusterDir = join(dataDir, 'postgres')
    const named = join(dataDir, 'postgres-of-another-folder')
    await mkdir(named)
    await copyFile('/bin/sleep', join(named, 'postgres'))
    await chmod(join(named, 'postgres'), 0o755)
    const first = await start(t, dataDir)
    const { host } = first.connection
    const files = [join(clusterDir, 'postmaster.pid'), join(host, '.s.PGSQL.5432.lock')]
    const kept = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    await first.stop()
    const { uid, gid } = await stat(clusterDir)

    /** As a crash of the machine leaves the lock files, if `pid` had been that of the server. */
    async function leaveLocks(pid: number | undefined): Promise<void> {
      for (const [index, file] of files.entries()) {
        await writeFile(file, (kept[index] ?? '').replace(/^\d+/, String(pid)))
        await chown(file, uid, gid)
      }
    }
    function run(command: string, cwd: string): ChildProcess {
      const child = spawn(command, ['600'], {
        cwd,
        stdio: 'ignore',
        ...(runsAsRoot && { uid, gid }),
      })
      endWithParent(child)
      t.teardown(() => child.kill('SIGKILL'))
      return child
    }

    const strangers = [
      ['another program', run('/bin/sleep', '/')],
      ['another program, which works in the data directory', run('/bin/sleep', clusterDir)],
      ['a PostgreSQL of another directory', run(join(named, 'postgres'), named)],
    ] as const
    for (const [told, { pid }] of strangers) {
      await leaveLocks(pid)
      const server = await start(t, dataDir)
      t.same(await query(server.connection, 'select 1 as one'), [{ one: 1 }], told)
      await server.stop()
    }

    const { pid } = run(join(named, 'postgres'), clusterDir)
    await leaveLocks(pid)
    const fault = await refusal(dataDir)
    t.equal(fault.code, 'data_dir_in_use', 'a PostgreSQL of this directory')
    t.match(fault.message, `PID ${pid}`)
  },
)

t.test(
  'a lock file that names a process of an unknown program is reported with both ways out',
  async (t) => {
    const dataDir = await folderWithCluster(t)
    const clusterDir = join(dataDir, 'postgres')
    const server = await start(t, dataDir)
    t.equal(await lockOwnerOf(await postmasterPid(dataDir), clusterDir), 'server')
    await server.stop()
    // More than Linux and macOS give: neither /proc nor ps knows it.
    const unknown = 4_194_305
    t.equal(await lockOwnerOf(unknown, clusterDir), 'unknown')
    const lastLines = [
      'postmaster|FATAL:  lock file "postmaster.pid" already exists',
      `postmaster|HINT:  Is another postmaster (PID ${unknown}) running in data directory "${clusterDir}"?`,
    ].join('\n')
    const refused = {
      server: { ready: Promise.resolve(false), ended: Promise.resolve(), stop: () => undefined },
      log: { add: () => undefined, release: () => undefined, lastLines: () => lastLines },
    }
    const place = { path: dataDir, clusterDir, account: undefined }
    const host = server.connection.host
    await t.rejects(
      claimDataDir(async () => refused, place, host),
      {
        code: 'data_dir_in_use',
        message: `stop it: kill -INT ${unknown}. If it is another program, which got the id of an ended server, remove ${join(clusterDir, 'postmaster.pid')} and ${join(host, '.s.PGSQL.5432.lock')}, and start again.`,
      },
    )
  },
)

t.test("the log contains PostgreSQL's own messages and nothing that a session wrote", (t) => {
  const written: string[] = []
  const write = (_facts: object, message: string) => written.push(message)
  const serverLog = createServerLog({ info: write, warn: write, error: write })
  serverLog.add('postmaster|WARNING:  early')
  t.same(written, [])

  serverLog.release()
  serverLog.add('postmaster|LOG:  client backend (PID 7) was terminated by signal 9: Killed')
  serverLog.add('checkpointer|LOG:  quiet')
  serverLog.add('client backend|ERROR:  secret')
  serverLog.add('\tsecret, continued')
  serverLog.add('client backend|PANIC:  loud')
  t.same(written, ['early', 'client backend (PID 7) was terminated by signal 9: Killed', 'loud'])
  t.notMatch(serverLog.lastLines(), 'secret')
  t.end()
})

for (const options of [[], ['--memory']]) {
  t.test(
    `${['scripts/with-postgres.ts', ...options].join(' ')} gives a command a database and leaves nothing`,
    async (t) => {
      const script = join(import.meta.dirname, '../../scripts/with-postgres.ts')
      const printUrl = `
        require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/aeon-keys-test-left-')
        console.log(process.env.TEST_DATABASE_URL)
        process.exitCode = 3`
      const command = unmeasured(script, ...options, process.execPath, '-e', printUrl)
      const { TEST_DATABASE_URL: _, ...env } = process.env
      const child = spawn(...command, {
        env: { ...env, TMPDIR: await emptyFolder(t) },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      endWithParent(child)
      const exited = once(child, 'exit')

      const [url] = await once(createInterface({ input: child.stdout }), 'line')
      const { host, user, database } = new Client(url)
      t.match({ user, database }, { user: 'aeon_keys', database: 'aeon_keys' })
      t.same(await exited, [3, null])
      await t.rejects(stat(dirname(host)), { code: 'ENOENT' })
    },
  )
}

/** Another account may pass through, since root gives its privileges up. */
async function emptyFolder(t: Tap): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-embedded-'))
  await chmod(folder, 0o711)
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** A folder with a cluster, for tests that are not about a first start. */
async function folderWithCluster(t: Tap): Promise<string> {
  const folder = await emptyFolder(t)
  await prepareCluster(folder)
  return folder
}

/**
 * Leaves out the copy of the binaries, which is made when the checkout is closed to other accounts.
 */
async function namesIn(dataDir: string): Promise<readonly string[]> {
  const names = await readdir(dataDir)
  return names.filter((name) => !name.startsWith('binaries-')).sort()
}

type Tap = Pick<typeof t, 'teardown'>

async function start(
  t: Tap,
  dataDir: string,
  onMessage: (message: string) => void = () => {},
): Promise<EmbeddedPostgres> {
  const write = (_facts: object, message: string) => onMessage(message)
  const server = await startEmbeddedPostgres({
    dataDir,
    log: { info() {}, warn: write, error: write },
  })
  t.teardown(() => server.stop())
  return server
}

async function refusal(dataDir: string): Promise<EmbeddedPostgresError> {
  try {
    const server = await start({ teardown() {} }, dataDir)
    await server.stop()
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) return error
    throw error
  }
  throw new Error(`the start on ${dataDir} is not refused`)
}

interface Service {
  readonly child: ChildProcess
  readonly word: string
}

async function serve(t: Tap, dataDir: string): Promise<Service> {
  const script = join(import.meta.dirname, 'serve.ts')
  const child = spawn(...unmeasured(script, dataDir), { stdio: ['ignore', 'pipe', 'inherit'] })
  endWithParent(child)
  t.teardown(() => child.kill('SIGKILL'))
  const [word] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, word }
}

async function query(
  connection: EmbeddedPostgres['connection'],
  sql: string,
): Promise<readonly unknown[]> {
  const client = new Client({ ...connection })
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

function untilGone(pid: number): Promise<void> {
  return until(`process ${pid} has ended`, () => !isAlive(pid))
}

function untilAnswers({ dataDir }: EmbeddedPostgres): Promise<void> {
  return until(
    'PostgreSQL answers',
    async () => (await findRunningEmbeddedPostgres(dataDir)) !== undefined,
  )
}
