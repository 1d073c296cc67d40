import { recall } from '../../../src/verification/resolve.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An edge gets a credential that was never used validly: its first use is recorded nowhere. */
export const edgeUnrecordedFirstUse: Protocol = { ...shipped, tell: recall }
