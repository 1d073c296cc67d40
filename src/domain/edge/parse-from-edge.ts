import { maxAddressLength } from '../limits.ts'
import { isUuid } from '../uuid.ts'
import { denialReasons } from '../verdict.ts'
import type {
  FromEdge,
  FromEdgeMessage,
  Hello,
  Report,
  ReportedDenials,
  ReportedUses,
  WireQuestion,
} from './edge-message.ts'
import { maxReportEntries, maxReportedCount } from './edge-protocol.ts'
import {
  type Check,
  isCount,
  isListOf,
  isMs,
  isOneOf,
  isOptional,
  isShapeOf,
  isText,
  isTextUpTo,
  parseObject,
} from './message-checks.ts'

type OfKind<Kind> = Extract<FromEdge<WireQuestion>, { kind: Kind }>

const isId = (value: unknown): value is string => isText(value) && isUuid(value)
const isPositive = (value: unknown): value is number => isCount(value) && value > 0
const isReportedCount = (value: unknown): value is number =>
  isPositive(value) && value <= maxReportedCount

const isReport = isShapeOf<Report>({
  number: isPositive,
  uses: isListOf(
    isShapeOf<ReportedUses>({ apiKeyId: isId, count: isReportedCount, lastUsedAtMs: isMs }),
    maxReportEntries,
  ),
  denials: isListOf(
    isShapeOf<ReportedDenials>({
      apiKeyId: isId,
      reason: isOneOf(denialReasons),
      clientIp: isOptional(isTextUpTo(maxAddressLength)),
      count: isReportedCount,
      lastDeniedAtMs: isMs,
    }),
    maxReportEntries,
  ),
})

/**
 * Only the types: a question with a token of any length gets a verdict, and one with conditions
 * that break a rule is answered as invalid. Neither ends the stream.
 */
const isQuestion = isShapeOf<WireQuestion>({
  token: isText,
  clientIp: isOptional(isText),
  permissions: isOptional(isListOf(isText)),
  accountId: isOptional(isText),
})

const checks: { readonly [Kind in FromEdgeMessage['kind']]: Check<FromEdgeMessage> } = {
  hello: isShapeOf<Hello>({
    kind: isOneOf(['hello']),
    version: isCount,
    judge: isCount,
    edge: isId,
    replaces: isOptional(isId),
  }),
  beat: isShapeOf<OfKind<'beat'>>({
    kind: isOneOf(['beat']),
    number: isPositive,
    report: isOptional(isReport),
  }),
  confirmed: isShapeOf<OfKind<'confirmed'>>({
    kind: isOneOf(['confirmed']),
    sequence: isPositive,
  }),
  asked: isShapeOf<OfKind<'asked'>>({
    kind: isOneOf(['asked']),
    question: isPositive,
    of: isQuestion,
  }),
  gone: isShapeOf<OfKind<'gone'>>({ kind: isOneOf(['gone']) }),
}

const isKind = isOneOf(Object.keys(checks) as FromEdgeMessage['kind'][])

/**
 * The message of a frame from an edge; undefined: it is none. Unknown members are ignored: a later
 * edge may tell more, and nothing that it tells widens what it may do.
 */
export function parseFromEdge(text: string): FromEdgeMessage | undefined {
  const message = parseObject(text)
  const kind = message?.kind
  return isKind(kind) && checks[kind](message) ? message : undefined
}
