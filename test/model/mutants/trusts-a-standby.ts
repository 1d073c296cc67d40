import type { Database } from '../database.ts'
import type { KeyRow } from '../keys.ts'
import { type Protocol, shipped } from '../protocol.ts'
import { Verifier } from '../verifier.ts'

/** What a standby says of a key is believed. */
class TrustsAStandby extends Verifier {
  protected override readKeys(db: Database): readonly KeyRow[] {
    return db.keys
  }
}

export const trustsAStandby: Protocol = { ...shipped, verifier: (node) => new TrustsAStandby(node) }
