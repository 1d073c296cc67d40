import { Client } from 'pg'
import { test } from 'tap'
import { computeTag } from '../../src/domain/token/tag.ts'
import { parseToken, type Token } from '../../src/domain/token/token.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'

test('metrics and debug logs tell why a token is not found, and callers do not learn it', async (t) => {
  const { root, as, service, logLines, database } = await startCheckedService(t, {
    settings: { LOG_LEVEL: 'debug' },
  })
  const { token: text } = await newKey(root, await newAccount(root))
  const token = requireToken(text)
  const { signing } = service.deps.keyring
  const sealed = (signed: string) => `${signed}_${computeTag(signed, signing)}`
  const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
  const causes: readonly [cause: string, presented: string][] = [
    ['bad_tag', `${token.signed}_${'0'.repeat(11)}`],
    ['bad_signature', `${header}.${Buffer.from('{}').toString('base64url')}.${'A'.repeat(43)}`],
    ['unknown_key', sealed(token.signed.replace(/_./, (start) => (start === '_0' ? '_1' : '_0')))],
    [
      'wrong_secret',
      sealed(`${token.signed.slice(0, -1)}${token.signed.endsWith('0') ? '1' : '0'}`),
    ],
  ]
  // The tag finds the row, so that a wrong secret takes a tag that collides: 64 bits.
  const collision = parseToken(causes.at(-1)?.[1] ?? '')
  const raw = new Client({ connectionString: database.url })
  await raw.connect()
  t.teardown(() => raw.end())
  await raw.query('update credential set tag = $1 where tag = $2', [collision?.tag, token.tag])
  for (const [cause, presented] of causes) {
    const before = await countOf(cause)
    t.same(await root.verify(presented), { valid: false, reason: 'not_found' }, cause)
    const [verdict] = (await root.post('/v1/verify/batch', { attempts: [{ token: presented }] }))
      .body.verdicts
    t.same(verdict, { valid: false, reason: 'not_found' }, `${cause}, in a batch`)
    t.equal((await countOf(cause)) - before, 2, `the metric counts ${cause}`)
    const told = logLines.filter((line) => line.includes(`"cause":"${cause}"`))
    t.ok(told.length >= 2, `a debug line tells ${cause}`)
    t.notOk(
      logLines.some((line) => line.includes(presented)),
      'no line holds the token',
    )
  }

  async function countOf(cause: string): Promise<number> {
    const { text: metrics } = await as(undefined).get('/metrics')
    const line = metrics.split('\n').find((one) => one.startsWith(metricOf(cause)))
    return Number(line?.split(' ').at(-1) ?? Number.NaN)
  }
})

function metricOf(cause: string): string {
  return `aeon_keys_not_found_total{cause="${cause}"}`
}

function requireToken(text: string): Token {
  const token = parseToken(text)
  if (token === undefined) throw new Error('An issued token does not parse.')
  return token
}
