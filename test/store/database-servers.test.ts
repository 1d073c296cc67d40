/**
 * Several servers in a database URL: the primary among them serves, wherever it is in the list and
 * whatever the others do. Each that is not used is named with the cause, and never a password.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { checkDatabase } from '../../scripts/database-check/check-database.ts'
import { isUnavailable } from '../../src/store/faults.ts'
import { destroyFeedConnection, openFeedConnection } from '../../src/store/feed-connection.ts'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'
import { isReadOnlyDatabase } from '../../src/verification/outage.ts'
import { createEmptyDatabase, openTestDatabase } from '../helpers/database.ts'
import { startDatabaseSwitch } from '../helpers/database-switch.ts'
import { startFailoverPair } from '../helpers/failover.ts'
import { freePort } from '../helpers/free-port.ts'
import type { PairServer } from '../helpers/pair-server.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { startSilentServer } from '../helpers/silent-server.ts'
import { makeCertificate, startTlsFront } from '../helpers/tls-front.ts'
import { until } from '../helpers/until.ts'

const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-test-'))
// When root runs this, the servers have another account, which must pass through.
await chmod(folder, 0o711)
const pair = await startFailoverPair(folder)
t.teardown(async () => {
  await pair.stop()
  await rm(folder, { recursive: true, force: true })
})
const { user, database: name } = pair.primary.connection
/** Long enough for a busy machine. */
const connectTimeoutMs = 20_000

interface Open {
  /** The server that a statement reaches: where its data is. */
  reached(): Promise<string>
  readonly lines: readonly string[]
  url: string
}

/** A pool of one connection for a list of hosts. */
function open(t: Test, hosts: string, parameters = '', timeoutMs = connectTimeoutMs): Open {
  const url = `postgresql://${user}:hush@${hosts}/${name}?${parameters}`
  const lines: string[] = []
  const keep = (facts: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(facts)}`)
    t.notMatch(lines.join('\n'), 'hush')
  }
  const { db } = openTestDatabase(url, {
    connectTimeoutMs: timeoutMs,
    // On a busy machine the second of two primaries may answer late.
    graceMs: connectTimeoutMs,
    log: { info: keep, warn: keep },
  })
  t.teardown(() => db.destroy())
  const reached = async () => {
    const { rows } = await sql<{ data_directory: string }>`show data_directory`.execute(db)
    return rows[0]?.data_directory ?? ''
  }
  return { reached, lines, url }
}

async function faultOf(t: Test, one: Open): Promise<string> {
  try {
    await one.reached()
    t.fail('a server was found')
    return ''
  } catch (error) {
    t.ok(isUnavailable(error), 'an outage: 503')
    t.notMatch(String(error), 'hush')
    return String(error)
  }
}

const placeOf = ({ dataDir }: PairServer) => dataDir.clusterDir
const socketOf = ({ connection: { host = '', port } }: PairServer) =>
  `${encodeURIComponent(host)}:${port}`

t.test('a check of the database refuses a standby, and accepts its primary', async (t) => {
  const { primary, standby } = pair
  if (standby === undefined) throw new Error('There is no standby.')
  await until(async () => {
    const made = await standby.ask(`select from pg_database where datname = '${name}'`)
    return made.length > 0
  })
  const [ofStandby, ofPrimary] = await Promise.all(
    [standby, primary].map((server) => checkDatabase(socketUrlOf(server), () => undefined)),
  )
  t.same(
    ofStandby?.map(({ state, name }) => [state, name]),
    [['refused', 'connection']],
  )
  t.match(ofStandby?.[0]?.text, /standby or read-only. DATABASE_URL must name the server that/)
  // The servers of the tests do without fsync.
  const others = ofPrimary?.filter(({ state }) => state !== 'ok') ?? []
  t.same(
    others.map(({ name }) => name),
    ['durability'],
    others.map(({ text }) => text).join('; '),
  )
})

t.test('the primary serves, wherever in the list, and standbys are passed over', async (t) => {
  const { primary, standby } = pair
  if (standby === undefined) throw new Error('There is no standby.')
  const [first, second] = [socketOf(primary), socketOf(standby)]
  const silent = await startSilentServer(t)
  const dead = `127.0.0.1:${await freePort()}`
  for (const hosts of [
    `${first},${second}`,
    `${second},${first}`,
    `${dead},${second},${first}`,
    `host.invalid,${second},${first}`,
    `127.0.0.1:${silent.port},${first}`,
  ]) {
    for (const attributes of ['', 'target_session_attrs=read-write&load_balance_hosts=random']) {
      t.equal(await open(t, hosts, attributes).reached(), placeOf(primary), hosts)
    }
  }
  t.ok(silent.accepted() > 0, 'and one that answers nothing delays nobody')
  const logged = open(t, `${dead},host.invalid,${second},${first}`)
  await logged.reached()
  const [line = ''] = logged.lines
  t.match(line, 'found the database server that accepts writes')
  t.match(line, `${dead}: connect ECONNREFUSED`)
  t.match(line, 'host.invalid:5432: getaddrinfo')
  t.match(line, ': is a standby')
  t.equal(logged.lines.length, 1)
})

t.test('without a primary the fault names every server and why it is not used', async (t) => {
  const { standby } = pair
  if (standby === undefined) throw new Error('There is no standby.')
  const silent = await startSilentServer(t)
  const dead = `127.0.0.1:${await freePort()}`
  const second = socketOf(standby)
  const mixed = open(t, `${dead},127.0.0.1:${silent.port},host.invalid:7,${second}`, '', 1_000)
  const fault = await faultOf(t, mixed)
  for (const words of [
    'No server of the database URL accepts writes',
    `${dead}: connect ECONNREFUSED`,
    `127.0.0.1:${silent.port}: no response within`,
    'host.invalid:7: getaddrinfo',
    'is a standby',
  ]) {
    t.match(fault, words)
  }
  for (const one of [open(t, `${second},${second}`), open(t, second)]) {
    const error = await one.reached().catch((error: unknown) => error)
    t.ok(isReadOnlyDatabase(error), 'a list of standbys is told from servers that are down')
  }
  t.match(await faultOf(t, open(t, dead)), `${dead}: connect ECONNREFUSED`)
  t.match(await faultOf(t, open(t, 'host.invalid')), 'host.invalid:5432: getaddrinfo')
  const alone = open(t, `127.0.0.1:${silent.port}`, 'connect_timeout=1')
  t.match(await faultOf(t, alone), `127.0.0.1:${silent.port}:`)
})

t.test('a list that names servers of two clusters serves only one of them', async (t) => {
  const database = await createEmptyDatabase()
  const url = new URL(database.url.replace('@/', '@x/'))
  await pair.primary.ask(`do $$ begin
    if to_regrole('${url.username}') is null then create role "${url.username}" login; end if; end $$`)
  const other = await startDatabaseProxy(database.url)
  const way = await startDatabaseSwitch(() => pair.primary.socketPath)
  t.teardown(async () => {
    await other.close()
    await database.drop()
  })
  const hosts = `127.0.0.1:${new URL(other.url).port},127.0.0.1:${way.port}`
  const servers = new DatabaseServers({
    connection: `postgresql://${url.username}:${url.password}@${hosts}/template1`,
    connectTimeoutMs,
    // On a busy machine the second of two primaries may answer late.
    graceMs: connectTimeoutMs,
  })
  const connect = () =>
    openFeedConnection({ servers, connectTimeoutMs, statementTimeoutMs: connectTimeoutMs })
  await t.rejects(connect(), { name: 'NoServerError', message: /different clusters/ })

  other.cut()
  destroyFeedConnection(await connect())
  other.restore()
  await way.close()
  servers.distrust()
  await t.rejects(connect(), {
    name: 'NoServerError',
    message: /belongs to another cluster \(system identifier \d+, not \d+\)/,
  })
})

