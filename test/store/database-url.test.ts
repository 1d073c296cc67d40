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
  ['target_session_attrs=prefer-standby', 'target_session_attrs'],
  ['target_session_attrs=read-only', 'target_session_attrs'],
  ['load_balance_hosts=yes', 'load_balance_hosts'],
  ['connect_timeout=soon', 'connect_timeout'],
  ['host=a,b&port=1,2,3', '2 hosts and 3 ports'],
  ['host=a,b&port=5432,x', 'invalid port for host 2 of 2'],
  ['host=a,b&port=0', 'invalid port for host 1 of 2'],
  ['host=a,b,c&port=1,65536,3', 'invalid port for host 2 of 3'],
  ['host=a,,c', 'empty host for host 2 of 3'],
]

t.test('a parameter that cannot have the meaning of libpq is refused by name', async (t) => {
  for (const [parameters, fault] of refused) {
    const { faults } = parseDatabaseUrl(`postgres://user:hush@db/keys?${parameters}`, {})
    t.match(faults.join('\n'), new RegExp(`\\b${fault}\\b`), parameters)
    t.notMatch(faults.join('\n'), 'hush')
  }
  for (const [hosts, fault] of [
    ['a:1,b:x', 'not a valid URL'],
    ['a:1,b:-2', 'not a valid URL'],
    ['a:1,b:70000', 'invalid port for host 2 of 2'],
    ['a:1,,c:3', 'empty host for host 2 of 3'],
    ['a,[::1', 'not a valid URL'],
    ['a,[b]', 'not a valid URL'],
    ['a,%zz', 'not a valid URL'],
    ['a b', 'not a valid URL'],
  ] as const) {
    const { faults } = parseDatabaseUrl(`postgres://user:hush@${hosts}/keys`, {})
    t.match(faults.join('\n'), new RegExp(fault), hosts)
    t.notMatch(faults.join('\n'), 'hush')
  }
  for (const password of ['hu/sh', 'hu#sh', 'hu?sh', '12/sh', '12#sh']) {
    const { faults } = parseDatabaseUrl(`postgres://user:${password}@db/keys`, {})
    t.match(faults.join('\n'), /not a valid URL. Percent-encode/, password)
    t.notMatch(faults.join('\n'), 'sh@')
  }
})

t.test('a database URL names one server or several, as libpq reads it', async (t) => {
  const named: readonly (readonly [url: string, servers: string, env?: Record<string, string>])[] =
    [
      ['postgresql://u:p@h1:1,h2:2/db', 'h1 1, h2 2'],
      ['postgresql://u@h1:1,h2/db', 'h1 1, h2 5432'],
      ['postgresql://h1,h2,h3/db', 'h1 5432, h2 5432, h3 5432'],
      ['postgresql:///db?host=h1,h2&port=1,2', 'h1 1, h2 2'],
      ['postgresql:///db?host=h1,h2&port=7', 'h1 7, h2 7'],
      ['postgresql:///db?host=h1,h2&port=7,', 'h1 7, h2 5432'],
      ['postgresql://h0:9/db?host=h1,h2', 'h1 9, h2 9'],
      ['postgresql://h1,h2/db?port=7', 'h1 7, h2 7'],
      ['postgresql://[::1]:1,[2001:db8::2]/db', '::1 1, 2001:db8::2 5432'],
      ['postgresql:///db?host=::1,192.0.2.1', '::1 5432, 192.0.2.1 5432'],
      ['postgresql://%2Frun%2Fpg:1,h2:2/db', '/run/pg 1, h2 2'],
      ['postgresql:///db?host=%2Frun%2Fpg', '/run/pg 5432'],
      ['postgresql://u:a%2Cb%40c@h1/db', 'h1 5432'],
      ['postgresql:///db', 'localhost 5432', { PGHOST: 'localhost' }],
      ['postgresql:///db', 'h1 1, h2 2', { PGHOST: 'h1,h2', PGPORT: '1,2' }],
      ['postgresql://h1,h2/db', 'h1 7, h2 7', { PGPORT: '7' }],
    ]
  for (const [text, expected, env = {}] of named) {
    const { url, faults } = parseDatabaseUrl(text, env)
    t.same(faults, [], text)
    t.equal(url.servers.map(({ host, port }) => `${host} ${port}`).join(', '), expected, text)
  }
  const { url } = parseDatabaseUrl(
    'postgresql://u%40x:p%3A%2F@h1,h2/a%2Fb?connect_timeout=3&load_balance_hosts=random&target_session_attrs=primary',
    {},
  )
  t.match(url, { connectWithinMs: 3_000, isBalanced: true, acceptsReadOnly: true })
  t.match(url.options, { user: 'u@x', password: 'p:/', database: 'a/b', ssl: false })
  const unlimited = parseDatabaseUrl('postgresql://h1/db?connect_timeout=0', {})
  t.equal(unlimited.url.connectWithinMs, undefined)
  for (const [name, value] of [
    ['PGTARGETSESSIONATTRS', 'standby'],
    ['PGLOADBALANCEHOSTS', 'yes'],
    ['PGCONNECT_TIMEOUT', 'soon'],
  ] as const) {
    t.equal(parseDatabaseUrl('postgresql://h1/db', { [name]: value }).faults.length, 1, name)
  }
})

