import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The configuration that a page of docs/integrations shows in blocks of a language, with what
 * stands there for an example replaced. Throws when the page does not have it: then it documents
 * nothing that was tried.
 */
export async function documentedConfig(
  page: string,
  language: string,
  replacements: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(import.meta.dirname, '../../docs/integrations', `${page}.md`)
  const markdown = await readFile(path, 'utf8')
  const blocks = [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text]) => text)
  if (blocks.length === 0) throw new Error(`${page}.md shows no ${language}.`)
  let config = blocks.join('\n')
  for (const [example, value] of Object.entries(replacements)) {
    if (!config.includes(example)) throw new Error(`${page}.md does not say ${example}.`)
    config = config.replaceAll(example, value)
  }
  return config
}
