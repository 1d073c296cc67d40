import { readFile } from 'node:fs/promises'

/** The token in a file. Rejects with an Error that does not quote the content. */
export async function readEdgeToken(path: string): Promise<string> {
  return parseEdgeToken(await readFile(path, 'utf8'))
}

/** A line that a header can hold. Throws an Error for anything else. */
export function parseEdgeToken(text: string): string {
  const token = text.trim()
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('the content must be one token')
  return token
}