t.test(
  'a variable of libpq that demands what the URL lacks is obeyed or refused by name',
  async (t) => {
    const demands: readonly (readonly [variable: string, value: string, name: string])[] = [
      ['PGCHANNELBINDING', 'require', 'channel_binding'],
      ['PGREQUIREAUTH', 'scram-sha-256', 'require_auth'],
      ['PGREQUIREPEER', 'postgres', 'requirepeer'],
      ['PGGSSENCMODE', 'require', 'gssencmode'],
      ['PGSSLCERTMODE', 'require', 'sslcertmode'],
      ['PGSSLCRLDIR', '/nowhere', 'sslcrldir'],
      ['PGMINPROTOCOLVERSION', '3.2', 'min_protocol_version'],
      ['PGHOSTADDR', '192.0.2.1', 'hostaddr'],
      ['PGSERVICE', 'other', 'service'],
    ]
    for (const [variable, value, name] of demands) {
      const { faults } = parseDatabaseUrl('postgres://db/keys', { [variable]: value })
      t.match(faults, [new RegExp(`: ${name} \\(from ${variable}\\)$`)], variable)
      t.same(parseDatabaseUrl('postgres://db/keys', { [variable]: '' }).faults, [], variable)
    }
    const required = { PGREQUIRESSL: '1' }
    t.ok(parseDatabaseUrl('postgres://db/keys', required).url.options.ssl)
    t.equal(parseDatabaseUrl('postgres://db/keys?sslmode=disable', required).url.options.ssl, false)
    t.equal(parseDatabaseUrl('postgres://db/keys', { PGREQUIRESSL: '0' }).url.options.ssl, false)
    for (const [variable, value] of [
      ['PGCHANNELBINDING', 'prefer'],
      ['PGGSSENCMODE', 'disable'],
      ['PGSSLCERTMODE', 'allow'],
    ] as const) {
      t.same(parseDatabaseUrl('postgres://db/keys', { [variable]: value }).faults, [], variable)
    }
  },
)

t.test('a database URL is decoded as libpq decodes it, and never normalized', async (t) => {
  const decoded: readonly (readonly [url: string, options: Record<string, string>])[] = [
    ['postgres://u@h/db?password=a+b', { password: 'a+b' }],
    ['postgres://h/db?user=x+y%20z', { user: 'x+y z' }],
    ['postgres://h/db?options=-c%20a%3Db+c', { options: '-c a=b+c' }],
    ['postgres://u+v:p+q@h/d+b', { user: 'u+v', password: 'p+q', database: 'd+b' }],
    ['postgres://h/a/../b', { database: 'a/../b' }],
    ['postgres://h/./db', { database: './db' }],
    ['postgres://h/db%20', { database: 'db ' }],
    ['postgres://h/db?', { database: 'db' }],
    ['postgres://h/db?user=x&', { user: 'x' }],
  ]
  for (const [text, options] of decoded) {
    const { url, faults } = parseDatabaseUrl(text, {})
    t.same(faults, [], text)
    t.match(url.options, options, text)
  }
  for (const text of [
    'postgres://h/db ',
    ' postgres://h/db',
    'postgres://h/db?sslmode=require\n',
    'postgres://h/d\tb',
    'postgres://h/db%00x',
    'postgres://h/db?sslmode',
    'postgres://h/db?user=a=b',
    'postgres://h/db?user=a&&sslmode=require',
    'postgres://h/db?user=%zz',
  ]) {
    t.match(parseDatabaseUrl(text, {}).faults, [/not a valid URL/], JSON.stringify(text))
  }
  for (const text of ['postgres:///db', 'postgres://', 'postgres://u@/db?host=']) {
    t.match(parseDatabaseUrl(text, {}).faults, [/names no host/], text)
  }
})

t.test('faulty TLS files and versions are reported at the start, by parameter', async (t) => {
  const folder = t.testdir({ junk: 'not a pem\n' })
  const [own, other] = [makeCertificate(folder, 'own'), makeCertificate(folder, 'other')]
  const junk = `${folder}/junk`
  const faulty: readonly (readonly [parameters: string, faults: readonly RegExp[]])[] = [
    [`sslrootcert=${junk}`, [/sslrootcert names a file without a certificate/]],
    [`sslcrl=${junk}`, [/sslcrl names a file without a revocation list/]],
    [`sslcert=${junk}&sslkey=${junk}`, [/sslcert names a file/, /sslkey names a file/]],
    [`sslcert=${own.cert}`, [/sslcert needs sslkey/]],
    [`sslkey=${own.key}`, [/sslkey needs sslcert/]],
    [`sslcert=${own.cert}&sslkey=${other.key}`, [/sslkey is not the private key of sslcert/]],
    [
      'ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2',
      [/ssl_max_protocol_version/],
    ],
    ['ssl_max_protocol_version=TLSv1.1', [/ssl_max_protocol_version/]],
  ]
  for (const [parameters, expected] of faulty) {
    const { faults } = parseDatabaseUrl(`postgres://h/db?sslmode=verify-full&${parameters}`, {})
    t.equal(faults.length, expected.length, parameters)
    t.match(faults, expected, parameters)
  }
  const whole = `sslrootcert=${own.cert}&sslcert=${own.cert}&sslkey=${own.key}`
  t.same(parseDatabaseUrl(`postgres://h/db?sslmode=verify-full&${whole}`, {}).faults, [])
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
  const { url } = parseDatabaseUrl('postgres://db/keys', { PGSSLMODE: 'require' })
  t.same(Object.keys(url.options.ssl || {}).length > 0, true, 'PGSSLMODE is the default')
  t.match(parseDatabaseUrl('postgres://db/keys', { PGSSLMODE: 'Require' }).faults, [/sslmode/])
})
