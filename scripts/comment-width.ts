/**
 * The widest line of a comment, in UTF-16 code units. Biome keeps the width of code, not of
 * comments.
 */
export const maxCommentWidth = 100

/**
 * The numbers of the lines, from 1, on which a comment of a TypeScript source passes
 * `maxCommentWidth`. A directive for a tool (`biome-ignore`) must stay on one line, and a word that
 * alone is too long, such as a URL, cannot be broken: both are allowed.
 */
export function wideCommentLines(source: string): readonly number[] {
  const wide: number[] = []
  let isInBlock = false
  for (const [index, line] of source.split('\n').entries()) {
    const comment: string | undefined = isInBlock ? line : commentOf(line)
    if (comment === undefined) continue
    isInBlock =
      comment.lastIndexOf('/*') > comment.lastIndexOf('*/') ||
      (isInBlock && !comment.includes('*/'))
    if (line.length > maxCommentWidth && isBreakable(comment)) wide.push(index + 1)
  }
  return wide
}

/** The comment that begins on a line: a whole line, or one that follows code. */
function commentOf(line: string): string | undefined {
  const whole = /^\s*(?:\/\/|\/\*).*$/.exec(line)
  if (whole !== null) return whole[0]
  const trailing = /^(.*\S)\s+(\/\/ .*)$/.exec(line)
  const [, code = '', comment] = trailing ?? []
  return isOutsideOfStrings(code) ? comment : undefined
}

function isOutsideOfStrings(code: string): boolean {
  return [`'`, '"', '`'].every((quote) => code.split(quote).length % 2 === 1)
}

function isBreakable(comment: string): boolean {
  if (comment.includes('biome-ignore')) return false
  return comment.split(/\s+/).every((word) => word.length < maxCommentWidth - 10)
}
