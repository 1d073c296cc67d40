import { test } from 'tap'
import { parseChange } from '../../src/domain/protocol/change.ts'
import {
  compareHistories,
  type History,
  isLaterTimeline,
  isSameHistory,
} from '../../src/domain/protocol/history.ts'

const before: History = { identity: '0000000A 5 16400', serverStart: '2026-11-28' }
const restarted: History = { ...before, serverStart: '2026-11-29' }
const promoted: History = { ...restarted, identity: '0000000B 5 16400' }

test('a restart and another history are told apart, and null is a history of its own', async (t) => {
  t.equal(compareHistories(before, { ...before }), undefined)
  t.equal(compareHistories(before, restarted), 'restart')
  t.equal(compareHistories(before, promoted), 'other_history')
  t.equal(compareHistories(null, null), undefined)
  t.equal(compareHistories(null, before), 'other_history')
  t.equal(isSameHistory(before, { ...before }), true)
  t.equal(isSameHistory(before, restarted), false)
})

test('a promotion raises the timeline, whose number is hexadecimal', async (t) => {
  t.equal(isLaterTimeline(promoted, before), true)
  t.equal(isLaterTimeline(before, promoted), false)
  t.equal(isLaterTimeline(before, restarted), false)
  t.equal(isLaterTimeline(null, before), false)
  t.equal(isLaterTimeline(before, null), false)
})

test('a change of a kind that this version does not know is no change that it can apply', async (t) => {
  const row = { revision: 7, id: 'r', subject: 's' }
  t.same(parseChange({ ...row, kind: 'key' }), { kind: 'key', id: 's' })
  t.same(parseChange({ ...row, kind: 'account' }), { kind: 'account', id: 's' })
  t.same(parseChange({ ...row, kind: 'everything' }), { kind: 'everything' })
  t.same(parseChange({ ...row, kind: 'tag_key' }), { kind: 'tag_key' })
  t.same(parseChange({ ...row, kind: 'session' }), { kind: 'session', id: 's' })
  t.same(parseChange({ ...row, kind: 'user' }), { kind: 'user', id: 's' })
  t.equal(parseChange({ ...row, kind: 'quota' }), undefined)
  t.equal(parseChange({ ...row, kind: 'key', subject: null }), undefined)
})
