import { type Static, Type } from 'typebox'
import { type KeyPrincipal, rightsOf, type UserPrincipal } from '../../../domain/principal.ts'
import type { RevisionRef } from '../../../domain/protocol/revision-ref.ts'
import type { Receipt } from '../../../freshness/receipt.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nullableString, openEnum, ref } from '../../schema-tools.ts'

export const ProgressBody = Type.Object(
  {
    acknowledged: Type.Integer({ description: 'How many have applied the change.' }),
    live: Type.Integer({ description: 'How many there are.' }),
  },
  { $id: 'Progress', description: 'How many of those that answer verifications follow.' },
)

export const ReceiptBody = Type.Object(
  {
    revision: Type.Integer({
      format: 'int64',
      description: 'Position of the change in the total order of changes.',
    }),
    id: Type.String({
      format: 'uuid',
      description:
        'Id of the receipt. `GET /v1/revisions/{revision}?id=` returns its current state.',
    }),
    state: openEnum(
      ['complete', 'pending'],
      '`complete`: every later verification, on any instance and at any edge, reflects the change.',
    ),
    acknowledged: Type.Integer({
      description: 'Number of instances and edges that have applied the change.',
    }),
    live: Type.Integer({ description: 'Number of registered instances and of their edges.' }),
    instances: Type.Optional(
      ref(ProgressBody, {
        description:
          'The instances. One has applied the change once all of its edges have. Only for callers of the platform.',
      }),
    ),
    edges: Type.Optional(
      ref(ProgressBody, {
        description:
          'The processes that answer by what an instance has told them, when their instances last wrote their rows. Only for callers of the platform.',
      }),
    ),
    waiting_for: Type.Array(Type.String(), {
      description:
        'Opaque ids of the instances that have not applied the change, or wait for an edge.',
    }),
    complete_by: nullableString({
      format: 'date-time',
      description:
        'Latest time at which the receipt becomes complete, by the clock of the service. Null if the receipt is complete.',
    }),
    complete_in_ms: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'Milliseconds from now until `complete_by`, for clients whose clock differs.',
    }),
    effective_at: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'Time at which the change takes effect, if in the future. `complete` then means that every instance has applied the change and enforces it from this time on.',
      }),
    ),
  },
  { $id: 'Receipt', description: 'How far a change has propagated.' },
)

export const ReceiptAnswer = Type.Object(
  { receipt: ref(ReceiptBody) },
  { $id: 'ReceiptAnswer', description: 'The receipt.' },
)

/** Who reads a receipt: only the platform sees instances and edges apart. */
export type ReceiptReader =
  | Pick<KeyPrincipal, 'kind' | 'key'>
  | Pick<UserPrincipal, 'kind' | 'user'>

export function toReceiptBody(
  receipt: Receipt,
  reader: ReceiptReader,
  now: Date,
): Static<typeof ReceiptBody> {
  const { completeInMs, instances, edges } = receipt
  const { platform } = rightsOf(reader)
  return {
    revision: receipt.revision,
    id: receipt.id,
    state: receipt.state,
    acknowledged: instances.acknowledged + edges.acknowledged,
    live: instances.live + edges.live,
    ...(platform && { instances, edges }),
    waiting_for: [...receipt.waitingFor],
    complete_by:
      completeInMs === null ? null : new Date(now.getTime() + completeInMs).toISOString(),
    complete_in_ms: completeInMs,
  }
}

/**
 * Waits at most `waitMs` for the receipt of a change, and returns its state. `effectiveAt` is the
 * future time at which the change takes effect, or null if the change takes effect at once.
 */
export async function receiptOfChange(
  deps: ControlPlaneDeps,
  reader: ReceiptReader,
  committed: RevisionRef | undefined,
  waitMs: number,
  effectiveAt: Date | null = null,
): Promise<Static<typeof ReceiptBody>> {
  if (committed === undefined) throw new Error('A change was made without a revision.')
  const receipt = await deps.receipts.waitFor(committed, waitMs)
  return {
    ...toReceiptBody(receipt, reader, deps.now()),
    ...(effectiveAt !== null && { effective_at: effectiveAt.toISOString() }),
  }
}
