import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Load, Measured } from './load.ts'

const run = promisify(execFile)
const maxOutputBytes = 1024 * 1024

/**
 * At full speed: each connection sends its next request once it is answered; by wrk on one thread.
 */
export async function runAtFullSpeed(load: Load, seconds: number): Promise<Measured> {
  const script = join(import.meta.dirname, 'wrk.lua')
  const { start, goodVerdicts } = load.expected
  const { stdout } = await run('wrk', [
    ...['--threads', '1', '--connections', String(load.connections)],
    ...['--duration', `${seconds}s`, '--timeout', '10s', '--latency'],
    ...['--script', script, load.origin],
    ...['--', load.requestsFile, load.sequenceFile ?? '-', start, String(goodVerdicts ?? '-')],
  ])
  return readLastLine(stdout)
}

/** At full speed, by a generator of our own, which knows Unix sockets. */
export function runOverSockets(load: Load, seconds: number): Promise<Measured> {
  return runOwn('closed-loop.ts', { ...load, seconds })
}

/**
 * At a given rate, whatever the latency, by a generator of our own: wrk has no rate. Latencies
 * count from the moment at which a request was due, so that what waits behind a slow answer counts
 * as slow.
 */
export async function runAtRate(
  load: Load,
  ratePerSecond: number,
  seconds: number,
): Promise<Measured> {
  return runOwn('open-loop.ts', { ...load, ratePerSecond, seconds })
}

async function runOwn(name: string, given: object): Promise<Measured> {
  const script = join(import.meta.dirname, name)
  const options = { maxBuffer: maxOutputBytes }
  const { stdout } = await run(process.execPath, [script, JSON.stringify(given)], options)
  return readLastLine(stdout)
}

/** The version of wrk. Rejects with the remedy when wrk is not installed. */
export async function requireWrk(): Promise<string> {
  // wrk prints its version and exits with 1.
  const printed = await run('wrk', ['--version']).catch(
    (error: NodeJS.ErrnoException & { readonly stdout?: string }) => {
      if (error.code !== 'ENOENT') return { stdout: error.stdout ?? '' }
      throw new Error('The benchmark needs wrk: install it by `apt-get install wrk`.')
    },
  )
  return printed.stdout.split('\n')[0]?.replace(/ Copyright.*/, '') ?? 'wrk'
}

function readLastLine(output: string): Measured {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Measured
}
