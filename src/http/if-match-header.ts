import { Type } from 'typebox'

/** The header by which an update names the version that it changes. */
export function ifMatchHeader(name: string) {
  return Type.Object({
    'if-match': Type.Optional(
      Type.String({
        description: `The ETag of the last read of the ${name}: \`412\` if it has changed since, and nothing is updated. \`*\`: updated in any case.`,
        examples: ['*'],
      }),
    ),
  })
}
