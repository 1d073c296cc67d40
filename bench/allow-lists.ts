/**
 * What 10,000 allow-list entries add to a verification from memory: `node bench/allow-lists.ts`.
 * The part of a verification that HTTP is not: the address is parsed, the token digested and looked
 * up, the key judged and its use counted. A ratio is of two measurements side by side, one with the
 * entries and one of a key that is usable from any address; the table has the median of the rounds.
 */
import { randomBytes } from 'node:crypto'
import { noUsage } from '../src/domain/key/usage-counts.ts'
import { type AddressRange, parseAddress } from '../src/domain/network/address.ts'
import {
  type AddressSet,
  addressSetOf,
  bytesOfAddressSet,
  countRanges,
  EMPTY_ADDRESS_SET,
} from '../src/domain/network/address-set.ts'
import { tokenDigest } from '../src/domain/token/digest.ts'
import { judge } from '../src/domain/verdict.ts'
import { Freshness } from '../src/freshness/freshness.ts'
import { timingOf } from '../src/freshness/timing.ts'
import type { CachedCredential } from '../src/verification/cached-credential.ts'
import { CredentialCache } from '../src/verification/credential-cache.ts'
import { recall } from '../src/verification/resolve.ts'
import { UsageBuffer } from '../src/verification/usage-buffer.ts'
import { median } from './statistics.ts'

const entries = 10_000
const rounds = 15
const verificationsPerRound = 100_000

const now = new Date()
const freshness = new Freshness(timingOf(3_600_000))
const moment = () => ({ monotonic: performance.now(), wall: Date.now() })
freshness.registered({ revision: 1, id: 'bench', history: null })
freshness.confirmed(freshness.beginCycle(moment()))
const cache = new CredentialCache(100, freshness, moment)
const uses = new UsageBuffer()

console.log('| entries | ranges | bytes | without (us) | with (us) | ratio |')
console.log('|---|---|---|---|---|---|')
for (const [family, address] of [
  [4, '10.0.31.7'],
  [6, '::30:3001'],
] as const) {
  const addresses = everySecondAddress(family)
  const free = cachedToken(EMPTY_ADDRESS_SET, 'anywhere')
  const bound = cachedToken(addresses, 'allow_lists')
  const measured = { without: [] as number[], with: [] as number[], ratio: [] as number[] }
  for (let round = -2; round < rounds; round += 1) {
    const without = microsecondsOf(free, address)
    const withEntries = microsecondsOf(bound, address)
    // The first rounds are for the compiler.
    if (round < 0) continue
    measured.without.push(without)
    measured.with.push(withEntries)
    measured.ratio.push(withEntries / without)
  }
  console.log(
    `| IPv${family} | ${countRanges(addresses)} | ${bytesOfAddressSet(addresses)} | ${median(measured.without).toFixed(2)} | ${median(measured.with).toFixed(2)} | ${median(measured.ratio).toFixed(3)} |`,
  )
}

/** Ranges that cannot be merged. Among them are the addresses that are asked for. */
function everySecondAddress(family: 4 | 6): AddressSet {
  const start = family === 4 ? 0x0a_00_00_01n : 0x30_0001n
  const ranges = Array.from({ length: entries }, (_, index): AddressRange => {
    const value = start + 2n * BigInt(index)
    return { family, first: value, last: value }
  })
  return addressSetOf(ranges)
}

function cachedToken(addresses: AddressSet, reach: 'anywhere' | 'allow_lists'): string {
  const text = `aeon_${randomBytes(50).toString('base64url')}`
  const digest = tokenDigest(text)
  if (digest === undefined) throw new Error('The token is too long.')
  const id = randomBytes(8).toString('hex')
  const credential: CachedCredential = {
    facts: {
      id,
      accountId: 'account',
      platform: false,
      name: 'bench',
      role: { id: 'role', name: 'role' },
      permissions: ['cluster:read'],
      holds: new Set(['cluster:read']),
      reach,
      allowListIds: [],
      addresses,
      expiresAt: null,
      expiresAtText: null,
      disabledAt: null,
      revokedAt: null,
      released: false,
      generation: 1,
      issuedAt: now,
      issuedFor: null,
      endedAt: null,
      endsAt: null,
    },
    hash: '$argon2id$',
    isUsed: true,
    retiresOlder: false,
    uses: noUsage({ id, accountId: 'account' }, now),
    epoch: cache.epoch,
  }
  cache.put(digest, credential)
  return text
}

function microsecondsOf(text: string, ip: string): number {
  const start = process.threadCpuUsage()
  for (let done = 0; done < verificationsPerRound; done += 1) verify(text, ip)
  const { user, system } = process.threadCpuUsage(start)
  return (user + system) / verificationsPerRound
}

function verify(text: string, ip: string): void {
  const digest = tokenDigest(text)
  const cached = digest === undefined ? undefined : recall(cache, cache.find(digest))
  if (cached === undefined) throw new Error('The cache does not know the token.')
  const attempt = {
    address: parseAddress(ip),
    permissions: ['cluster:read'],
    accountId: undefined,
  }
  const verdict = judge(cached.facts, attempt, now)
  if (!verdict.valid) throw new Error(`The verdict is ${verdict.reason}.`)
  uses.record(cached.uses, now)
}
