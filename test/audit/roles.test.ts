/** The service under a database role that cannot alter the audit log, created as documented. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { createProcesses, type LaunchOptions } from '../helpers/process.ts'
import { startTestService } from '../helpers/service.ts'

const operations = await readFile(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

t.test(
  'the service runs with the documented database rights and cannot alter its audit log',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const owner = await connectRaw(t, database.url)
    const role = `service_${randomBytes(4).toString('hex')}`
    await owner.query(`create role ${role}`)
    t.teardown(async () => {
      await owner.query(`drop owned by ${role}; drop role ${role}`)
    })
    await owner.query(documentedSql().replaceAll('aeon_service', role))
    const url = urlAs(role, database)

    const started = await startTestService(t, {
      database: { ...database, url },
      settings: { MIGRATE: 'off' },
    })
    const { root, service } = started
    const account = await newAccount(root)
    const path = `/v1/accounts/${account}`
    const custom = await newRole(root, account, 'reader', [])
    const list = await newAllowList(root, account, ['192.0.2.0/24'])
    const key = await newKey(root, account, { role: custom, allow_list_ids: [list] })
    t.match(await root.verify(key.token, { client_ip: '192.0.2.1' }), { valid: true })
    for (const act of ['disable', 'enable', 'revoke']) {
      const acted = await root.post(`${path}/api-keys/${key.id}/${act}`)
      t.match(acted, { status: 200, body: { receipt: { state: 'complete' } } }, act)
    }
    t.equal((await root.delete(`${path}/roles/${custom}`)).status, 204)
    t.equal((await root.delete(`${path}/allow-lists/${list}`)).status, 204)
    await service.deps.uses.flush(service.deps.db)
    t.equal((await auditLogOf(owner, account)).length, 9)
    t.match(await verifyAuditLog(service.deps, []), { breaks: [] })

    const asService = await connectRaw(t, url)
    for (const table of ['audit_event', 'audit_event_key']) {
      for (const statement of [
        `update ${table} set number = number`,
        `delete from ${table}`,
        `truncate ${table}`,
        `alter table ${table} add column more text`,
        `drop table ${table}`,
      ]) {
        // 42501: insufficient_privilege.
        await t.rejects(asService.query(statement), { code: '42501' }, statement)
      }
    }
  },
)

t.test(
  'the owner migrates by its own URL, and a service with insert-only audit rights serves',
  async (t) => {
    const processes = await createProcesses()
    t.teardown(() => processes.end())
    const database = await createEmptyDatabase()
    t.teardown(() => database.drop())
    const owner = await connectRaw(t, database.url)
    const role = `service_${randomBytes(4).toString('hex')}`
    await owner.query(`create role ${role}`)
    t.teardown(() => owner.query(`drop owned by ${role}; drop role ${role}`))
    const url = urlAs(role, database)
    const rootTokenFile = join(processes.folder, 'root-token')
    const ofService = { DATABASE_URL: url, MIGRATE: 'off', ROOT_TOKEN_FILE: rootTokenFile }
    const settings = { ...ofService, DATABASE_OWNER_URL: database.url }
    const migrating = { script: ['src/admin.ts', 'migrate'] } satisfies LaunchOptions

    t.match(
      await processes.run({ settings: ofService, ...migrating }),
      { status: 1 },
      'not by itself',
    )
    t.match(await processes.run({ settings, ...migrating }), {
      status: 0,
      shown: /^Ran 0001_initial, /,
    })
    t.match(await processes.run({ settings }), { status: 1 }, 'nor may it do anything yet')
    await owner.query(documentedSql().replaceAll('aeon_service', role))

    const started = await processes.start({ settings })
    const listening = await started.listening
    const rootToken = (await readFile(rootTokenFile, 'utf8')).trim()
    processes.canaries.addToken(rootToken)
    const root = processes.api(listening, rootToken)
    const account = await newAccount(root)
    const key = await newKey(root, account)
    t.match(await root.verify(key.token), { valid: true })
    const revoke = `/v1/accounts/${account}/api-keys/revoke`
    t.match(await root.post(revoke, { filter: { all: true } }), { status: 200, body: { count: 1 } })
    const { body } = await root.get(`/v1/accounts/${account}/audit-events?sort=created_at`)
    t.match(body.audit_events, [
      { action: 'account.created' },
      { action: 'api_key.issued' },
      { action: 'api_key.bulk_revoked', api_keys: { count: 1 } },
    ])
    const asService = await connectRaw(t, url)
    for (const statement of [
      `update audit_event set content = ''`,
      'delete from audit_event',
      'update audit_event_key set number = 1',
      'delete from audit_event_key',
      'drop index audit_event_by_created',
    ]) {
      // 42501: insufficient_privilege.
      await t.rejects(asService.query(statement), { code: '42501' }, statement)
    }
    t.equal(await started.stop(), 0)
    t.match(await processes.run({ settings, script: ['src/admin.ts', 'audit-verify'] }), {
      status: 0,
    })
  },
)

function urlAs(role: string, { url }: Pick<TestDatabase, 'url'>): string {
  const mark = url.includes('?') ? '&' : '?'
  return `${url}${mark}options=${encodeURIComponent(`-c role=${role}`)}`
}

/** The statements of the first block of SQL. */
function documentedSql(): string {
  const [, sql] = /```sql\n([^`]*)```/.exec(operations) ?? []
  if (sql === undefined) throw new Error('docs/operations.md has no SQL.')
  return sql
}
