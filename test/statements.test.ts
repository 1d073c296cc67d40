/** Only the store sends statements, and it writes in the transaction of an act, but for a list. */
import t from 'tap'
import { plainWrites, strayStatements } from '../scripts/find-statements.ts'
import { readLayers } from '../scripts/layers.ts'

const statements = [
  `await deps.db.insertInto('api_key').values(row).execute()`,
  `await deps.db.updateTable('api_key').set({ live: null }).execute()`,
  `await deps.db.deleteFrom('session').execute()`,
  `await deps.db\n    .mergeInto('role')`,
  `const rows = await trx.selectFrom('role').selectAll().execute()`,
  `await deps.db.transaction().execute(write)`,
  `await deps.db.connection().execute(write)`,
  `await deps.db.executeQuery(query)`,
  `await client.query('delete from session')`,
  `const { updateTable } = deps.db`,
]

t.test('a statement is found in every folder but those that may send one', async (t) => {
  const layers = await readLayers()
  for (const { path } of layers.filter((layer) => layer.path.startsWith('src/'))) {
    const file = path.endsWith('.ts') ? path : `${path}deeper/file.ts`
    const isAllowed = path === 'src/store/' || path === 'src/embedded/'
    for (const statement of statements) {
      const found = strayStatements(file, `const a = 1\n\n${statement}\n`)
      t.equal(found.length, isAllowed ? 0 : 1, `${file}: ${statement}`)
    }
  }
  t.same(strayStatements('src/http/a.ts', `const a = 1\n${statements[0]}`), [2])
})

t.test('comments and other names are no statements', async (t) => {
  const source = `/**\n * A transaction() that uses insertInto.\n */\nconst a = request.query.updated // deleteFrom`
  t.same(strayStatements('src/http/a.ts', source), [])
})

t.test(
  'a function of the store that writes without the transaction of an act is found',
  async (t) => {
    const plain = (body: string) =>
      plainWrites(`export async function f(db: Executor) {\n  ${body}\n}`)
    for (const body of [
      `await db.updateTable('api_key').execute()`,
      `await db.insertInto('api_key').execute()`,
      'await sql`delete from session`.execute(db)',
      'await sql`update \n session set a = 1`.execute(db)',
      `await client.query('insert into change values (1)')`,
    ]) {
      t.same(plain(body), ['f'], body)
    }
    t.same(plain('await sql`select from role for no key update of role`.execute(db)'), [])
    t.same(plain('await sql`select from role for update`.execute(db)'), [])
    t.same(
      plainWrites(`export async function f(trx: StoreTransaction) {\n  trx.updateTable('a')\n}`),
      [],
    )
    const two = `function f(trx: StoreTransaction) {\n  trx.deleteFrom('a')\n}\n\nfunction g(db: Database) {\n  db.deleteFrom('a')\n}`
    t.same(plainWrites(two), ['g'], 'each function by itself')
  },
)
