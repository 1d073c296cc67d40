import t from 'tap'
import { challengeOf, challengeWithoutToken } from '../../src/domain/challenge.ts'
import { parseBearer } from '../../src/domain/token/bearer.ts'
import { denialReasons } from '../../src/domain/verdict.ts'

t.test('a challenge tells only that permissions are missing, and which', async (t) => {
  t.same(challengeWithoutToken('api'), { status: 401, challenge: 'Bearer realm="api"' })
  for (const reason of denialReasons) {
    const expected =
      reason === 'insufficient_permissions'
        ? {
            status: 403,
            challenge: 'Bearer realm="api", error="insufficient_scope", scope="a:read b:read"',
          }
        : { status: 401, challenge: 'Bearer realm="api", error="invalid_token"' }
    t.same(challengeOf(reason, ['a:read', 'b:read'], 'api'), expected, reason)
  }
})

t.test('a Bearer header holds the scheme in any case, spaces and one token', async (t) => {
  t.equal(parseBearer('Bearer abc'), 'abc')
  t.equal(parseBearer('bearer   abc'), 'abc')
  for (const other of ['Bearer', 'Bearer ', 'Bearer a b', 'Basic abc', 'abc', '']) {
    t.equal(parseBearer(other), undefined, other)
  }
})
