import t from 'tap'
import type { Change } from '../../src/domain/protocol/change.ts'
import { nameSubject } from '../../src/domain/protocol/change.ts'

const subject = { id: 'a key', accountId: 'an account' }
const cases: readonly (readonly [readonly Change[], boolean])[] = [
  [[], false],
  [[{ kind: 'key', id: 'another' }], false],
  [[{ kind: 'account', id: 'another' }], false],
  [[{ kind: 'session', id: 'a key' }, { kind: 'tag_key' }, { kind: 'instance' }], false],
  [[{ kind: 'tag_key' }, { kind: 'key', id: 'a key' }], true],
  [[{ kind: 'account', id: 'an account' }], true],
  [[{ kind: 'everything' }], true],
]

t.test('a change names a key by its id, by its account, or with everything', async (t) => {
  for (const [changes, isNamed] of cases) t.equal(nameSubject(changes, subject), isNamed)
})
