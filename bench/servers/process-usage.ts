import { readdir, readFile } from 'node:fs/promises'

/**
 * Of Linux: USER_HZ, in which /proc counts CPU time, is 100 on every architecture that Node runs
 * on.
 */
const ticksPerSecond = 100
const pageBytes = 4096

/** What a process has used, its children included. */
export interface ProcessUsage {
  /** CPU time of all threads since the start, user and system: resolution 10 ms. */
  readonly cpuMs: number
  readonly residentBytes: number
}

/**
 * Reads /proc for a process and all that descend from it. Throws where there is no such process.
 */
export async function usageOfTree(pid: number): Promise<ProcessUsage> {
  const own = await usageOf(pid)
  const below = await Promise.all((await childrenOf(pid)).map((child) => usageOfTree(child)))
  return {
    cpuMs: own.cpuMs + below.reduce((sum, usage) => sum + usage.cpuMs, 0),
    residentBytes: own.residentBytes + below.reduce((sum, usage) => sum + usage.residentBytes, 0),
  }
}

/** Reads /proc for one process. */
export async function usageOf(pid: number): Promise<ProcessUsage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The second field, the command, may hold anything; fields are counted after its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  return {
    cpuMs: ((userTicks + systemTicks) * 1000) / ticksPerSecond,
    residentBytes: Number(fields[21]) * pageBytes,
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = []
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const list = await readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')
    children.push(...list.split(' ').filter(Boolean).map(Number))
  }
  return children
}
