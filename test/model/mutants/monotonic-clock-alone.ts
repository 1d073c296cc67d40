import { type Protocol, shipped } from '../protocol.ts'

/** The lease knows the monotonic clock only, which stands still while the machine is suspended. */
export const monotonicClockAlone: Protocol = {
  ...shipped,
  moment: ({ monotonic }) => ({ monotonic, wall: monotonic }),
}
