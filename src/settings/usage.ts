import { describeType, type SettingSchema } from './describe-type.ts'
import { Settings } from './settings-schema.ts'

/** Readable in a terminal of 80 columns. */
const columns = 80

/** The text of `--help`: every setting with its type, its default and its meaning. */
export function usageOfSettings(): string {
  const settings: [string, SettingSchema][] = Object.entries(Settings.properties)
  return `Usage: [SETTING=VALUE...] npm start [-- OPTION]

Issues API keys and verifies them. The settings are environment variables; an
empty variable counts as unset.

Options:
  --help     Print this help.
  --version  Print the version.

Settings:
${settings.map(([name, schema]) => usageOf(name, schema)).join('')}
docs/operations.md explains their use. \`npm run admin -- --help\` lists the
commands for operators.

Exit codes: 0 stopped by a signal; 1 failure; 2 invalid arguments; 130 ended by
a second Ctrl-C before all requests were answered.
`
}

function usageOf(name: string, schema: SettingSchema): string {
  const fallback = schema.default === undefined ? 'unset' : String(schema.default)
  return `
  ${name}
${wrap(`${describeType(schema)} (default: ${fallback})`)}
${wrap(schema.description ?? '')}
`
}

/** Breaks a text between words, and indents it. */
function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? `      ${word}` : `${line} ${word}`
    if (line !== '' && longer.length > columns) {
      lines.push(line)
      line = `      ${word}`
    } else line = longer
  }
  return [...lines, line].join('\n')
}
