/**
 * What the audit log costs: issuing and revoking with the log and without, in turns; and a page of
 * the log, of a thousand events and of a million. Run by `npm run bench:audit`; `--acts N` a round,
 * `--rounds N`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createEmptyDatabase } from '../test/helpers/database.ts'
import { endWithParent } from '../test/helpers/end-with-parent.ts'
import type { Times } from './audit/acts.ts'
import { timePages } from './audit/pages.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    acts: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '30' },
    events: { type: 'string', default: '1000000' },
  },
})
await measureActs(Number(values.acts), Number(values.rounds))
await measurePages(1_000, Number(values.events))

async function measureActs(acts: number, rounds: number): Promise<void> {
  const withIt = await start([])
  const without = await start(['--import', join(import.meta.dirname, 'audit/without-audit.ts')])
  const ratios: Record<keyof Times, number[]> = { issue: [], revoke: [] }
  const times: Record<keyof Times, [number[], number[]]> = { issue: [[], []], revoke: [[], []] }
  for (let round = -1; round < rounds; round += 1) {
    // The order alternates between rounds; the first round warms up.
    const order = round % 2 === 0 ? [withIt, without] : [without, withIt]
    const answers = new Map<ChildProcess, Times>()
    for (const process of order) answers.set(process, await ask(process, acts))
    const [a, b] = [answers.get(withIt), answers.get(without)]
    if (round < 0 || a === undefined || b === undefined) continue
    for (const act of ['issue', 'revoke'] as const) {
      ratios[act].push(a[act] / b[act])
      times[act][0].push(a[act])
      times[act][1].push(b[act])
    }
  }
  for (const act of ['issue', 'revoke'] as const) {
    const [a, b] = times[act]
    const cost = (median(ratios[act]) - 1) * 100
    print(
      `${act}: ${median(a).toFixed(2)} ms with the audit log, ${median(b).toFixed(2)} ms without: ` +
        `${cost.toFixed(1)} % more (median of ${rounds} pairs of ${acts})`,
    )
  }
  for (const process of [withIt, without]) {
    process.send(0)
    await once(process, 'exit')
  }
}

async function measurePages(small: number, large: number): Promise<void> {
  for (const { what, ms, ratio } of await timePages(small, large)) {
    const [few, many] = ms
    print(
      `${what}: ${few.toFixed(2)} ms of ${small} events, ${many.toFixed(2)} ms of ${large}: ` +
        `${ratio.toFixed(2)} times (median of pairs)`,
    )
  }
}

async function start(execArgv: string[]): Promise<ChildProcess> {
  const { url } = await createEmptyDatabase()
  const process = fork(join(import.meta.dirname, 'audit/acts.ts'), {
    execArgv,
    env: { DATABASE_URL: url },
  })
  endWithParent(process)
  await once(process, 'message')
  return process
}

async function ask(process: ChildProcess, count: number): Promise<Times> {
  process.send(count)
  const [times] = (await once(process, 'message')) as [Times]
  return times
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
