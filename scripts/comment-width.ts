/**
 * The widest line of a comment, in UTF-16 code units. Biome keeps the width of code, not of
 * comments.
 */
export const maxCommentWidth = 100

/**
 * How a language begins a comment: as C does (`//`, and `/*` to its end), or by a mark of its own.
 */
export type CommentMark = '//' | '#' | '--'

/**
 * How comments begin in a file, by its name or by the first line of its text; undefined for a file
 * that has none or that may not change: a migration is frozen.
 */
export function commentMarkOf(path: string, source: string): CommentMark | undefined {
  if (/\.(?:ts|js|mjs|go|cs|java|rs|css)$/.test(path)) return '//'
  if (/\.(?:sh|ya?ml|py|toml)$|(?:^|\/)(?:Dockerfile|\.taprc)$/.test(path)) return '#'
  if (path.endsWith('.lua')) return '--'
  return source.startsWith('#!') ? '#' : undefined
}

/**
 * The numbers of the lines, from 1, on which a comment of a source passes `maxCommentWidth`. A
 * directive for a tool (`biome-ignore`) must stay on one line, and a word that alone is too long,
 * such as a URL, cannot be broken: both are allowed.
 */
export function wideCommentLines(source: string, mark: CommentMark = '//'): readonly number[] {
  if (mark !== '//') return wideLinesAfter(mark, source)
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

/** Of a language that has comments to the end of a line only. */
function wideLinesAfter(mark: CommentMark, source: string): readonly number[] {
  return source.split('\n').flatMap((line, index) => {
    const [, code = '', comment] = new RegExp(`^(|.*\\s)(${mark} .*)$`).exec(line) ?? []
    if (comment === undefined || !isOutsideOfStrings(code)) return []
    return line.length > maxCommentWidth && isBreakable(comment) ? [index + 1] : []
  })
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
