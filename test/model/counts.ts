/** What happened over all schedules: a model in which nothing happens proves nothing. */
export class Counts {
  answersFromMemory = 0
  answersFromJoinedReads = 0
  answersFromOwnReads = 0
  /** Verifications that met a cache whose lease had lapsed. */
  metSilence = 0
  unavailable = 0
  /** Reads that were not kept. */
  fenced = 0
  acts = 0
  unknownOutcomes = 0
  receiptsCompleteByAll = 0
  receiptsCompleteByTime = 0
  receiptsAskedAgain = 0
  registrations = 0
  rounds = 0
  evictions = 0
  /** Instances that came back to learn that they had been evicted. */
  survivedEviction = 0
  historyChanges = 0
  standbyAnswers = 0
  promotions = 0
  refusedConnections = 0
}
