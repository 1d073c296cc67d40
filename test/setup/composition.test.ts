/** The database steps of docker-compose.yml, on a real PostgreSQL, without a container engine. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { finishMs } from '../../src/process/stop-on-signal.ts'
import { parseConfig } from '../../src/settings/config.ts'
import { asAdmin, createEmptyDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'

const checkout = join(import.meta.dirname, '../..')
const run = promisify(execFile)
const read = (file: string) => readFile(join(checkout, file), 'utf8')

t.test(
  'the composition migrates as the owner and serves as a role without that right',
  async (t) => {
    const suffix = randomBytes(4).toString('hex')
    const rename = (sql: string) => sql.replace(/\baeon_(owner|service)\b/g, `$&_${suffix}`)
    const database = await createEmptyDatabase()
    const names = rename('aeon_owner, aeon_service')
    t.teardown(async () => {
      await database.drop()
      await asAdmin((admin) => admin.query(`drop role ${names}`))
    })
    const script = await read('deploy/create-roles.sh')
    const [, created = ''] = /<<'SQL'\n(.+)\nSQL\n/s.exec(script) ?? []
    t.match(created, 'create role aeon_service login')
    const statements = rename(created)
      .replace(/ password :'\w+'/g, '')
      .replace(
        /create database .*;/,
        `alter database ${database.name} owner to ${rename('aeon_owner')};`,
      )
      .replace(/database aeon_keys/g, `database ${database.name}`)
    await asAdmin((admin) => admin.query(statements))
    const urlAs = (role: string) => database.url.replace(/^(\w+:\/\/)[^@/]*@/, `$1${rename(role)}@`)

    const env = { ...process.env, DATABASE_URL: urlAs('aeon_owner') }
    await run(process.execPath, ['src/admin.ts', 'migrate'], { cwd: checkout, env })
    const owner = await connectRaw(t, urlAs('aeon_owner'))
    await owner.query(rename(await read('deploy/grant.sql')))

    const { root } = await startTestService(t, {
      database: { ...database, url: urlAs('aeon_service') },
      settings: { MIGRATE: 'off' },
    })
    const { token } = await newKey(root, await newAccount(root))
    t.match(await root.verify(token), { valid: true })
    const service = await connectRaw(t, urlAs('aeon_service'))
    for (const statement of ['create table more (id int)', 'delete from audit_event']) {
      await t.rejects(service.query(statement), { code: '42501' }, statement)
    }
  },
)

t.test('the rights that the composition grants are the documented ones', async (t) => {
  t.match(await read('docs/operations.md'), `\`\`\`sql\n${await read('deploy/grant.sql')}\`\`\``)
})

t.test('every container is bounded and gains no privileges', async (t) => {
  const text = await read('docker-compose.yml')
  const [, services = ''] = /^services:\n(.+?)^volumes:/ms.exec(text) ?? []
  const parts = services.split(/^ {2}(?=[a-z-]+:$)/m).filter((part) => part.trim() !== '')
  t.equal(parts.length, 5)
  for (const part of parts) {
    const [name = ''] = part.split(':')
    for (const line of ['<<: *hardened', 'mem_limit: ', 'pids_limit: ', 'cpus: ']) {
      t.match(part, line, `${name} ${line}`)
    }
  }
  t.notMatch(text, /privileged|network_mode|postgres:\/\/postgres/)
})

t.test('the database is healthy only once the role of the service can connect', async (t) => {
  const text = await read('docker-compose.yml')
  t.match(text, /psql -h 127\.0\.0\.1 -U aeon_service -d aeon_keys -qc "select 1"/)
  t.notMatch(text, /test: .*pg_isready/)
})

t.test('a container has more time to stop than the service may take', async (t) => {
  const [, seconds = '0'] = /stop_grace_period: (\d+)s/.exec(await read('docker-compose.yml')) ?? []
  t.ok(Number(seconds) * 1000 > parseConfig({}).DRAIN_TIMEOUT_MS + finishMs)
})
