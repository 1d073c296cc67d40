import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The configuration that a page of docs/integrations shows in code blocks of a language, with its
 * example values replaced. Throws when the page lacks it: the documentation would then be untested.
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
