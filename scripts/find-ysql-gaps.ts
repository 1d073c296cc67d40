import { type YsqlGap, ysqlGaps } from './ysql-gaps.ts'

/** What a file has that YugabyteDB lacks; comments count for nothing. */
export function findYsqlGaps(text: string, file: string): readonly YsqlGap[] {
  const comment = file.endsWith('.sql') ? /--[^\n]*/g : /\/\*[\s\S]*?\*\/|^\s*\/\/[^\n]*/gm
  const code = text.replaceAll(comment, ' ')
  return ysqlGaps.filter(
    ({ found, allowedIn = [] }) => found.test(code) && !allowedIn.includes(file),
  )
}
