import { medianRatio, type Samples } from './benchmark.ts'

/** A candidate that does less than another one, and so must cost less. */
export interface Bound {
  readonly less: Measured
  readonly more: Measured
}

export interface Measured {
  readonly name: string
  readonly samples: Samples
}

/**
 * Throws if a baseline used more CPU time than what it bounds: the machine, the warm-up or the
 * baseline is at fault, and a ratio against it would flatter the service.
 */
export function requireBounds(bounds: readonly Bound[]): void {
  const broken = bounds.filter(
    ({ less, more }) => medianRatio(less.samples, more.samples, 'cpu') > 1,
  )
  if (broken.length === 0) return
  throw new Error(`The run proves nothing: ${broken.map(explain).join(' ')}`)
}

function explain({ less, more }: Bound): string {
  const ratio = medianRatio(less.samples, more.samples, 'cpu').toFixed(2)
  return `${less.name} does less than ${more.name}, but used ${ratio} times its CPU time.`
}
