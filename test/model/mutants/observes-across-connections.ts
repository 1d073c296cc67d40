import { FailureDetector } from '../../../src/freshness/failure-detector.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What was observed on a connection that broke counts on the next one. */
class ObservesAcrossConnections extends FailureDetector {
  override reset(): void {}
}

export const observesAcrossConnections: Protocol = {
  ...shipped,
  failureDetector: () => new ObservesAcrossConnections(),
}
