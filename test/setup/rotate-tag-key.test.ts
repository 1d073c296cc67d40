import t from 'tap'
import { maxTagKeys, rotateTagKey } from '../../src/setup/rotate-tag-key.ts'
import { age } from '../helpers/age.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const waitMs = 60_000

t.test('a new tag key signs once every instance knows it, and old tokens stay valid', async (t) => {
  const one = await startTestService(t)
  const other = await startTestService(t, { database: one.database })
  const account = await newAccount(one.root)
  const old = await newKey(one.root, account)
  const before = one.service.deps.keyring.signing.id
  const { id } = await rotateTagKey(one.service.deps, waitMs)
  t.not(id, before)
  // The second change, which lets it sign, comes to each with a round.
  const signs = () => [one, other].every(({ service }) => service.deps.keyring.signing.id === id)
  await until(signs)
  const fresh = await newKey(other.as(one.rootToken), account)
  for (const token of [old.token, fresh.token]) {
    t.equal((await one.root.verify(token)).valid, true)
    t.equal((await other.as(one.rootToken).verify(token)).valid, true)
  }
  t.equal(one.service.deps.keyring.keys.length, 2, 'the old one verifies')
})

t.test('the tag keyring is bounded and drops unused keys', async (t) => {
  const { service, database, root } = await startTestService(t)
  const { deps } = service
  for (let keys = 1; keys < maxTagKeys; keys += 1) {
    const { id } = await rotateTagKey(deps, waitMs)
    // A live key keeps each of them.
    await until(() => deps.keyring.signing.id === id)
    await newKey(root, await newAccount(root))
  }
  t.equal(deps.keyring.keys.length, maxTagKeys)
  await age(database.url, 2 * 60 * 60 * 1000)
  await t.rejects(rotateTagKey(deps, waitMs), {
    message: /No tag key can be added: .* all 8 tag keys/,
  })
  await deps.db
    .updateTable('credential')
    .set({ ended_at: deps.now() })
    .where('generation', '=', 1)
    .where('api_key_id', '<>', (await root.get('/v1/me')).body.api_key.id)
    .execute()
  await rotateTagKey(deps, waitMs)
  await until(() => deps.keyring.keys.length <= 3)
  t.equal((await root.get('/v1/me')).status, 200, 'what is used is kept')
})

t.test('an unfinished tag key rotation is resumed with the same key', async (t) => {
  const { service, root } = await startTestService(t)
  const { deps } = service
  const before = deps.keyring.signing.id
  await deps.db
    .insertInto('instance' as never)
    .values({
      id: '00000000-0000-4000-8000-000000000000',
      applied: 1,
      beat: 0,
      started_at: new Date(),
      max_staleness_ms: 30_000,
    } as never)
    .execute()
  await t.rejects(rotateTagKey(deps, 0), {
    message: /Not every instance has the new tag key yet/,
  })
  t.equal(deps.keyring.signing.id, before, 'it does not sign')
  await deps.db
    .deleteFrom('instance' as never)
    .where('applied' as never, '=', 1 as never)
    .execute()
  const { id } = await rotateTagKey(deps, waitMs)
  await until(() => deps.keyring.signing.id === id)
  t.equal(deps.keyring.keys.length, 2, 'the key that was left over, and no third one')
  t.equal((await root.get('/v1/me')).status, 200)
})
