import { CurrentHistory, type Origin } from '../../../src/store/current-history.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** When another history is met the pool is renewed, but a new connection may lead anywhere. */
class HistoriesUncompared extends CurrentHistory {
  override admits({ historyNumber }: Origin): boolean {
    return historyNumber === this.historyNumber
  }
}

export const historiesUncompared: Protocol = {
  ...shipped,
  history: () => new HistoriesUncompared(),
}
