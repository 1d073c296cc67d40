import { tokenDigest } from '../../src/domain/token/digest.ts'
import { deriveTagKey, type TagKey } from '../../src/domain/token/tag.ts'
import { formatToken } from '../../src/domain/token/token.ts'
import { keys, narrowed } from './keys.ts'

/** A token that callers present: of one key, and with a MAC tag that one tag key made. */
export interface SimulatedToken {
  readonly text: string
  readonly digest: string
  /** The index of its key. */
  readonly key: number
  /** The index of its tag key. */
  readonly tagKey: number
  /** Whether it is presented for what no key may do. */
  readonly asksTooMuch?: boolean
}

/**
 * The tag keys that a database ever holds: the first from the beginning, each other one after an
 * act.
 */
export const tagKeys: readonly TagKey[] = [0, 1, 2, 3].map((seed) =>
  deriveTagKey(`tag-key-${seed}`, new Uint8Array(32).fill(seed)),
)

/**
 * One token of each key, with the first tag key; and of the last key one with each later tag key.
 */
export const tokens: readonly SimulatedToken[] = [
  ...keys.map((_, key) => newToken(key, 0)),
  ...[1, 2, 3].map((tagKey) => newToken(narrowed, tagKey)),
]

export function tokensOfKey(index: number): readonly SimulatedToken[] {
  return tokens.filter(({ key }) => key === index)
}

function newToken(key: number, index: number): SimulatedToken {
  const tagKey = tagKeys[index]
  const keyId = keys[key]?.id
  if (tagKey === undefined || keyId === undefined) throw new RangeError('there is no such token')
  const secret = new Uint8Array(32).fill(key + 1)
  const { text } = formatToken({ prefix: 'model', keyId, secret, tagKey })
  return { text, digest: tokenDigest(text) ?? '', key, tagKey: index }
}
