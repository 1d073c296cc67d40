import { median, percentile } from '../statistics.ts'

export interface WriterFigures {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The sync cycles a second of the first instance; undefined without the service. */
  readonly cyclesPerSecond?: number
}

/** Each writer acts again as soon as its last act is done. Rejects with the first failure. */
export async function runWriters(
  writers: readonly (() => Promise<void>)[],
  seconds: number,
): Promise<WriterFigures> {
  const beganAt = performance.now()
  const endsAt = beganAt + seconds * 1000
  const latenciesMs: number[] = []
  await Promise.all(
    writers.map(async (act) => {
      for (let sentAt = beganAt; sentAt < endsAt; ) {
        await act()
        const doneAt = performance.now()
        latenciesMs.push(doneAt - sentAt)
        sentAt = doneAt
      }
    }),
  )
  return {
    perSecond: latenciesMs.length / ((performance.now() - beganAt) / 1000),
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }
}

/** The median of each figure by itself. Throws RangeError when there is none. */
export function medianOf(samples: readonly WriterFigures[]): WriterFigures {
  const of = (figure: (one: WriterFigures) => number) => median(samples.map(figure))
  return {
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    cyclesPerSecond: of(({ cyclesPerSecond }) => cyclesPerSecond ?? 0),
  }
}
