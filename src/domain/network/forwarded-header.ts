/**
 * One `name=value` of RFC 7239, section 4, or none, which the section allows between semicolons.
 * The value is a token or a quoted string (RFC 9110, section 5.6.4).
 */
const PAIR =
  /[ \t]*(?:([!#$%&'*+.^`|~\w-]+)=(?:([!#$%&'*+.^`|~\w-]+)|"((?:[\t\x20-\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*)")[ \t]*)?([;,]|$)/y

/** Empty elements, which a recipient ignores (RFC 9110, section 5.6.1.2), and trailing space. */
const EMPTY = /(?:[ \t]*,)*(?:[ \t]*$)?/y

/**
 * The `for` of each element of one line of a Forwarded header, from left to right; undefined for an
 * element that has none. The whole result is undefined when the line breaks RFC 7239, for example
 * by a pair without a value or a repeated `for`.
 */
export function parseForwardedFor(line: string): readonly (string | undefined)[] | undefined {
  const nodes: (string | undefined)[] = []
  let node: string | undefined
  let isInElement = false
  PAIR.lastIndex = afterEmpty(line, 0)
  while (isInElement || PAIR.lastIndex < line.length) {
    const match = PAIR.exec(line)
    if (match === null) return undefined
    const [, name = '', token, quoted, end] = match
    if (name.toLowerCase() === 'for') {
      if (node !== undefined) return undefined
      node = token ?? quoted?.replace(/\\(.)/g, '$1')
    }
    isInElement = end === ';'
    if (isInElement) continue
    nodes.push(node)
    node = undefined
    PAIR.lastIndex = afterEmpty(line, PAIR.lastIndex)
  }
  return nodes
}

function afterEmpty(line: string, start: number): number {
  EMPTY.lastIndex = start
  EMPTY.test(line)
  return EMPTY.lastIndex
}
