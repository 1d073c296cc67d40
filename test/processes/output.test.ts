/** What a process writes, and what its parent passes on of it, whoever reads that and when. */
import { PassThrough } from 'node:stream'
import t from 'tap'
import { createLogOutput } from '../../src/process/log-output.ts'
import { passOnLines } from '../../src/process/worker-output.ts'

t.test('lines beyond what may wait are dropped, and counted later', async (t) => {
  const written: string[] = []
  const stream = {
    writableLength: 0,
    write: (text: string) => {
      written.push(text)
      stream.writableLength += text.length
      return true
    },
    on: () => undefined,
  }
  const output = createLogOutput(stream, 10)
  for (const line of ['123456\n', '123456\n', 'dropped\n', 'dropped\n']) output.write(line)
  t.same(written.splice(0), ['123456\n', '123456\n'])
  stream.writableLength = 0
  output.write('again\n')
  const [note = '', ...rest] = written
  t.match(JSON.parse(note), {
    level: 'warn',
    lines: 2,
    message: 'dropped log lines, because the output was not read',
  })
  t.same(rest, ['again\n'])
})

t.test('a parent passes on whole lines of a worker, and cuts endless ones', async (t) => {
  const written: string[] = []
  const from = new PassThrough()
  const passed = passOnLines(from, { write: (text: string) => void written.push(text) })
  const next = async (bytes: Buffer | string, lines: readonly string[]) => {
    from.write(bytes)
    await new Promise(setImmediate)
    t.same(written.splice(0), lines)
  }
  await next('a\nb', ['a\n'])
  await next('c\r\n\nd\u2028', ['bc\r\n', '\n'])
  const umlaut = Buffer.from('ä\n')
  await next(umlaut.subarray(0, 1), [])
  await next(umlaut.subarray(1), ['d\u2028ä\n'])
  const long = 'x'.repeat(1024 * 1024)
  await next(long, [])
  await next('y', [`${long}y\n`])
  await next('z\nlast', ['z\n'])
  from.end()
  await passed
  t.same(written, ['last\n'])
})
