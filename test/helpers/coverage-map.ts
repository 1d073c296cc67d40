/** The rooms whose every line must run: scripts/check-coverage.ts looks. */
export const measuredRooms = [
  'src/domain',
  'src/acts',
  'src/verification',
  'src/management',
  'src/setup',
]

/**
 * The tests whose lines count: those of the rooms themselves, and a few that alone run what is
 * asked of a room by one face or in one outage. Counting costs a test about a quarter of its
 * processor time.
 */
const measuredTests = [
  /^test\/(?:audit|acts|domain|management|setup|verification)\//,
  /^test\/freshness\/(?:lease|outage|receipts)\./,
  /^test\/http\/(?:aeon-lists-and-roles|bad-input)\./,
]

/**
 * Of these, what tries cases by the thousand or many at once: it takes longest, and adds no line.
 */
const unmeasuredTests =
  /^test\/(?:domain\/address|acts\/(?:(?:bulk-)?concurrency|grant-races)|management\/listing)\./

/** What tap asks of each test: the sources whose lines it counts, as globs, or null for none. */
export function coveredBy(test: string): string[] | null {
  const isMeasured = measuredTests.some((pattern) => pattern.test(test))
  if (!isMeasured || unmeasuredTests.test(test)) return null
  return measuredRooms.map((room) => `${room}/**/*.ts`)
}

// biome-ignore lint/style/noDefaultExport: tap asks for it.
export default coveredBy
