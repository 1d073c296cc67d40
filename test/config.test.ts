import t from 'tap'
import { ConfigError, readConfig, Settings } from '../src/config.ts'
import { createLog } from '../src/log.ts'

t.test('every setting has a default or may be unset, and says what it is', async (t) => {
  const config = readConfig({})
  t.equal(config.PORT, 8080)
  t.equal(config.HOST, '127.0.0.1')
  t.equal(config.DATABASE_URL, undefined)
  for (const [name, schema] of Object.entries(Settings.properties)) {
    t.ok('description' in schema && schema.description, name)
  }
})

t.test('an empty variable counts as unset, and numbers are read as numbers', async (t) => {
  const config = readConfig({ PORT: '0', HASH_CONCURRENCY: '', DATA_DIR: '', TOKEN_PREFIX: 'acme' })
  t.equal(config.PORT, 0)
  t.equal(config.HASH_CONCURRENCY, 4)
  t.equal(config.DATA_DIR, undefined)
  t.equal(config.TOKEN_PREFIX, 'acme')
})

t.test('all faults are told at once, and no value is repeated', async (t) => {
  const env = {
    PORT: '70000',
    CACHE_MAX_KEYS: '1e3',
    HASH_PROFILE: 'fast',
    LOG_LEVEL: 'loud',
    TOKEN_PREFIX: 'Aeon_',
    DATABASE_URL: 'mysql://user:hunter2@host/db',
    TRUSTED_PROXIES: '10.0.0.0/8, hunter2',
    MIGRATE: 'on',
  }
  const error = t.throws(() => readConfig(env), ConfigError) as unknown as ConfigError
  t.same(
    error.faults,
    [
      'DATABASE_URL must match ^postgres(ql)?://',
      'CACHE_MAX_KEYS must be a whole number from 1 to 10000000',
      'MIGRATE must be one of auto, off',
      'HASH_PROFILE must be one of random, password',
      'PORT must be a whole number from 0 to 65535',
      'TOKEN_PREFIX must match ^[a-z][a-z0-9]{0,15}$',
      'TRUSTED_PROXIES must be addresses and ranges, separated by commas',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
    ].toSorted((a, b) => order(a) - order(b)),
  )
  t.notMatch(error.message, /hunter2/)
})

function order(fault: string): number {
  return Object.keys(Settings.properties).indexOf(fault.split(' ')[0] ?? '')
}

t.test('a log line holds no token, wherever it stood', async (t) => {
  const lines: string[] = []
  const log = createLog('info', { write: (line: string) => void lines.push(line) })
  const secret = 'S'.repeat(43)
  const token = `aeon_${'0'.repeat(22)}${secret}_${'T'.repeat(11)}`
  log.info({ note: `pasted ${token} here` }, `in a message ${token}`)
  log.info({ nested: { token: 'x', authorization: `Bearer ${token}` } })
  log.error({ err: new Error(`failed for ${token}`) })
  t.equal(lines.length, 3)
  for (const line of lines) {
    t.notMatch(line, new RegExp(secret))
    t.equal(typeof JSON.parse(line).time, 'string', 'and it is still JSON')
  }
})
