import t from 'tap'
import { wideCommentLines } from '../scripts/comment-width.ts'

const words = (count: number) => 'word '.repeat(count).trim()
const atTheLimit = `// ${'a'.repeat(47)} ${'b'.repeat(49)}`

t.test('a comment of 100 columns passes, and one of 101 is found by its line', async (t) => {
  t.equal(atTheLimit.length, 100)
  t.same(wideCommentLines(atTheLimit), [])
  t.same(wideCommentLines(`const a = 1\n${atTheLimit}b`), [2])
})

t.test('wide lines are found in every form of a comment', async (t) => {
  t.same(wideCommentLines(`/** ${words(30)} */`), [1])
  t.same(wideCommentLines(`/**\n * short\n * ${words(30)}\n */\nconst a = 1`), [3])
  t.same(wideCommentLines(`/*\n${words(30)}\n*/`), [2])
  t.same(wideCommentLines(`const a = 1 // ${words(30)}`), [1])
})

t.test('code, strings, directives and unbreakable words may be wide', async (t) => {
  t.same(wideCommentLines(`/** short */\nconst a = '${words(30)}'`), [])
  t.same(wideCommentLines(`const a = 'see // ${words(30)}'`), [])
  t.same(wideCommentLines(`// biome-ignore lint/a/b: ${words(30)}`), [])
  t.same(wideCommentLines(`// https://example.com/${'a'.repeat(120)}`), [])
})
