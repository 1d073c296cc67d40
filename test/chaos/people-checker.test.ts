import t from 'tap'
import { check } from './checker.ts'
import type { Act, Call } from './history.ts'
import { call, gone, receipt, verdict } from './told-history.ts'

const maxStalenessMs = 1_000
const person = 'p'
const use: Act = { kind: 'use_person', session: 's' }
const end: Act = { kind: 'end_session', session: 's' }
const lower: Act = { kind: 'lower_person', person }
const remove: Act = { kind: 'remove_person', person }
const goesOn = verdict(null)
const denied = verdict('permission_denied')
const refused = verdict('unauthenticated')
const entered = call(20, 30, { kind: 'enter', session: 's', person }, { kind: 'done' })

t.test('the chaos checker accepts what the session of a person may be answered', async (t) => {
  const good: Readonly<Record<string, readonly Call[]>> = {
    'a session whose person is lowered and removed': [
      call(40, 50, use, goesOn),
      call(100, 110, lower, receipt(1, 'complete')),
      call(120, 130, use, denied),
      call(140, 150, remove, receipt(2, 'complete')),
      call(160, 170, use, refused),
    ],
    'an old answer within the bound, while the receipt is pending': [
      call(100, 110, remove, receipt(1, 'pending')),
      call(1_100, 1_120, use, goesOn),
    ],
    'either answer while nobody knows whether the session has ended': [
      call(100, 110, end, gone),
      call(120, 130, use, refused),
      call(9_000, 9_010, use, goesOn),
    ],
    'a removal that an attempt without an answer had done': [
      call(100, 110, remove, gone),
      call(140, 150, remove, receipt(1, 'complete')),
      call(160, 170, remove, receipt(1, 'complete')),
    ],
  }
  for (const [name, calls] of Object.entries(good)) {
    t.same(check([entered, ...calls], maxStalenessMs), [], name)
  }
})

t.test('the chaos checker reports each wrong answer to the session of a person', async (t) => {
  const bad: Readonly<Record<string, readonly Call[]>> = {
    'an answer from before a complete receipt: an ended session goes on': [
      call(100, 110, end, receipt(1, 'complete')),
      call(120, 130, use, goesOn),
    ],
    'an answer from before a complete receipt: the session of a removed person goes on': [
      call(100, 110, remove, receipt(1, 'complete')),
      call(120, 130, use, goesOn),
    ],
    'an answer from before a complete receipt: a removed person is only denied': [
      call(80, 90, lower, receipt(1, 'pending')),
      call(100, 110, remove, receipt(2, 'complete')),
      call(120, 130, use, denied),
    ],
    'an answer from before a complete receipt: a lowered person keeps the role': [
      call(100, 110, lower, receipt(1, 'complete')),
      call(120, 130, use, goesOn),
    ],
    'an answer older than the bound: the session of a removed person': [
      call(100, 110, remove, receipt(1, 'pending')),
      call(1_200, 1_210, use, goesOn),
    ],
    'an answer that was never true: a session that nothing has ended is refused': [
      call(60, 70, use, refused),
    ],
    'an answer that was never true: a person whom nobody has lowered is denied': [
      call(60, 70, use, denied),
    ],
    'an answer that nobody may get: another reason': [call(60, 70, use, verdict('not_found'))],
    'changes out of order: a person is removed twice': [
      call(100, 110, remove, receipt(1, 'pending')),
      call(120, 130, remove, receipt(2, 'pending')),
    ],
  }
  for (const [name, calls] of Object.entries(bad)) {
    const rules = check([entered, ...calls], maxStalenessMs).map(({ rule }) => rule)
    t.same([...new Set(rules)], [name.slice(0, name.indexOf(':'))], name)
  }
})