t.test('each host is held to its own name in the certificate', async (t) => {
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  const certificate = makeCertificate(t.testdir({}), 'own')
  const [first, second] = [
    await startTlsFront(t, database.url, certificate),
    await startTlsFront(t, database.url, certificate),
  ]
  const { username } = new URL(database.url.replace('@/', '@x/'))
  const connect = (hosts: string) => {
    const { db } = openTestDatabase(
      `postgresql://${username}@${hosts}/${database.name}?sslmode=verify-full&sslrootcert=${certificate.cert}`,
    )
    return sql`select`.execute(db).finally(() => db.destroy())
  }
  // The certificate names localhost, which may have two addresses.
  await connect(`127.0.0.1:${first.port},localhost:${second.port}`)
  t.ok(second.encrypted() > 1, 'asked and used')
  await t.rejects(connect(`127.0.0.1:${first.port},127.0.0.1:${second.port}`), {
    message: /127\.0\.0\.1:\d+: Hostname\/IP does not match certificate.*127\.0\.0\.1:\d+: Host/,
  })
})

t.test('of two primaries at once the one that was promoted last serves', async (t) => {
  const { primary: deposed, standby } = pair
  if (standby === undefined) throw new Error('There is no standby.')
  const one = open(t, `${socketOf(deposed)},${socketOf(standby)}`)
  t.equal(await one.reached(), placeOf(deposed))
  await pair.promote()
  const another = open(t, `${socketOf(deposed)},${socketOf(standby)}`)
  t.equal(await another.reached(), placeOf(standby))
  t.match(another.lines.join(), /was deposed/)

  await t.test(
    'a process that has met the newer of two primaries never returns to the deposed one',
    async (t) => {
      const servers = new DatabaseServers({ connection: another.url, connectTimeoutMs })
      const connect = () =>
        openFeedConnection({ servers, connectTimeoutMs, statementTimeoutMs: connectTimeoutMs })
      destroyFeedConnection(await connect())
      await standby.kill()
      servers.distrust()
      await t.rejects(connect(), { message: /was deposed \(timeline 1; .* timeline 2 / })
    },
  )
})

function socketUrlOf({ connection: { host, port } }: PairServer): string {
  return `postgresql://${user}@/${name}?host=${encodeURIComponent(host)}&port=${port}`
}
