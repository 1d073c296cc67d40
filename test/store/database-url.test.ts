/**
 * DATABASE_URL means what it means to libpq, or is refused by name: it is never less secure in
 * silence.
 */
import { sql } from 'kysely'
import t from 'tap'
import { parseConfig } from '../../src/settings/config.ts'
import { parseDatabaseUrl } from '../../src/store/database-url.ts'
import { createEmptyDatabase, openTestDatabase } from '../helpers/database.ts'
import { makeCertificate, startTlsFront } from '../helpers/tls-front.ts'

const refused: readonly (readonly [parameters: string, fault: string])[] = [
  ['sslmode=REQUIRE', 'sslmode'],
  ['sslmode=Verify-Full', 'sslmode'],
  ['sslmode=verify_full', 'sslmode'],
  ['sslmode=', 'sslmode'],
  ['sslmode=prefer', 'sslmode'],
  ['sslmode=allow', 'sslmode'],
  ['sslmode=no-verify', 'sslmode'],
  ['SSLMODE=require', 'SSLMODE'],
  ['ssl_mode=require', 'ssl_mode'],
  ['ssl=true', 'ssl'],
  ['ssl=0', 'ssl'],
  ['requiressl=1', 'requiressl'],
  ['uselibpqcompat=false', 'uselibpqcompat'],
  ['sslmode=verify-ca', 'sslrootcert'],
  ['sslrootcert=system&sslmode=require', 'sslrootcert'],
  ['sslrootcert=system&sslmode=disable', 'sslrootcert'],
  ['sslrootcert=/nowhere&sslmode=verify-full', 'sslrootcert'],
  ['sslrootcert=/nowhere', 'sslrootcert'],
  ['sslcert=/nowhere&sslmode=require', 'sslcert'],
  ['sslkey=/nowhere&sslmode=require', 'sslkey'],
  ['sslcrl=/nowhere&sslmode=require', 'sslcrl'],
  ['sslcrldir=/nowhere&sslmode=require', 'sslcrldir'],
  ['sslnegotiation=direct', 'sslnegotiation'],
  ['sslnegotiation=direct&sslmode=disable', 'sslnegotiation'],
  ['sslnegotiation=Direct&sslmode=require', 'sslnegotiation'],
  ['ssl_min_protocol_version=TLS1&sslmode=require', 'ssl_min_protocol_version'],
  ['ssl_min_protocol_version=TLSv1.3', 'ssl_min_protocol_version'],
  ['channel_binding=require', 'channel_binding'],
  ['gssencmode=require', 'gssencmode'],
  ['require_auth=scram-sha-256', 'require_auth'],
  ['target_session_attrs=standby', 'target_session_attrs'],
  ['hostaddr=192.0.2.1', 'hostaddr'],
  ['service=other', 'service'],
  ['passfile=/nowhere', 'passfile'],
  ['dbname=other', 'dbname'],
  ['statement_timeout=1', 'statement_timeout'],
  ['binary=true', 'binary'],
  ['host=a,b', 'exactly one host'],
]

t.test('a parameter that cannot have the meaning of libpq is refused by name', async (t) => {
  for (const [parameters, fault] of refused) {
    const { faults } = parseDatabaseUrl(`postgres://user:hush@db/keys?${parameters}`, {})
    t.match(faults.join('\n'), new RegExp(`\\b${fault}\\b`), parameters)
    t.notMatch(faults.join('\n'), 'hush')
  }
  for (const url of ['postgres://a,b/keys', 'postgres://user:hush@a:1,b:2/keys']) {
    t.same(parseDatabaseUrl(url, {}).faults, ['must name exactly one host'])
  }
})

t.test(
  'the faults of all database URLs are reported at once, with those of other settings',
  async (t) => {
    const env = {
      PORT: 'hush',
      DATABASE_URL: 'postgres://user:hu/sh@db:x/keys',
      DATABASE_OWNER_URL: 'postgres://user:hush@db/keys?sslmode=prefer&sslcrldir=/x',
      DATABASE_LISTEN_URL: 'postgres://[hush',
    }
    try {
      parseConfig(env)
      t.fail('accepted')
    } catch (error) {
      const words = String(error)
      for (const name of [
        'PORT',
        'DATABASE_URL',
        'DATABASE_LISTEN_URL is not a valid URL',
        'sslcrldir',
      ]) {
        t.match(words, name)
      }
      t.match(words, 'DATABASE_OWNER_URL is invalid: sslmode')
      t.notMatch(words, 'hush')
    }
  },
)

t.test('sslmode encrypts the connection and verifies the server as it promises', async (t) => {
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  const folder = t.testdir({})
  const [own, other] = [makeCertificate(folder, 'own'), makeCertificate(folder, 'other')]
  const secure = await startTlsFront(t, database.url, own)
  const clear = await startTlsFront(t, database.url, undefined)

  const outcome = async (host: string, port: number, parameters: string): Promise<string> => {
    const url = new URL(database.url.replace('@/', '@x/'))
    const { db } = openTestDatabase(
      `postgres://${url.username}@${host}:${port}${url.pathname}?${parameters}`,
    )
    const before = secure.encrypted()
    try {
      await sql`select`.execute(db)
      return secure.encrypted() > before ? 'encrypted' : 'clear'
    } catch {
      return 'refused'
    } finally {
      await db.destroy()
    }
  }
  const at = (parameters: string, host = 'localhost') => outcome(host, secure.port, parameters)
  t.equal(await at(''), 'clear')
  t.equal(await at('sslmode=disable'), 'clear')
  t.equal(await at('sslmode=require'), 'encrypted')
  t.equal(await at(`sslmode=require&sslrootcert=${own.cert}`), 'encrypted')
  t.equal(await at(`sslmode=require&sslrootcert=${other.cert}`), 'refused')
  t.equal(await at(`sslmode=verify-ca&sslrootcert=${own.cert}`, '127.0.0.1'), 'encrypted')
  t.equal(await at(`sslmode=verify-ca&sslrootcert=${other.cert}`), 'refused')
  t.equal(await at(`sslmode=verify-full&sslrootcert=${own.cert}`), 'encrypted')
  t.equal(await at(`sslmode=verify-full&sslrootcert=${own.cert}`, '127.0.0.1'), 'refused')
  t.equal(await at(`sslmode=verify-full&sslrootcert=${other.cert}`), 'refused')
  t.equal(await at('sslmode=verify-full'), 'refused', 'nobody known has signed it')
  t.equal(await at('sslrootcert=system'), 'refused', 'nor known to the system')
  t.equal(await at('sslmode=require&ssl_min_protocol_version=TLSv1.3'), 'encrypted')
  for (const mode of ['require', `verify-full&sslrootcert=${own.cert}`]) {
    const without = await outcome('localhost', clear.port, `sslmode=${mode}`)
    t.equal(without, 'refused', 'a server without TLS')
  }
  const { options } = parseDatabaseUrl('postgres://db/keys', { PGSSLMODE: 'require' })
  t.same(Object.keys(options.ssl || {}).length > 0, true, 'PGSSLMODE is the default')
  t.match(parseDatabaseUrl('postgres://db/keys', { PGSSLMODE: 'Require' }).faults, [/sslmode/])
})
