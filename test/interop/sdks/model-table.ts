/** A file in Go that maps the names of models to the types of the package of a generated client. */
export function modelTableInGo(names: readonly string[]): string {
  const entries = names.map((name) => `\t"${name}": func() any { return new(keys.${name}) },`)
  return `package main

import keys "example.com/story/aeonkeys"

var models = map[string]func() any{
${entries.join('\n')}
}
`
}

/**
 * A module in TypeScript that compiles only if the samples have the types of the generated models:
 * a closed list of values would refuse an unknown one.
 */
export function modelTableInTypeScript(samples: Readonly<Record<string, unknown>>): string {
  const types = Object.keys(samples).map((name) => `  ${name}: keys.${name}`)
  return `import type * as keys from './index.ts'

const samples = ${JSON.stringify(samples, null, 2)}

export const models: {
${types.join('\n')}
} = samples
`
}
