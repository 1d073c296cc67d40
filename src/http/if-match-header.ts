import { Type } from 'typebox'

/** The header by which an operation names the version that it changes or deletes. */
export const ifMatchHeader = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description:
        'The ETag of the last read: what has changed since stays as it is. `*`: in any case.',
      examples: ['*'],
    }),
  ),
})
