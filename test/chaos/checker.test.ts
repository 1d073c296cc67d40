import t from 'tap'
import { check } from './checker.ts'
import type { Act, Call, Outcome, Seen } from './history.ts'
import { call, done, gone, receipt, verdict } from './told-history.ts'

const maxStalenessMs = 1_000
const permission = 'cluster:create'
const valid = verdict(null)
const asked = { permissions: [permission], address: '203.0.113.7' }
const verifyOne: Act = { kind: 'verify', key: 'one', generation: 1, ...asked }
const verifyNext: Act = { ...verifyOne, generation: 2 }
const replaceOne: Act = { kind: 'rotate', key: 'one', ends: [1] }
const issueOne: Act = { kind: 'issue', key: 'one', role: 'role', list: null }
const revokeOne: Act = { kind: 'revoke', key: 'one' }
const revokeBoth: Act = { kind: 'revoke_all', keys: ['one', 'listed'], isFirst: true }
const disableOne: Act = { kind: 'disable', key: 'one' }
const enableOne: Act = { kind: 'enable', key: 'one' }
const takeAway: Act = { kind: 'set_role', role: 'role', permissions: [] }
const narrow: Act = { kind: 'set_list', list: 'list', entries: [] }
const signIn: Act = { kind: 'sign_in', session: 's', key: 'one' }
const useSession: Act = { kind: 'use_session', session: 's' }
const endSession: Act = { kind: 'end_session', session: 's' }
const signedIn = call(40, 50, signIn, { kind: 'done' }, 'one')
const noSession = verdict('unauthenticated')

/** A key that exists, and may be used from everywhere. */
const made = [
  call(0, 10, { kind: 'set_role', role: 'role', permissions: [permission] }, done),
  call(0, 10, { kind: 'set_list', list: 'list', entries: [asked.address] }, done),
  call(20, 30, issueOne, done),
  call(20, 30, { kind: 'issue', key: 'listed', role: 'role', list: 'list' }, done),
  call(20, 30, { kind: 'issue', key: 'author', role: 'admin', list: null }, done),
]
const verifyListed: Act = { kind: 'verify', key: 'listed', generation: 1, ...asked }

t.test('the chaos checker accepts a history that keeps every guarantee', async (t) => {
  const good: Readonly<Record<string, readonly Call[]>> = {
    'a key that is used': [call(40, 50, verifyOne, valid)],
    'a verification before the key was acknowledged': [
      call(15, 25, verifyOne, verdict('not_found')),
    ],
    'an old answer within the bound, while the receipt is pending': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(1_100, 1_120, verifyOne, valid),
    ],
    'an answer that began before the receipt was received, however late it comes': [
      call(100, 110, revokeOne, receipt(1, 'complete')),
      call(109, 5_000, verifyOne, valid),
    ],
    'a denial as soon as the revocation is sent': [
      call(100, 2_000, revokeOne, receipt(1, 'complete')),
      call(101, 102, verifyOne, verdict('revoked')),
    ],
    'either answer after a revocation without one': [
      call(100, 110, revokeOne, gone),
      call(9_000, 9_010, verifyOne, valid),
      call(9_020, 9_030, verifyOne, verdict('revoked')),
      call(9_040, 9_050, verifyOne, valid),
    ],
    'an outage, and no answer': [
      call(40, 50, verifyOne, { kind: 'refused', status: 503, code: 'unavailable' }),
      call(40, 50, verifyOne, gone),
      call(40, 50, verifyOne, { kind: 'unreached' }),
    ],
    'a disabling that was refused': [
      call(100, 110, disableOne, { kind: 'refused', status: 503, code: 'unavailable' }),
      call(5_000, 5_010, verifyOne, valid),
    ],
    'a key that was enabled again': [
      call(100, 110, disableOne, receipt(1, 'complete')),
      call(200, 210, enableOne, receipt(2, 'pending')),
      call(220, 230, verifyOne, valid),
      call(220, 230, verifyOne, verdict('disabled')),
    ],
    'a token that was replaced, and one that was not': [
      call(100, 110, { ...replaceOne, ends: [] }, receipt(1, 'complete')),
      call(120, 130, verifyOne, valid),
      call(140, 150, { ...replaceOne, ends: [1] }, receipt(2, 'complete')),
      call(160, 170, verifyOne, verdict('rotated')),
      call(160, 170, verifyNext, valid),
    ],
    'either answer after a rotation without one': [
      call(100, 110, replaceOne, gone),
      call(9_000, 9_010, verifyOne, valid),
      call(9_020, 9_030, verifyOne, verdict('rotated')),
    ],
    'a revocation that is repeated': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(120, 130, disableOf('listed'), receipt(2, 'pending')),
      call(140, 150, revokeOne, receipt(1, 'complete')),
    ],
    'a revocation that an attempt without an answer had done': [
      call(100, 110, revokeOne, gone),
      call(120, 130, disableOf('listed'), receipt(2, 'pending')),
      call(140, 150, revokeOne, receipt(1, 'complete')),
    ],
    'keys revoked at once, and a repetition that tells the latest change': [
      call(100, 110, revokeBoth, gone),
      call(120, 130, disableOf('author'), receipt(2, 'complete')),
      call(140, 150, { ...revokeBoth, isFirst: false }, receipt(2, 'complete')),
      call(160, 170, verifyOne, verdict('revoked')),
      call(160, 170, verifyListed, verdict('revoked')),
    ],
    'a session that is used, ended by a call without an answer, and repeated': [
      signedIn,
      call(45, 48, useSession, noSession),
      call(60, 70, useSession, valid),
      call(100, 110, endSession, gone, 'one'),
      call(120, 130, useSession, noSession),
      call(140, 150, disableOf('listed'), receipt(2, 'pending')),
      call(160, 170, endSession, receipt(1, 'complete'), 'one'),
      call(180, 190, useSession, noSession),
    ],
    'a session that ends with its key': [
      signedIn,
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(1_100, 1_120, useSession, valid),
      call(1_130, 1_140, useSession, noSession),
    ],
    'an author who is denied what it asks too late': [
      call(100, 110, { kind: 'revoke', key: 'author' }, receipt(1, 'complete')),
      call(
        120,
        130,
        disableOne,
        { kind: 'refused', status: 401, code: 'unauthenticated' },
        'author',
      ),
      call(140, 150, verifyOne, valid),
    ],
    'an author who was quicker than its revocation': [
      call(100, 300, { kind: 'revoke', key: 'author' }, receipt(2, 'complete')),
      call(120, 320, disableOne, receipt(1, 'complete'), 'author'),
    ],
    'a stored state as it was acknowledged': [
      call(100, 110, revokeOne, receipt(1, 'complete')),
      call(200, 210, { kind: 'see_key', key: 'one' }, saw({ kind: 'key', status: 'revoked' })),
      call(200, 210, { kind: 'see_key', key: 'listed' }, saw({ kind: 'key', status: 'active' })),
      call(
        200,
        210,
        { kind: 'see_role', role: 'role' },
        saw({ kind: 'role', permissions: [permission] }),
      ),
    ],
  }
  for (const [name, calls] of Object.entries(good)) {
    t.same(check([...made, ...calls], maxStalenessMs), [], name)
  }
})

