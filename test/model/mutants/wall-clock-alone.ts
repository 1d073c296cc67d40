import { type Protocol, shipped } from '../protocol.ts'

/** The lease knows the wall clock only, which steps. */
export const wallClockAlone: Protocol = {
  ...shipped,
  moment: ({ wall }) => ({ monotonic: wall, wall }),
}
