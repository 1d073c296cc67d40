import type { Results } from '../results.ts'
import { goalsTable } from './tables.ts'

const start = '<!-- npm run bench -- --only noisy --write: begin -->'
const end = '<!-- end -->'

/**
 * docs/security.md with the figures of the stored results between its two marks. Throws when the
 * marks are gone.
 */
export function withNoisyFigures(page: string, { noisy }: Results): string {
  const [before, rest] = page.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) {
    throw new Error('docs/security.md has lost the marks of its figures.')
  }
  const figures =
    noisy === undefined
      ? 'No figures are stored yet.'
      : `Measured on ${noisy.date}, on a machine with ${noisy.cores} cores:\n\n${goalsTable({ noisy })}`
  return `${before}${start}\n\n${figures}\n\n${end}${after}`
}
