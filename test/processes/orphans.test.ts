import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { isAlive, processesIn } from '../helpers/process.ts'
import { unmeasured } from '../helpers/unmeasured.ts'
import { until } from '../helpers/until.ts'

const ends: readonly [string, (test: ChildProcess, service: number) => unknown][] = [
  ['is killed', (test) => test.kill('SIGKILL')],
  ['is asked to end by its runner', (test) => test.kill('SIGTERM')],
  ['is interrupted at the terminal', (test) => test.kill('SIGINT')],
  ['crashes', (test) => test.stdin?.write('crash\n')],
  [
    'is killed while the service is stopped',
    (test, service) => {
      process.kill(service, 'SIGSTOP')
      test.kill('SIGKILL')
    },
  ],
]

for (const [how, end] of ends) {
  t.test(`a test that ${how} leaves no service, worker or PostgreSQL behind`, async (t) => {
    const { test, folder, pid } = await startedTest(t)
    t.ok((await processesIn(folder)).length >= 3, 'the service, its workers and PostgreSQL run')
    const ended = once(test, 'exit')
    end(test, pid)
    await ended
    await until('the service has ended', () => !isAlive(pid))
    await until('no process is left', async () => (await processesIn(folder)).length === 0)
  })
}

t.test('a test that calculates without end does not outlive a runner that is killed', async (t) => {
  const helper = new URL('../helpers/end-with-runner.ts', import.meta.url).href
  const test = 'console.log(process.pid); for (;;);'
  const command = [process.execPath, '--import', helper, '-e', test]
  const runner = spawn(
    ...unmeasured(
      '-e',
      `const { spawn } = require('node:child_process')
       const [command, ...args] = ${JSON.stringify(command)}
       spawn(command, args, { stdio: 'inherit' })`,
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  endWithParent(runner)
  const [line] = await once(createInterface({ input: runner.stdout }), 'line')
  const pid = Number(line)
  t.teardown(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
  t.ok(isAlive(pid), 'the test runs')
  runner.kill('SIGKILL')
  await until('the test has ended', () => !isAlive(pid))
})

interface StartedTest {
  readonly test: ChildProcess
  readonly folder: string
  /** Of the service that the test has started. */
  readonly pid: number
}

async function startedTest(t: Test): Promise<StartedTest> {
  const script = `${import.meta.dirname}/parent.ts`
  const test = spawn(...unmeasured(script), { stdio: 'pipe' })
  endWithParent(test)
  t.teardown(() => test.kill('SIGKILL'))
  let errors = ''
  test.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const lines = createInterface({ input: test.stdout })
  const ended = once(lines, 'close').then(() => {
    throw new Error(`The test has not started a service: ${errors}`)
  })
  const [line] = await Promise.race([once(lines, 'line'), ended])
  const { folder, pid } = JSON.parse(line)
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return { test, folder, pid }
}
