import { Type } from 'typebox'

/** The header by which an update names the version that it changes. */
export const ifMatchHeader = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description:
        'The ETag of the last read: what has changed since is not updated. `*`: in any case.',
      examples: ['*'],
    }),
  ),
})
