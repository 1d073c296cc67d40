import { recall } from '../../../src/verification/resolve.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge is told of a credential that was never used validly: nobody records its first use. */
export const edgeUnrecordedFirstUse: Protocol = { ...shipped, tell: recall }
