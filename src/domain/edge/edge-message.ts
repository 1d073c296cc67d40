import type { Change } from '../protocol/change.ts'
import type { RoleRef } from '../role-ref.ts'
import type { DenialReason } from '../verdict.ts'
import type { WireFacts } from './wire-facts.ts'

/** What an instance tells an edge, in order. docs/edge.md has the reason for each rule. */
export type ToEdge<Answer> =
  /** Answers a beat. The lease runs from when the edge sent that beat; 0: no lease. */
  | {
      readonly kind: 'granted'
      readonly beat: number
      readonly leaseMs: number
      /** The wall clock of the instance: an expiry is judged by the later of both clocks. */
      readonly wallMs: number
    }
  /** What these changes name answers nobody any more: apply, then confirm the number. */
  | {
      readonly kind: 'invalidated'
      readonly sequence: number
      readonly changes: readonly Change[]
    }
  /**
   * The caller itself has to be judged anew: end the lease, then confirm the number. Facts may
   * stay; a grant that comes later gives a lease again.
   */
  | { readonly kind: 'suspended'; readonly sequence: number }
  /** Answers one question. Facts may be kept; a bare verdict answers that question only. */
  | { readonly kind: 'answered'; readonly question: number; readonly answer: Answer }
  /** The edge drops everything, answers no more, and says that it has gone. */
  | { readonly kind: 'dismissed'; readonly reason: DismissalReason }

/** What an edge tells its instance, in order. */
export type FromEdge<Question> =
  | { readonly kind: 'beat'; readonly number: number; readonly report?: Report }
  /** All invalidations and suspensions up to this number are applied. */
  | { readonly kind: 'confirmed'; readonly sequence: number }
  | { readonly kind: 'asked'; readonly question: number; readonly of: Question }
  /** It has dropped everything, and answers no more by what this stream has told it. */
  | { readonly kind: 'gone' }

/** Why an instance ends a stream. */
export const dismissalReasons = [
  'stopping',
  'caller_changed',
  'slow',
  'silent',
  'protocol_fault',
  'version',
] as const
export type DismissalReason = (typeof dismissalReasons)[number]

/** The first message of an edge. */
export interface Hello {
  readonly kind: 'hello'
  /** The version of the messages. */
  readonly version: number
  /** The version of the rules by which the edge judges: see judgeVersion. */
  readonly judge: number
  /** Random, one a process: a report that is repeated counts once. */
  readonly edge: string
  /** The secret id of its former stream: the edge has dropped all that this stream has told it. */
  readonly replaces?: string
}

/** Answers the hello. */
export interface Welcome {
  readonly kind: 'welcome'
  readonly version: number
  /** Names this stream to its instance, and to nobody else. */
  readonly stream: string
  /** The longest lease. */
  readonly leaseMs: number
  readonly maxQuestions: number
  /** A valid key that expires within this time is warned of. */
  readonly expiryWarningMs: number
}

/** A role and its permissions, which facts from now on refer to by this number. */
export interface RightsMessage {
  readonly kind: 'rights'
  readonly number: number
  readonly role: RoleRef
  /** In order of name. */
  readonly permissions: readonly string[]
}

/** The addresses of allow lists, which facts from now on refer to by this number. */
export interface AddressesMessage {
  readonly kind: 'addresses'
  readonly number: number
  /** Bounds of disjoint ranges, ascending: one word of 32 bits for IPv4, four for IPv6. */
  readonly ipv4: WireRanges
  readonly ipv6: WireRanges
}

export interface WireRanges {
  readonly firsts: readonly number[]
  readonly lasts: readonly number[]
}

/** A report was counted: forget it. */
export interface ReportedMessage {
  readonly kind: 'reported'
  readonly number: number
}

export interface WireQuestion {
  readonly token: string
  readonly clientIp?: string
  readonly permissions?: readonly string[]
  readonly accountId?: string
}

/** A verdict on one question, or why there is none. */
export type WireAnswer =
  | {
      readonly kind: 'verdict'
      /** Null: the token is valid. */
      readonly reason: DenialReason | null
      /** The key of the token; null: the token belongs to none. */
      readonly key: WireFacts | null
      /** Whether the edge may keep the facts of the key, and judge by them. */
      readonly mayKeep: boolean
    }
  | { readonly kind: 'no_verdict'; readonly cause: 'unavailable' | 'overloaded' | 'invalid' }

/** What the edge itself answered since the last report: sums, by key. */
export interface Report {
  readonly number: number
  readonly uses: readonly ReportedUses[]
  readonly denials: readonly ReportedDenials[]
}

export interface ReportedUses {
  readonly apiKeyId: string
  readonly count: number
  readonly lastUsedAtMs: number
}

export interface ReportedDenials {
  readonly apiKeyId: string
  readonly reason: DenialReason
  /** The address of the first of them. */
  readonly clientIp?: string
  readonly count: number
  readonly lastDeniedAtMs: number
}

/** All messages, as they are on the stream: each is one text frame of JSON. */
export type FromEdgeMessage = Hello | FromEdge<WireQuestion>
export type ToEdgeMessage =
  | Welcome
  | RightsMessage
  | AddressesMessage
  | ReportedMessage
  | ToEdge<WireAnswer>
