import { type Static, Type } from 'typebox'
import type { Receipt } from '../../cache/receipt.ts'
import type { Committed } from '../../cache/receipts.ts'
import type { Deps } from '../../deps.ts'
import { nullableString, oneOf } from '../schema-tools.ts'

const defaultWaitMs = 2_000

/** How long a narrowing route waits for its receipt to be complete. */
export const waitParameter = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 30_000,
    default: defaultWaitMs,
    description: 'How long to wait for the receipt to be complete, in milliseconds.',
  }),
)

export const ReceiptBody = Type.Object(
  {
    revision: Type.Integer({
      format: 'int64',
      description: 'Its place in the one order of changes.',
    }),
    id: Type.String({
      format: 'uuid',
      description: 'Asked for again with the revision: `GET /v1/revisions/{revision}?id=`.',
    }),
    state: oneOf(['complete', 'pending'], {
      description: '`complete`: every verification from now on, on any instance, knows the change.',
    }),
    acknowledged: Type.Integer({ description: 'Instances that have applied the change.' }),
    live: Type.Integer({ description: 'Instances that are registered.' }),
    waiting_for: Type.Array(Type.String(), { description: 'Opaque ids of those that have not.' }),
    complete_by: nullableString({
      format: 'date-time',
      description: 'By when it will be complete, whatever happens, by our clock; null: it is.',
    }),
    complete_in_ms: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'The same from now on, since clocks differ.',
    }),
    effective_at: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'Of a change that is to end something at a time to come: when. `complete` then means that every instance knows it.',
      }),
    ),
  },
  { $id: 'Receipt', description: 'How far a change has come.' },
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

/** Waits for the receipt of a change, for so long at most. `effectiveAt`: when what it ends will end, if that is to come. */
export async function receiptOfChange(
  deps: Deps,
  committed: Committed | undefined,
  waitMs: number | undefined,
  effectiveAt: Date | null = null,
): Promise<Static<typeof ReceiptBody>> {
  if (committed === undefined) throw new Error('A change was made without a revision.')
  const receipt = await deps.receipts.waitFor(committed, waitMs ?? defaultWaitMs)
  return {
    ...toReceiptBody(receipt, deps.now()),
    ...(effectiveAt !== null && { effective_at: effectiveAt.toISOString() }),
  }
}
