import t from 'tap'
import { commentMarkOf, wideCommentLines } from '../scripts/comment-width.ts'

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

t.test('comments of shell, YAML and Lua are measured as well', async (t) => {
  t.same(wideCommentLines(`#!/bin/sh\n# ${words(30)}\nrun # ${words(30)}`, '#'), [2, 3])
  t.same(wideCommentLines(`run "# ${words(30)}"\nrun --quiet ${words(30)}`, '#'), [])
  t.same(wideCommentLines(`-- ${words(30)}\nlocal a = "${words(30)}"`, '--'), [1])
})

t.test('a file is read by its name or its first line, and a migration is not', async (t) => {
  t.equal(commentMarkOf('src/a.ts', ''), '//')
  t.equal(commentMarkOf('console/a.js', ''), '//')
  t.equal(commentMarkOf('docker-compose.yml', ''), '#')
  t.equal(commentMarkOf('Dockerfile', ''), '#')
  t.equal(commentMarkOf('.ci/run', '#!/usr/bin/env bash\n'), '#')
  t.equal(commentMarkOf('bench/load/wrk.lua', ''), '--')
  t.equal(commentMarkOf('migrations/0001_initial.sql', ''), undefined)
  t.equal(commentMarkOf('LICENSE', 'Apache'), undefined)
})
