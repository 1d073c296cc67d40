import { type Protocol, shipped } from '../protocol.ts'

/** What a standby says of a key is believed. */
export const trustsAStandby: Protocol = {
  ...shipped,
  loadCredentials: (db) => db.loadCredentials(),
}
