import { type Protocol, shipped } from '../protocol.ts'

/** An edge gets facts, whatever the version of the rules by which it judges. */
export const edgeOfOlderRules: Protocol = { ...shipped, judgesAlike: () => true }
