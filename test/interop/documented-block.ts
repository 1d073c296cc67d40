import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The code block of docs/operations.md with this info string, such as `sh backup`, with its
 * example values replaced. Throws when the page lacks the block or a value: what the page shows
 * would then be untested.
 */
export async function documentedBlock(
  info: string,
  replacements: Readonly<Record<string, string>> = {},
): Promise<string> {
  const page = await readFile(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
  const blocks = [...page.matchAll(/^( *)```([^\n]+)\n(.*?)^\1```$/gms)]
    .filter(([, , name]) => name === info)
    .map(([, indent = '', , text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
  const [block] = blocks
  if (block === undefined || blocks.length > 1) {
    throw new Error(`operations.md shows ${blocks.length} blocks "${info}".`)
  }
  let text = block
  for (const [example, value] of Object.entries(replacements)) {
    if (!text.includes(example)) throw new Error(`"${info}" does not say ${example}.`)
    text = text.replaceAll(example, value)
  }
  return text
}