t.test('the chaos checker reports every broken guarantee', async (t) => {
  const bad: Readonly<Record<string, readonly Call[]>> = {
    'an answer that was never true: a session that nothing has ended is refused': [
      signedIn,
      call(60, 70, useSession, noSession),
    ],
    'an answer from before a complete receipt: an ended session goes on': [
      signedIn,
      call(100, 110, endSession, receipt(1, 'complete'), 'one'),
      call(120, 130, useSession, valid),
    ],
    'an answer from before a complete receipt: a session outlives its key': [
      signedIn,
      call(100, 110, revokeOne, receipt(1, 'complete')),
      call(120, 130, useSession, valid),
    ],
    'an answer older than the bound: an ended session goes on for too long': [
      signedIn,
      call(100, 110, endSession, receipt(1, 'pending'), 'one'),
      call(1_200, 1_210, useSession, valid),
    ],
    'a mutation after the revocation of its author: a sign-in with a revoked key': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(120, 130, signIn, { kind: 'done' }, 'one'),
    ],
    'changes out of order: a session ends twice': [
      signedIn,
      call(100, 110, endSession, receipt(1, 'pending'), 'one'),
      call(120, 130, endSession, receipt(2, 'pending'), 'one'),
    ],
    'an answer from before a complete receipt: valid after it': [
      call(100, 110, revokeOne, receipt(1, 'complete')),
      call(111, 120, verifyOne, valid),
    ],
    'an answer from before a complete receipt: valid after it, one of many': [
      call(100, 110, revokeBoth, receipt(1, 'complete')),
      call(111, 120, verifyListed, valid),
    ],
    'an answer from before a complete receipt: one that was asked for again': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(120, 200, { kind: 'receipt', id: 'id 1' }, receipt(1, 'complete')),
      call(201, 210, verifyOne, valid),
    ],
    'an answer from before a complete receipt: a replaced token': [
      call(100, 110, replaceOne, receipt(1, 'complete')),
      call(111, 120, verifyOne, valid),
    ],
    'an answer older than the bound: a replaced token': [
      call(100, 110, replaceOne, receipt(1, 'pending')),
      call(1_111, 1_120, verifyOne, valid),
    ],
    'an answer that was never true: a token that was not replaced': [
      call(100, 110, replaceOne, receipt(1, 'complete')),
      call(111, 120, verifyNext, verdict('rotated')),
    ],
    'an answer from before a complete receipt: valid after a disabling': [
      call(100, 110, disableOne, receipt(1, 'complete')),
      call(111, 120, verifyOne, valid),
    ],
    'an answer from before a complete receipt: still disabled': [
      call(100, 110, disableOne, receipt(1, 'complete')),
      call(120, 130, enableOne, receipt(2, 'complete')),
      call(131, 140, verifyOne, verdict('disabled')),
    ],
    'an answer from before a complete receipt: by the old role': [
      call(100, 110, takeAway, receipt(1, 'complete')),
      call(111, 120, verifyOne, valid),
    ],
    'an answer from before a complete receipt: by the old list': [
      call(100, 110, narrow, receipt(1, 'complete')),
      call(111, 120, verifyListed, valid),
    ],
    'an answer older than the bound: valid though the receipt is pending': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(1_111, 1_120, verifyOne, valid),
    ],
    'an answer older than the bound: by the old role': [
      call(100, 110, takeAway, receipt(1, 'pending')),
      call(1_111, 1_120, verifyOne, valid),
    ],
    'an answer that was never true: a good key is denied': [
      call(100, 110, verifyOne, verdict('revoked')),
    ],
    'an answer that was never true: its role was never edited': [
      call(100, 110, verifyOne, verdict('insufficient_permissions')),
    ],
    'an answer that was never true: it may be used from everywhere': [
      call(100, 110, verifyOne, verdict('address_not_allowed')),
    ],
    'an answer that was never true: a refused disabling was done': [
      call(100, 110, disableOne, { kind: 'refused', status: 503, code: 'unavailable' }),
      call(120, 130, verifyOne, verdict('disabled')),
    ],
    'an answer that was never true: a dead author did something after all': [
      call(100, 110, { kind: 'revoke', key: 'author' }, receipt(1, 'pending')),
      call(120, 130, disableOne, gone, 'author'),
      call(140, 150, verifyOne, verdict('disabled')),
    ],
    'an answer that nobody may get: a strange denial': [
      call(100, 110, verifyOne, verdict('expired')),
    ],
    'an answer that nobody may get: the root key is denied': [
      call(100, 110, verifyOne, { kind: 'refused', status: 401, code: 'unauthenticated' }),
    ],
    'an answer that nobody may get: a good author is denied': [
      call(
        100,
        110,
        disableOne,
        { kind: 'refused', status: 401, code: 'unauthenticated' },
        'author',
      ),
    ],
    'an answer that nobody may get: an error': [
      call(100, 110, verifyOne, { kind: 'refused', status: 500, code: 'internal' }),
    ],
    'a lost key: by a verification': [call(40, 50, verifyOne, verdict('not_found'))],
    'a lost key: by a list': [
      call(40, 50, { kind: 'see_key', key: 'one' }, saw({ kind: 'nothing' })),
    ],
    'a mutation after the revocation of its author: though its receipt is pending': [
      call(100, 110, { kind: 'revoke', key: 'author' }, receipt(1, 'pending')),
      call(111, 120, disableOne, receipt(2, 'pending'), 'author'),
    ],
    'a mutation after the revocation of its author: a key is issued': [
      call(100, 110, { kind: 'revoke', key: 'author' }, receipt(1, 'complete')),
      call(111, 120, { kind: 'issue', key: 'two', role: 'role', list: null }, done, 'author'),
    ],
    'two changes in one place of the order: ': [
      call(100, 110, disableOne, receipt(1, 'pending')),
      call(105, 110, disableOf('listed'), receipt(1, 'pending')),
    ],
    'changes out of order: ': [
      call(100, 110, disableOne, receipt(2, 'pending')),
      call(120, 130, disableOf('listed'), receipt(1, 'pending')),
    ],
    'changes out of order: a revocation that happened twice': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(120, 130, revokeOne, receipt(2, 'pending')),
    ],
    'a stored state that contradicts what was acknowledged: a revocation is gone': [
      call(100, 110, revokeOne, receipt(1, 'pending')),
      call(120, 130, { kind: 'see_key', key: 'one' }, saw({ kind: 'key', status: 'active' })),
    ],
    'a stored state that contradicts what was acknowledged: an edit is gone': [
      call(100, 110, takeAway, receipt(1, 'pending')),
      call(
        120,
        130,
        { kind: 'see_role', role: 'role' },
        saw({ kind: 'role', permissions: [permission] }),
      ),
    ],
  }
  for (const [name, calls] of Object.entries(bad)) {
    const rules = check([...made, ...calls], maxStalenessMs).map(({ rule }) => rule)
    t.same([...new Set(rules)], [name.slice(0, name.indexOf(':'))], name)
  }
})

function saw(seen: Seen): Outcome {
  return { kind: 'done', seen }
}

function disableOf(key: string): Act {
  return { kind: 'disable', key }
}
