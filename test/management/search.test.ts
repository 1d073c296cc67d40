/** Words typed into a search match the beginnings of words in names and descriptions. */
import { Client } from 'pg'
import { test } from 'tap'
import { fillSearchWords } from '../../src/setup/fill-search-words.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'

test('a search finds keys by the beginnings of words, in every order and with other filters', async (t) => {
  const { root, service, database } = await startCheckedService(t)
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const other = await newAccount(root, 'Other')
  await newKey(root, other, { name: 'Deploy elsewhere' })
  await newKey(root, account, { name: 'CI-deploy_7', description: 'Ships the Größen service.' })
  await newKey(root, account, { name: 'etl', description: 'Deployments, nightly (100%).' })
  await newKey(root, account, { name: 'İstanbul 北京', description: 'redeploy' })
  const { id } = await newKey(root, account, { name: 'deploy old', role: 'viewer' })
  await root.post(`${keys}/${id}/revoke`)
  const find = async (search: string, query = '&sort=name') => {
    const answer = await root.get(`${keys}?search=${encodeURIComponent(search)}${query}`)
    if (answer.status !== 200) return answer.status
    return answer.body.api_keys.map(({ name }: { name: string }) => name)
  }

  await t.test('each word of the search begins a word of the key', async (t) => {
    t.same(await find('deploy'), ['CI-deploy_7', 'deploy old', 'etl'])
    t.same(await find('DEP nig'), ['etl'])
    t.same(await find('7'), ['CI-deploy_7'])
    t.same(await find('größ'), ['CI-deploy_7'])
    t.same(await find('GRÖSSEN'), [])
    t.same(await find('北'), ['İstanbul 北京'])
    t.same(await find('ploy'), [], 'the middle of a word is no beginning')
    t.same(await find('100%'), ['etl'], 'punctuation separates, and is no pattern')
    t.same(await find("d%' _"), ['CI-deploy_7', 'deploy old', 'etl'])
  })

  await t.test('other filters, orders and pages hold as well', async (t) => {
    t.same(await find('deploy', '&status=revoked'), ['deploy old'])
    t.same(await find('deploy', '&role=admin&sort=-name'), ['etl', 'CI-deploy_7'])
    t.same(await find('deploy', '&expires_before=2100-01-01T00:00:00Z'), [])
    for (const sort of ['created_at', '-created_at', 'name', 'expires_at', '-expires_at']) {
      const names: string[] = []
      let cursor = ''
      do {
        const path = `${keys}?search=deploy&limit=1&sort=${sort}${cursor && `&cursor=${cursor}`}`
        const { body } = await root.get(path)
        names.push(...body.api_keys.map(({ name }: { name: string }) => name))
        cursor = body.next_cursor ?? ''
      } while (cursor !== '')
      t.same(names.toSorted(), ['CI-deploy_7', 'deploy old', 'etl'], sort)
    }
  })

  await t.test('a text without a word, or with too many, is an error', async (t) => {
    for (const text of [' ', '---', 'a b c d e f g h i', 'x'.repeat(201)]) {
      t.equal(await find(text), 400, text)
    }
  })

  await t.test('a changed name or description is found by its new words alone', async (t) => {
    const { id } = await newKey(root, account, { name: 'alpha', description: 'beta' })
    const headers = { 'if-match': '*' }
    await root.call('PATCH', `${keys}/${id}`, { body: { name: 'gamma' }, headers })
    t.same(
      [await find('alpha'), await find('gamma'), await find('beta')],
      [[], ['gamma'], ['gamma']],
    )
    await root.call('PATCH', `${keys}/${id}`, { body: { description: '' }, headers })
    t.same(await find('beta'), [])
  })

  await t.test('a word longer than an index can hold is stored and found', async (t) => {
    const word = '北'.repeat(1000)
    await newKey(root, account, { name: 'long', description: word })
    t.same(await find(word.slice(0, 60)), ['long'])
  })

  await t.test('keys of an earlier version are found after the start', async (t) => {
    const client = new Client(database.url)
    await client.connect()
    await client.query('delete from api_key_word')
    await client.query(`update sweep set swept_id = '00000000-0000-0000-0000-000000000000'
      where name = 'search_words'`)
    await client.end()
    t.same(await find('deploy'), [])
    t.ok((await fillSearchWords(service.deps.db, Number.POSITIVE_INFINITY, 2)) >= 6)
    t.same(await find('deploy'), ['CI-deploy_7', 'deploy old', 'etl'])
    t.ok((await fillSearchWords(service.deps.db)) <= 1, 'and are not looked at again')
  })
})
