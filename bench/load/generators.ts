import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Generator, goodAnswer, type Load, type Measured } from './load.ts'

export const generatorNames = ['wrk', 'node'] as const
export type GeneratorName = (typeof generatorNames)[number]

const run = promisify(execFile)

/** The generator of that name; when none is named, wrk if it is installed and otherwise our own. */
export async function chooseGenerator(name: GeneratorName | undefined): Promise<Generator> {
  const chosen = name ?? ((await isInstalled('wrk')) ? 'wrk' : 'node')
  switch (chosen) {
    case 'wrk':
      return { name: 'wrk', run: runWrk }
    case 'node':
      return { name: 'the generator of bench/load/generate.ts', run: runNode }
  }
}

async function runWrk(load: Load, seconds: number): Promise<Measured> {
  const script = join(import.meta.dirname, 'wrk.lua')
  const { stdout } = await run('wrk', [
    ...['--threads', '1', '--connections', String(load.connections)],
    ...['--duration', `${seconds}s`, '--latency', '--script', script, load.url],
    ...['--', load.requestsFile, goodAnswer],
  ])
  return readLastLine(stdout)
}

async function runNode(load: Load, seconds: number): Promise<Measured> {
  const script = join(import.meta.dirname, 'generate.ts')
  const { stdout } = await run(process.execPath, [script, JSON.stringify({ ...load, seconds })])
  return readLastLine(stdout)
}

function readLastLine(output: string): Measured {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Measured
}

async function isInstalled(command: string): Promise<boolean> {
  try {
    await run(command, ['--version'])
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
