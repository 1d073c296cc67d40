import { isRecord } from '../is-record.ts'
import { reaches } from '../key/api-key.ts'
import type { Change } from '../protocol/change.ts'
import type { RoleRef } from '../role-ref.ts'
import { denialReasons } from '../verdict.ts'
import {
  type AddressesMessage,
  dismissalReasons,
  type ReportedMessage,
  type RightsMessage,
  type ToEdge,
  type ToEdgeMessage,
  type Welcome,
  type WireAnswer,
  type WireRanges,
} from './edge-message.ts'
import {
  type Check,
  isBoolean,
  isCount,
  isListOf,
  isMs,
  isMsOrNull,
  isOneOf,
  isShapeOf,
  isText,
  parseObject,
} from './message-checks.ts'
import type { WireFacts } from './wire-facts.ts'

type OfKind<Kind> = Extract<ToEdge<WireAnswer>, { kind: Kind }>
type AnswerOfKind<Kind> = Extract<WireAnswer, { kind: Kind }>

const isCountOrNull = (value: unknown): value is number | null => value === null || isCount(value)

/** A change of a kind that this version does not know ends the stream: it might narrow a key. */
function isChange(value: unknown): value is Change {
  if (!isRecord(value)) return false
  const { kind, id } = value
  if (kind === 'key' || kind === 'account' || kind === 'session' || kind === 'user') {
    return isText(id)
  }
  return kind === 'everything' || kind === 'tag_key' || kind === 'instance'
}

const isFacts = isShapeOf<WireFacts>({
  id: isText,
  accountId: isText,
  platform: isBoolean,
  name: isText,
  rights: isCount,
  reach: isOneOf(reaches),
  addresses: isCountOrNull,
  expiresAt: isMsOrNull,
  disabledAt: isMsOrNull,
  revokedAt: isMsOrNull,
  released: isBoolean,
  generation: isCount,
  issuedAt: isMs,
  endedAt: isMsOrNull,
  endsAt: isMsOrNull,
})

const isVerdict = isShapeOf<AnswerOfKind<'verdict'>>({
  kind: isOneOf(['verdict']),
  reason: (value): value is AnswerOfKind<'verdict'>['reason'] =>
    value === null || isOneOf(denialReasons)(value),
  key: (value): value is WireFacts | null => value === null || isFacts(value),
  mayKeep: isBoolean,
})

/** A valid verdict without its key is none. */
function isAnswer(value: unknown): value is WireAnswer {
  if (isVerdict(value)) return value.key !== null || (value.reason !== null && !value.mayKeep)
  return isNoVerdict(value)
}

const isNoVerdict = isShapeOf<AnswerOfKind<'no_verdict'>>({
  kind: isOneOf(['no_verdict']),
  cause: isOneOf(['unavailable', 'overloaded', 'invalid']),
})

const isWord = (value: unknown): value is number => isCount(value) && value <= 0xffff_ffff

function isRangesOf(wordsPerBound: number): Check<WireRanges> {
  const isShape = isShapeOf<WireRanges>({ firsts: isListOf(isWord), lasts: isListOf(isWord) })
  return (value): value is WireRanges =>
    isShape(value) &&
    value.firsts.length === value.lasts.length &&
    value.firsts.length % wordsPerBound === 0
}

const checks: { readonly [Kind in ToEdgeMessage['kind']]: Check<ToEdgeMessage> } = {
  welcome: isShapeOf<Welcome>({
    kind: isOneOf(['welcome']),
    version: isCount,
    stream: isText,
    leaseMs: isMs,
    maxQuestions: isCount,
    expiryWarningMs: isMs,
  }),
  granted: isShapeOf<OfKind<'granted'>>({
    kind: isOneOf(['granted']),
    beat: isCount,
    leaseMs: isMs,
    wallMs: isMs,
  }),
  invalidated: isShapeOf<OfKind<'invalidated'>>({
    kind: isOneOf(['invalidated']),
    sequence: isCount,
    changes: isListOf(isChange),
  }),
  suspended: isShapeOf<OfKind<'suspended'>>({ kind: isOneOf(['suspended']), sequence: isCount }),
  answered: isShapeOf<OfKind<'answered'>>({
    kind: isOneOf(['answered']),
    question: isCount,
    answer: isAnswer,
  }),
  dismissed: isShapeOf<OfKind<'dismissed'>>({
    kind: isOneOf(['dismissed']),
    reason: isOneOf(dismissalReasons),
  }),
  reported: isShapeOf<ReportedMessage>({ kind: isOneOf(['reported']), number: isCount }),
  rights: isShapeOf<RightsMessage>({
    kind: isOneOf(['rights']),
    number: isCount,
    role: isShapeOf<RoleRef>({ id: isText, name: isText }),
    permissions: isListOf(isText),
  }),
  addresses: isShapeOf<AddressesMessage>({
    kind: isOneOf(['addresses']),
    number: isCount,
    ipv4: isRangesOf(1),
    ipv6: isRangesOf(4),
  }),
}

/**
 * The message of a frame from an instance; undefined: it is none, and the stream must end. Unknown
 * members of a known kind are ignored: what narrows a key raises `judgeVersion` instead.
 */
export function parseToEdge(text: string): ToEdgeMessage | undefined {
  const message = parseObject(text)
  const kind = message?.kind
  if (!isOneOf(Object.keys(checks) as ToEdgeMessage['kind'][])(kind)) return undefined
  return checks[kind](message) ? message : undefined
}
