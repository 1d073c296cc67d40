import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import t from 'tap'
import { noAuditKeys } from '../../src/domain/audit/audit-key.ts'
import { parseCatalogue } from '../../src/domain/permission.ts'
import aeon from '../../src/domain/permissions.aeon.json' with { type: 'json' }
import { bootstrap } from '../../src/setup/bootstrap.ts'
import { issueRootKey } from '../../src/setup/issue-root-key.ts'
import { issueSignInLink } from '../../src/setup/issue-sign-in-link.ts'
import { createSecretHasher } from '../../src/verification/hashing/hasher.ts'
import { noPeppers } from '../../src/verification/hashing/peppers.ts'
import { hashProfiles } from '../../src/verification/hashing/profile.ts'
import { WorkQueue } from '../../src/verification/hashing/work-queue.ts'
import { signIn } from '../helpers/browser.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const externals = {
  now: () => new Date(),
  randomBytes,
  hasher: createSecretHasher({
    profile: hashProfiles.random,
    peppers: noPeppers,
    queue: new WorkQueue({ concurrency: 1, maxWaiting: 1 }),
    randomBytes,
  }),
  tokenPrefix: 'aeon',
  auditKeys: noAuditKeys,
}
const catalogue = parseCatalogue(aeon)

t.test(
  'bootstrap makes no root key without a place for its token, until an admin asks for one',
  async (t) => {
    const database = await createTestDatabase()
    const { db } = openTestDatabase(database.url, { poolMax: 2 })
    t.teardown(async () => {
      await db.destroy()
      await database.drop()
    })
    const notYet = { message: /The database is not initialized/ }
    await t.rejects(issueRootKey(externals, db), notYet)
    await t.rejects(issueSignInLink(externals, db), notYet)
    t.same(await bootstrap(externals, db, { catalogue }), { first: true, rootKey: undefined })
    t.same(await bootstrap(externals, db, { catalogue }), { first: false })
    t.same(await db.selectFrom('api_key').selectAll().execute(), [])
    await t.rejects(issueSignInLink(externals, db), { message: /issue-root-key` first/ })

    const kept: string[] = []
    const rootKey = await issueRootKey(externals, db, async (token) => void kept.push(token))
    t.same(kept, [rootKey.token])
    const started = await startTestService(t, { database })
    t.equal(started.rootToken, '', 'a later start makes none')
    t.equal((await started.as(rootKey.token).get('/v1/me')).status, 200)
  },
)

t.test('a first start issues a sign-in link of its root key where it is asked to', async (t) => {
  const database = await createTestDatabase()
  const { db } = openTestDatabase(database.url, { poolMax: 2 })
  t.teardown(async () => {
    await db.destroy()
    await database.drop()
  })
  const kept: string[] = []
  const made = await bootstrap(externals, db, {
    catalogue,
    keepRootToken: async (token) => void kept.push(token),
    issuesSignInLink: true,
  })
  const link = made.first ? made.rootKey : undefined
  t.equal(link?.token, kept[0])
  const started = await startTestService(t, { database, rootToken: kept[0] ?? '' })
  const browser = await signIn(started, { sign_in_secret: link?.signInSecret ?? '' })
  t.equal(browser.signedIn.body.session.api_key_id, link?.id)
})

t.test(
  'a root token that cannot be stored leaves no key, and the next start bootstraps again',
  async (t) => {
    const database = await createTestDatabase()
    const { db } = openTestDatabase(database.url, { poolMax: 2 })
    t.teardown(async () => {
      await db.destroy()
      await database.drop()
    })
    const keepRootToken = () => Promise.reject(new Error('the disk is full'))
    await t.rejects(bootstrap(externals, db, { catalogue, keepRootToken }), {
      message: 'the disk is full',
    })
    t.same(await db.selectFrom('account').selectAll().execute(), [])
    t.match(await bootstrap(externals, db, { catalogue }), { first: true })
  },
)

t.test('a failed hash renewal is logged, and the key stays valid', async (t) => {
  const { root, service, logLines, database } = await startTestService(t)
  const { id, token } = await newKey(root, await newAccount(root))
  const risen = await startTestService(t, { database, settings: { HASH_PROFILE: 'password' } })
  const verifier = risen.as(
    (await newKey(root, (await root.get('/v1/me')).body.api_key.account_id)).token,
  )
  // The old hash can be read, and nothing can be put in its place.
  await service.deps.db.schema
    .alterTable('credential')
    .addCheckConstraint('no_renewal', sql`hash_profile = 1`)
    .execute()
  t.equal((await verifier.verify(token)).valid, true)
  await until(() =>
    risen.logLines.some((line) => line.includes('failed to renew a hash') && line.includes(id)),
  )
  t.equal((await verifier.verify(token)).valid, true)
  t.equal(
    logLines.some((line) => line.includes('failed to renew')),
    false,
  )
})
