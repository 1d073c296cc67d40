/** The folders whose every line must run: scripts/check-coverage.ts looks. */
export const measuredFolders = [
  'src/domain',
  'src/acts',
  'src/verification',
  'src/management',
  'src/setup',
]

/**
 * The groups whose lines count: the tests of the folders themselves, and a few that alone run what
 * one API asks of a folder, or one outage. Counting costs a test about a quarter of its
 * processor time: what adds no line is in another group (test/helpers/groups.ts).
 */
const measuredGroups = /^test\/groups\/counted-/

/** What tap asks of each test: the sources whose lines it counts, as globs, or null for none. */
export function coveredBy(test: string): string[] | null {
  if (!measuredGroups.test(test)) return null
  return measuredFolders.map((folder) => `${folder}/**/*.ts`)
}

// biome-ignore lint/style/noDefaultExport: tap asks for it.
export default coveredBy
