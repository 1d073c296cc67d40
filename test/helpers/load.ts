import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** One request of a load, and its result. */
export interface Sample {
  readonly status: number
  /** The `code` of the problem, if the answer is one. */
  readonly code: string | undefined
  readonly retryAfter: string | undefined
  readonly tookMs: number
}

/** Verifications at a constant rate, which waits for no answer (open loop). */
export interface OpenLoad {
  /** The address of the service. */
  readonly url: string
  readonly callerToken: string
  readonly tokenOf: (index: number) => string
  readonly perSecond: number
  readonly seconds: number
}

/**
 * Sends all due requests every few milliseconds, however many are unanswered, and waits for all
 * answers.
 */
export async function runOpenLoad(load: OpenLoad): Promise<readonly Sample[]> {
  const agent = new Agent({ keepAlive: true })
  const startedAt = performance.now()
  const answers: Promise<Sample>[] = []
  for (let elapsed = 0; elapsed < load.seconds; ) {
    await sleep(5)
    elapsed = (performance.now() - startedAt) / 1000
    const due = Math.floor(Math.min(elapsed, load.seconds) * load.perSecond)
    while (answers.length < due) answers.push(askVerdict(load, agent, answers.length))
  }
  const samples = await Promise.all(answers)
  agent.destroy()
  return samples
}

/** Measures the verdicts a second when each of `callers` waits for its answer. */
export async function measureServedRate(
  load: Omit<OpenLoad, 'perSecond'>,
  callers: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const startedAt = performance.now()
  let asked = 0
  let served = 0
  const isOver = () => performance.now() - startedAt >= load.seconds * 1000
  const call = async () => {
    while (!isOver()) {
      asked += 1
      const { status } = await askVerdict(load, agent, asked)
      if (status === 200) served += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  agent.destroy()
  return served / ((performance.now() - startedAt) / 1000)
}

function askVerdict(
  { url, callerToken, tokenOf }: Pick<OpenLoad, 'url' | 'callerToken' | 'tokenOf'>,
  agent: Agent,
  index: number,
): Promise<Sample> {
  const sentAt = performance.now()
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/v1/verify`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${callerToken}`, 'content-type': 'application/json' },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          code: response.statusCode === 200 ? undefined : JSON.parse(text).code,
          retryAfter: response.headers['retry-after'],
          tookMs: performance.now() - sentAt,
        }),
      )
    })
    sent.end(JSON.stringify({ token: tokenOf(index) }))
  })
}

/** The value below which that share of the numbers lies; 0 for no numbers. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
