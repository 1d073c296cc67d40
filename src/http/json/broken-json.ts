import { scanJson } from './scan-json.ts'

/** A scan of more takes longer than a request may hold the event loop, beside JSON.parse. */
const maxScannedLength = 32 * 1024

/**
 * Says where a text that JSON.parse refuses stops being JSON, and what is expected there. Quotes at
 * most one character of the text, which may hold a token. Undefined: the text is JSON.
 */
export function describeBrokenJson(text: string): string | undefined {
  if (text.length > maxScannedLength) return 'The body is not JSON (RFC 8259).'
  const scanned = scanJson(text)
  if (scanned.kind !== 'broken') return undefined
  const { position, line, column, expected } = scanned
  const hint = hintAt(text, position)
  return `The body is not JSON: at line ${line}, column ${column}, ${expected} is expected.${hint}`
}

/** What people write out of habit with other notations, and what JSON has instead. */
function hintAt(text: string, position: number): string {
  const found = text.charAt(position)
  if (found === '') return ' The body ends there.'
  if (`'\u2018\u2019\u201c\u201d\``.includes(found)) return ' Write double quotes (").'
  if (found === '/' || found === '#') return ' JSON has no comments.'
  if ('}]'.includes(found) && /,[ \t\r\n]*$/.test(text.slice(0, position))) {
    return ' Remove the comma before it.'
  }
  if (found === '\0') return ' Send JSON in UTF-8.'
  if (text.startsWith('\\u', position)) return ' Write four hexadecimal digits after \\u.'
  if (found === '\\') return ' Write a backslash as two.'
  if (found < ' ') return ' Write it as an escape, such as \\n.'
  if (found === '+') return ' Write the number without +.'
  if (/^(?:-?Infinity|NaN|undefined|None|nil|True|False|NULL|Null)\b/.test(text.slice(position))) {
    return ' JSON has only true, false, null, numbers, strings, arrays and objects.'
  }
  return ''
}
