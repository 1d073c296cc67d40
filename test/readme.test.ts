/**
 * The session of the README runs as it stands, and docs/settings.md lists the settings.
 *
 * The session is all fenced blocks whose info string is `sh session`, in order, run as one script
 * by `sh -eu` with AEON (the address) and TOKEN (the root token) in its environment. What a command
 * prints may be expected after it, by a comment `# => ...` and further lines that begin with `#`
 * and four spaces. JSON is matched loosely: fields that are not expected may be there, an element
 * "..." of an array stands for any number of elements, a value "..." for anything, and ... in a
 * text for any characters.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { Settings } from '../src/settings/settings-schema.ts'
import type { Json } from './helpers/api.ts'
import { startTestService } from './helpers/service.ts'

const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8')

t.test(
  'the README session prints what the README says, the first and the second time',
  async (t) => {
    const { service, rootToken, canaries } = await startTestService(t)
    const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
    const steps = sessionOf(readme)
    t.ok(steps.length > 5, 'there is a session')

    const mark = '=== the end of a step ==='
    const script = steps
      .map(({ commands }) => `${commands}\nprintf '\\n%s\\n' '${mark}'\n`)
      .join('')
    const { PATH, HOME } = process.env
    for (const time of ['first', 'second']) {
      const { stdout } = await promisify(execFile)('sh', ['-eu', '-c', script], {
        env: { PATH, HOME, AEON: url, TOKEN: rootToken },
      })
      for (const [token] of stdout.matchAll(/aeon_\w{65}_\w{11}/g)) canaries.addToken(token)
      const outputs = stdout.split(`\n${mark}\n`)
      for (const [index, { commands, expected }] of steps.entries()) {
        if (expected === '') continue
        const output = outputs[index]?.trim() ?? ''
        const command = commands.split('\n').at(-1) ?? ''
        t.ok(isAsExpected(output, expected), `the ${time} time: ${command}`, {
          found: output,
          wanted: expected,
        })
      }
    }
  },
)

t.test('the comparison of the README session detects wrong output', async (t) => {
  const found = '{"a":1,"list":[1,2,3],"text":"aeon_12"}'
  for (const expected of [
    '{"a":1}',
    '{"a":"..."}',
    '{"list":["...",2,"..."]}',
    '{"list":[1,"..."]}',
    '{"text":"aeon_..."}',
    '...',
  ]) {
    t.ok(isAsExpected(found, expected), expected)
  }
  for (const expected of [
    '{"a":2}',
    '{"b":"..."}',
    '{"list":[1,2]}',
    '{"list":["...",4,"..."]}',
    '{"text":"12..."}',
    'aeon_...',
  ]) {
    t.notOk(isAsExpected(found, expected), expected)
  }
})

t.test('docs/settings.md lists every setting with its default, and no other', async (t) => {
  const page = await readFile(join(import.meta.dirname, '../docs/settings.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| .+ \|$/gm)]
  t.same(
    rows.map(([, name, fallback]) => [name, fallback]),
    Object.entries(Settings.properties).map(([name, schema]) => [
      name,
      'default' in schema ? `\`${schema.default}\`` : 'unset',
    ]),
  )
})

interface Step {
  readonly commands: string
  /** What they print, as expected; empty when nothing is expected. */
  readonly expected: string
}

t.test('npm start and the image run Node with the flags that the docs explain', async (t) => {
  const [packageJson = '', dockerfile = '', operations = ''] = await Promise.all(
    ['package.json', 'Dockerfile', 'docs/operations.md'].map((file) =>
      readFile(join(import.meta.dirname, '..', file), 'utf8'),
    ),
  )
  const flagsOf = (line = '') => line.match(/--[a-z-]+(?:=\d+)?|MALLOC_ARENA_MAX=\d/g) ?? []
  const started = flagsOf(JSON.parse(packageJson).scripts.start)
  t.same(flagsOf(dockerfile.match(/^ +MALLOC.*$|^CMD .*$/gm)?.join(' ')), started)
  t.same(flagsOf(operations.match(/^\| `(?:--|MALLOC)\S+`/gm)?.join(' ')), started)
  t.ok(started.length > 0)
})

function sessionOf(markdown: string): readonly Step[] {
  const blocks = [...markdown.matchAll(/^```sh session\n(.*?)^```$/gms)].map(([, text]) => text)
  const lines = blocks.join('\n').split('\n')
  const steps: Step[] = []
  let commands: string[] = []
  let expected: string[] = []
  function end(): void {
    steps.push({ commands: commands.join('\n').trim(), expected: expected.join('\n') })
    commands = []
    expected = []
  }
  for (const line of lines) {
    const isContinued = expected.length > 0 && line.startsWith('#    ')
    if (expected.length > 0 && !isContinued) end()
    if (line.startsWith('# => ')) expected.push(line.slice('# => '.length))
    else if (isContinued) expected.push(line.slice(1).trim())
    else commands.push(line)
  }
  end()
  return steps
}

function isAsExpected(found: string, expected: string): boolean {
  if (!/^[[{]/.test(expected)) return isLike(found, expected)
  try {
    return covers(JSON.parse(found), JSON.parse(expected))
  } catch {
    return false
  }
}

function covers(found: Json, expected: Json): boolean {
  if (expected === '...') return found !== undefined
  if (Array.isArray(expected)) return Array.isArray(found) && coversList(found, expected)
  if (typeof expected === 'object' && expected !== null) {
    if (typeof found !== 'object' || found === null) return false
    return Object.entries(expected).every(([name, value]) => covers(found[name], value))
  }
  if (typeof expected === 'string') return typeof found === 'string' && isLike(found, expected)
  return found === expected
}

function coversList(found: readonly Json[], expected: readonly Json[]): boolean {
  const [first, ...rest] = expected
  if (first === undefined) return found.length === 0
  if (first === '...') {
    return found.some((_, from) => coversList(found.slice(from), rest)) || rest.length === 0
  }
  return found.length > 0 && covers(found[0], first) && coversList(found.slice(1), rest)
}

/** Whether a text is as expected, where ... stands for any characters. */
function isLike(found: string, expected: string): boolean {
  const pattern = expected.split('...').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(found)
}
