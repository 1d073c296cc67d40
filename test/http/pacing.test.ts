import { test } from 'tap'
import { holdAnswers } from '../helpers/held-answers.ts'

const priceMs = 10
const seconds = 10

test('a payer gets answers for a price of a millisecond in each, over any number of connections', async (t) => {
  for (const connections of [1, 4, 100]) {
    const { pacing, pass } = holdAnswers(100)
    let answered = 0
    const ask = () =>
      pacing.pay('payer', priceMs, () => {
        answered += 1
        ask()
      })
    for (let count = 0; count < connections; count += 1) ask()
    pass(seconds * 1_000)
    const expected = (100 + seconds * 1_000) / priceMs
    t.equal(answered, expected, `${connections} connections`)
  }
})

test('a payer waits for its own answers only, and only while it gets very many', async (t) => {
  const { pacing, pass, count } = holdAnswers(100)
  const answered: string[] = []
  const ask = (payer: string) => pacing.pay(payer, priceMs, () => answered.push(payer))
  for (let index = 0; index < 20; index += 1) ask('noisy')
  ask('quiet')
  t.equal(answered.filter((payer) => payer === 'noisy').length, 10)
  t.ok(answered.includes('quiet'))
  t.equal(pacing.delayed, 10)
  pass(200)
  t.equal(count(), 0)
  ask('noisy')
  t.equal(answered.length, 22, 'after a while without mistakes none waits')
})

test('the longest delay is two seconds, also for one who is told to pay for gigabytes', (t) => {
  const { pacing, pass, count } = holdAnswers(0)
  pacing.pay('payer', 1e9, () => undefined)
  pacing.pay('payer', priceMs, () => undefined)
  pass(1_999)
  t.equal(count(), 2)
  pass(1)
  t.equal(count(), 0)
  t.end()
})

test('at the end of the process all answers are sent at once', (t) => {
  const { pacing, pass } = holdAnswers(0)
  let answered = 0
  const ask = () => {
    pacing.pay('payer', priceMs, () => {
      answered += 1
    })
  }
  ask()
  ask()
  t.equal(answered, 0)
  pacing.end()
  t.equal(answered, 2)
  ask()
  t.equal(answered, 3)
  pass(1_000)
  t.equal(answered, 3, 'none is sent twice')
  t.end()
})
