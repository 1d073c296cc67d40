/** A page of a list goes on only where the page before it ended. */
import t from 'tap'
import { createApi } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'

t.test('a cursor is refused by every other list and under every other filter', async (t) => {
  const { root } = await startCheckedService(t)
  const [first, second] = [await newAccount(root), await newAccount(root)]
  for (const account of [first, second]) {
    for (let count = 0; count < 2; count += 1) {
      await newKey(root, account)
      await newRole(root, account, `role ${count}`, [])
      await newAllowList(root, account, ['192.0.2.1'], `list ${count}`)
    }
  }
  const lists = [first, second].flatMap((account) =>
    ['api-keys', 'api-keys?status=active', 'roles', 'allow-lists', 'audit-events'].map(
      (list) => `/v1/accounts/${account}/${list}`,
    ),
  )
  lists.push('/v1/accounts')
  const paged = (path: string, cursor: string) =>
    root.get(`${path}${path.includes('?') ? '&' : '?'}limit=1&cursor=${cursor}`)
  for (const list of lists) {
    const { next_cursor: cursor } = (await paged(list, '')).body
    t.type(cursor, 'string', list)
    for (const other of lists) {
      const answer = await paged(other, cursor)
      t.equal(answer.status, other === list ? 200 : 400, `${list}, then ${other}`)
      if (other !== list) t.match(answer.body.errors, [{ in: 'query', field: '/cursor' }])
    }
    t.equal((await paged(list.replace(first, first.toUpperCase()), cursor)).status, 200, list)
  }

  const report = `/v1/accounts/${first}/api-keys/report`
  const found = (await root.get(`${report}?limit=1`)).body.report.findings
  const { finding, next_cursor: more } = found.find(
    (one: { next_cursor: string | null }) => one.next_cursor,
  )
  t.equal((await root.get(`${report}?finding=${finding}&cursor=${more}`)).status, 200)
  t.equal((await paged(report.replace(first, second), more)).status, 400)
})

t.test('a token of the Aeon API is refused by every other list', async (t) => {
  const { root, service, canaries } = await startCheckedService(t)
  const account = await newAccount(root)
  const admin = createApi(service.app, canaries, (await newKey(root, account)).token)
  await newKey(root, account)
  for (const name of ['one', 'two']) {
    await newRole(root, account, name, [])
    await newAllowList(root, account, ['192.0.2.1'], name)
  }
  const at = `/api/public/v1/accounts/${account}`
  const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
  const lists = [`${at}/api-keys`, `${at}/roles`, `${at}/projects/${project}/allow-lists`]
  const paged = (path: string, token: string) =>
    admin.get(`${path}?limit=1&continuation_token=${token}`)
  for (const list of lists) {
    const token = (await paged(list, '')).body._metadata.continuation_token
    t.type(token, 'string', list)
    for (const other of [...lists, `${at}/projects`, '/api/public/v1/accounts']) {
      t.equal((await paged(other, token)).status, other === list ? 200 : 400, `${list}, ${other}`)
    }
  }
})
