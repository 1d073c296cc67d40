import t from 'tap'
import { type MappingRule, mapClaims } from '../../src/domain/person/mapping.ts'
import { displayNameOf } from '../../src/domain/person/person.ts'

const rules: readonly MappingRule[] = [
  { claim: 'groups', value: 'admins', accountId: 'a', role: 'admin' },
  { claim: 'groups', value: 'staff', accountId: 'a', role: 'viewer' },
  { claim: 'department', value: 'db', accountId: 'b', role: 'developer' },
  { claim: 'groups', value: 'operators', accountId: null, role: 'viewer' },
]
const admin = { accountId: 'a', role: 'admin' }

t.test('the first rule of each account that matches gives the role', async (t) => {
  const cases: readonly [string, Record<string, unknown>, readonly object[]][] = [
    ['no claims', {}, []],
    ['nulls', { groups: null, department: null }, []],
    ['an empty list', { groups: [] }, []],
    ['another value', { groups: ['Admins', ' admins', ''] }, []],
    ['the first of two', { groups: ['staff', 'admins'] }, [admin]],
    ['a string', { groups: 'staff' }, [{ accountId: 'a', role: 'viewer' }]],
    ['a part of a string', { groups: 'staff admins' }, []],
    [
      'several accounts',
      { groups: ['admins', 'operators'], department: 'db' },
      [admin, { accountId: 'b', role: 'developer' }, { accountId: null, role: 'viewer' }],
    ],
  ]
  for (const [label, claims, roles] of cases) {
    t.same(mapClaims(rules, claims), { roles, faults: [] }, label)
  }
  t.same(mapClaims([], { groups: 7 }), { roles: [], faults: [] }, 'no rule reads the claim')
  const inherited: readonly MappingRule[] = [{ ...admin, claim: 'toString', value: 'x' }]
  t.same(mapClaims(inherited, {}), { roles: [], faults: [] }, 'what every object has is no claim')
})

t.test('a claim of a wrong type maps nothing, and is named', async (t) => {
  const wrong = [7, true, {}, { admins: 1 }, ['admins', 7], [['admins']], [null], Array(1_001)]
  for (const groups of wrong) {
    const { roles, faults } = mapClaims(rules, { groups, department: 'db' })
    t.same(
      faults.map(({ claim }) => claim),
      ['groups'],
      JSON.stringify(groups).slice(0, 40),
    )
    t.same(roles, [{ accountId: 'b', role: 'developer' }], 'the other claims count')
  }
})

t.test('a person is called by the name, else the e-mail address, else the subject', async (t) => {
  const person = { name: 'Ada', email: 'ada@example.com', subject: 's' }
  t.equal(displayNameOf(person), 'Ada')
  t.equal(displayNameOf({ ...person, name: null }), 'ada@example.com')
  t.equal(displayNameOf({ ...person, name: null, email: null }), 's')
})
