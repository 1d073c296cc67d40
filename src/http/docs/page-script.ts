import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A document that the page offers, under a name for people. */
export interface OfferedDocument {
  readonly name: string
  readonly url: string
}

/** The script of the page /docs: docs/page.js, for these documents. */
export function pageScript(documents: readonly OfferedDocument[]): string {
  const page = readFileSync(join(import.meta.dirname, 'page.js'), 'utf8')
  return `const documents = ${JSON.stringify(documents)}\n${page}`
}
