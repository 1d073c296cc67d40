import type { ChaosProcess } from './chaos-process.ts'

const everyMs = 1_000

/**
 * Reads the metrics of all instances and edges regularly; of a killed process, the values that
 * were read last count.
 */
export class Metrics {
  readonly #processes: readonly ChaosProcess[]
  readonly #lastOfProcess = new Map<number, string>()
  readonly #mostMemory = new Map<number, number>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> = Promise.resolve()

  constructor(processes: readonly ChaosProcess[]) {
    this.#processes = processes
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#look()
    }, everyMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** The sum of a counter over all processes of the run. */
  sum(name: string): number {
    let total = 0
    for (const text of this.#lastOfProcess.values()) total += numberAt(text, name)
    return total
  }

  /** The largest memory of any process, in MB. */
  get mostMemoryMb(): number {
    return Math.round(Math.max(0, ...this.#mostMemory.values()) / 1e6)
  }

  async #look(): Promise<void> {
    await Promise.all(
      this.#processes.map(async ({ url, process }) => {
        if (url === undefined || process === undefined) return
        const text = await textAt(`${url}/metrics`)
        if (text === undefined) return
        this.#lastOfProcess.set(process.pid, text)
        const memory = numberAt(text, 'process_resident_memory_bytes')
        this.#mostMemory.set(process.pid, Math.max(memory, this.#mostMemory.get(process.pid) ?? 0))
      }),
    )
  }
}

async function textAt(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(everyMs) })
    return await response.text()
  } catch {
    return undefined
  }
}

function numberAt(text: string, name: string): number {
  let total = 0
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue
    const [label, value] = line.split(' ')
    if (label === name || label?.startsWith(`${name}{`)) total += Number(value)
  }
  return total
}
