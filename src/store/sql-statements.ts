/**
 * Splits a script into its statements, at the semicolons outside of quotes, comments and
 * dollar-quoted bodies. Comments before a statement belong to it.
 */
export function splitStatements(script: string): readonly string[] {
  const statements: string[] = []
  let current = ''
  for (const [part] of script.matchAll(lexeme)) {
    if (part === ';') {
      statements.push(current.trim())
      current = ''
    } else {
      current += part
    }
  }
  statements.push(current.trim())
  return statements.filter((statement) => statement.replaceAll(comment, '').trim() !== '')
}

const comment = /--[^\n]*|\/\*[\s\S]*?\*\//g

/** A comment, a quoted text or name, a dollar-quoted body, or one character. */
const lexeme = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|[\s\S]/g
