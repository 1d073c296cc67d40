import type { Command } from './command.ts'

const column = 22

/** The text of `--help`: of all commands, or of one. */
export function usageOf(
  commands: Readonly<Record<string, Command>>,
  name: string | undefined,
): string {
  const command = name === undefined ? undefined : commands[name]
  if (name === undefined || command === undefined) return usageOfAll(commands)
  const argument = command.argument === undefined ? '' : ` ${command.argument}`
  const details = command.details === undefined ? '' : `\n${command.details}\n`
  return `Usage: npm run admin -- ${name}${argument} [OPTION...]

${command.summary}
${details}
Options:
${[...command.options.map((option) => line(`--${option.name} ${option.value}`, option.about)), ...common].join('\n')}
`
}

const common = [
  line('--json', 'Print the result as one line of JSON.'),
  line('--help', 'Print this help.'),
]

function usageOfAll(commands: Readonly<Record<string, Command>>): string {
  return `Usage: npm run admin -- COMMAND [OPTION...]

Commands for operators. The commands connect to DATABASE_URL, or to the private PostgreSQL in DATA_DIR.

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => line(name, summary))
  .join('\n')}

Options of every command:
${common.join('\n')}

Exit codes: 0 success; 1 failure; 2 invalid arguments; 3 audit-verify found a broken audit log;
4 the revocation is committed, but some instance may not have applied it yet.
`
}

function line(name: string, about: string): string {
  return `  ${name.padEnd(column - 1)} ${about}`
}
