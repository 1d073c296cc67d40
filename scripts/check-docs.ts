/**
 * Exits 1 when a Markdown page or a comment names a file, a link or a heading that does not exist.
 */
import { join } from 'node:path'
import { findDocFaults } from './doc-faults.ts'

const faults = await findDocFaults(join(import.meta.dirname, '..'))
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1
