/** The service under a database role that cannot alter the trail, made as the operator is told. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { verifyTrail } from '../../src/keys/audit/verify-trail.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'
import { trailOf } from '../helpers/trail.ts'

const operations = await readFile(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

t.test('the service lives with the documented rights, and cannot alter its trail', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const owner = await connectRaw(t, database.url)
  const role = `service_${randomBytes(4).toString('hex')}`
  await owner.query(`create role ${role}`)
  t.teardown(async () => {
    await owner.query(`drop owned by ${role}; drop role ${role}`)
  })
  await owner.query(documentedSql().replaceAll('aeon_service', role))
  const mark = database.url.includes('?') ? '&' : '?'
  const url = `${database.url}${mark}options=${encodeURIComponent(`-c role=${role}`)}`

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
  t.equal((await trailOf(owner, account)).length, 9)
  t.match(await verifyTrail(service.deps, []), { breaks: [] })

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
})

/** The statements of the first block of SQL. */
function documentedSql(): string {
  const [, sql] = /```sql\n([^`]*)```/.exec(operations) ?? []
  if (sql === undefined) throw new Error('docs/operations.md has no SQL.')
  return sql
}
