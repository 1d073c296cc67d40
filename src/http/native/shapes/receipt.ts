import { type Static, Type } from 'typebox'
import type { RevisionRef } from '../../../domain/protocol/revision-ref.ts'
import type { Receipt } from '../../../freshness/receipt.ts'
import type { Deps } from '../../deps.ts'
import { nullableString, openEnum, ref } from '../../schema-tools.ts'

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
      '`complete`: every later verification, on any instance, reflects the change.',
    ),
    acknowledged: Type.Integer({
      description: 'Number of instances that have applied the change.',
    }),
    live: Type.Integer({ description: 'Number of registered instances.' }),
    waiting_for: Type.Array(Type.String(), {
      description: 'Opaque ids of the instances that have not applied the change.',
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

export function toReceiptBody(receipt: Receipt, now: Date): Static<typeof ReceiptBody> {
  const { completeInMs } = receipt
  return {
    revision: receipt.revision,
    id: receipt.id,
    state: receipt.state,
    acknowledged: receipt.acknowledged,
    live: receipt.live,
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
  deps: Deps,
  committed: RevisionRef | undefined,
  waitMs: number,
  effectiveAt: Date | null = null,
): Promise<Static<typeof ReceiptBody>> {
  if (committed === undefined) throw new Error('A change was made without a revision.')
  const receipt = await deps.receipts.waitFor(committed, waitMs)
  return {
    ...toReceiptBody(receipt, deps.now()),
    ...(effectiveAt !== null && { effective_at: effectiveAt.toISOString() }),
  }
}
