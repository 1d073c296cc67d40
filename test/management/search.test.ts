/** Words typed into a search match the beginnings of words in names and descriptions. */
import { sql } from 'kysely'
import { Client } from 'pg'
import { test } from 'tap'
import { parseSearch } from '../../src/domain/search.ts'
import { fillSearchWords } from '../../src/setup/fill-search-words.ts'
import { migrate } from '../../src/store/migrate.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { asAdmin, createEmptyDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'

/** A text in a name or description, and searches that find it, and one that does not. */
const cases = [
  ['Élan ÜBER', ['élan', 'Élan', 'ÉLAN', 'e\u0301lan', 'E\u0301L', 'über', 'Übe'], 'elan'],
  ['Ye\u0301ti CAFE\u0301', ['yéti', 'YÉTI', 'ye\u0301t', 'café'], 'yeti'],
  ['ΟΔΟΣ Σίσυφος', ['οδος', 'οδοσ', 'ΟΔΟΣ', 'οδΟσ'], 'οδώ'],
  ['ΟΔΟΣΤΡΩΜΑ', ['οδος', 'ΟΔΟΣ', 'οδοστρ'], 'οδοσς'],
  [
    'İstanbul IĞDIR',
    ['İST', 'i̇stanbul', 'istanbul', 'ISTANBUL', 'ığdır', 'IĞDIR', 'iğd'],
    'stanbul',
  ],
  ['Straße', ['strasse', 'STRASSE', 'STRAẞE', 'straß', 'stras'], 'strase'],
  ['Москва', ['москва', 'МОСКВА', 'мОс'], 'осква'],
  ['Ǆungla ﬁn', ['ǆungla', 'ǅun', 'FIN', 'fin'], 'dz'],
  ['Å', ['å', '\u212b', 'A\u030a'], 'a'],
  ['𐐀𐐨', ['𐐨𐐨', '𐐀𐐀'], '𐐂'],
] as const

/** Locales of a database that fold letters each in their own way. */
const locales = [`locale 'C'`, `locale 'C' locale_provider icu icu_locale 'tr'`]

test('words are found in any case, on a database of any locale', async (t) => {
  for (const locale of locales) {
    const { name, url, drop } = await createEmptyDatabase()
    t.teardown(drop)
    await asAdmin(async (admin) => {
      await admin.query(`drop database ${name}`)
      await admin.query(`create database ${name} encoding 'UTF8' ${locale} template template0`)
    })
    const { db } = openTestDatabase(url)
    t.teardown(() => db.destroy())
    await migrate(db)
    for (const [text, finds, misses] of cases) {
      const words = [...finds, misses].flatMap((search) => parseSearch(search) ?? [])
      // Names are of the collation "C", and a search is of that of the database.
      const { rows } = await sql<{ searched: string }>`select searched
        from unnest(${words}::text[]) with ordinality as searches(searched, place)
        where exists (select from words_of((${text} collate "C")) as word
          where word >= fold_word(searched) and word < fold_word(searched) || chr(1114111))
        order by place`.execute(db)
      const found = rows.map(({ searched }) => searched)
      t.same(found, finds, `${text}, but not by ${misses}, ${locale}`)
    }
  }
})

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
    t.same(await find('GRÖSSEN'), ['CI-deploy_7'])
    t.same(await find('北'), ['İstanbul 北京'])
    t.same(await find('ploy'), [], 'the middle of a word is no beginning')
    t.same(await find('100%'), ['etl'], 'punctuation separates, and is no pattern')
    t.same(await find("d%' _"), ['CI-deploy_7', 'deploy old', 'etl'])
  })

  await t.test('a search finds words in any case, with letters of any script', async (t) => {
    const account = await newAccount(root, 'In any case')
    for (const [index, [text]] of cases.entries()) {
      await newKey(root, account, { name: `key ${index}`, description: text })
    }
    const path = `/v1/accounts/${account}/api-keys`
    for (const [index, [text, finds, misses]] of cases.entries()) {
      for (const search of [finds[1], misses]) {
        const { body } = await root.get(`${path}?search=${encodeURIComponent(search)}`)
        const names = body.api_keys.map(({ name }: { name: string }) => name)
        t.equal(names.includes(`key ${index}`), search !== misses, `${text}: ${search}`)
      }
    }
    await newKey(root, account, { name: 'Élan ÜBER' })
    const { body } = await root.get(`${path}?search=${encodeURIComponent('élan über')}&sort=name`)
    t.match(body.api_keys, [{ name: 'key 0' }, { name: 'Élan ÜBER' }], 'by the name as well')
  })

  await t.test('a search respects filters, orders and pages', async (t) => {
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

  await t.test('a search for no word, or for too many, is an error', async (t) => {
    for (const text of [' ', '---', 'a b c d e f g h i', 'x'.repeat(201)]) {
      t.equal(await find(text), 400, text)
    }
  })

  await t.test('a search finds a changed name or description by its new words alone', async (t) => {
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

  await t.test('a search finds a word longer than an index can hold', async (t) => {
    const word = '北'.repeat(1000)
    await newKey(root, account, { name: 'long', description: word })
    t.same(await find(word.slice(0, 60)), ['long'])
  })

  await t.test('a search finds keys of an earlier version after the start', async (t) => {
    const client = new Client(database.url)
    await client.connect()
    await client.query('delete from api_key_word')
    await client.query(`insert into api_key_word (api_key_id, word, account_id)
      select id, 'übrig', account_id from api_key`)
    await client.query(`update sweep set swept_id = '00000000-0000-0000-0000-000000000000'
      where name = 'search_words'`)
    await client.end()
    t.same([await find('deploy'), (await find('übrig')).length > 0], [[], true])
    t.ok((await fillSearchWords(service.deps.db, Number.POSITIVE_INFINITY, 2)) >= 6)
    t.same(await find('deploy'), ['CI-deploy_7', 'deploy old', 'etl'])
    t.same(await find('ÜBRIG'), [], 'words by an earlier rule are replaced')
    t.ok((await fillSearchWords(service.deps.db)) <= 1, 'and are not looked at again')
  })
})
