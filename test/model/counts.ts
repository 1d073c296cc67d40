/** What happened over all schedules: a model in which nothing happens proves nothing. */
export class Counts {
  answersFromMemory = 0
  answersFromJoinedLoads = 0
  answersFromOwnLoads = 0
  /** Verifications that came while the lease was expired. */
  metExpiredLease = 0
  unavailable = 0
  /** Loads that were invalidated on their way. */
  loadsNotKept = 0
  acts = 0
  unknownOutcomes = 0
  receiptsCompleteByAll = 0
  receiptsCompleteByTime = 0
  receiptsAskedAgain = 0
  registrations = 0
  cycles = 0
  evictions = 0
  /** Instances that came back to learn that they had been evicted. */
  survivedEviction = 0
  /** Cycles after which an instance still waited for others to learn of its registration. */
  cyclesWaiting = 0
  historyChanges = 0
  /** Changes of history after which an instance went on in its row. */
  continuations = 0
  standbyAnswers = 0
  promotions = 0
  refusedConnections = 0
  edgeAttachments = 0
  edgeAnswersFromMemory = 0
  edgeAnswersFromInstances = 0
  edgesUnavailable = 0
}
