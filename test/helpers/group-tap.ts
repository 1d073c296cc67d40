/** The module tap as a test file of a group sees it: test/helpers/run-group.ts. */
import { currentSubtest } from './run-group.ts'

const t = currentSubtest()

export const test = t.test.bind(t)

// biome-ignore lint/style/noDefaultExport: as tap does.
export default t
