import type { Receipt } from '../cache/receipt.ts'
import { revokeAsOperator } from '../keys/api-keys/revoke-as-operator.ts'
import { asInstance } from './as-instance.ts'
import { type Command, type Outcome, optionOf, pendingExitCode, UsageError } from './command.ts'

const defaultWaitMs = 10_000

/** Revokes a key in an incident, when no token is at hand that may. */
export const revokeCommand: Command = {
  summary: 'Revoke a key by its token, hint or id, and say how many instances know it.',
  argument: 'KEY',
  details: `KEY is a token, a hint (the public beginning of a token) or the id of a key. A token must carry
this deployment's tag: else anybody could have made it up to have another's key revoked.`,
  options: [
    { name: 'reason', value: 'TEXT', about: 'Why, for those who look later.' },
    {
      name: 'wait-ms',
      value: 'NUMBER',
      about: `How long to wait for all instances; ${defaultWaitMs} by default.`,
    },
  ],
  async run(context) {
    const reason = optionOf(context.options, 'reason') ?? null
    const waitMs = readWait(optionOf(context.options, 'wait-ms'))
    return asInstance(context, async (deps) => {
      const { apiKey, committed } = await revokeAsOperator(deps, context.argument, reason)
      const receipt = await deps.receipts.waitFor(committed, waitMs)
      return tell(
        `${apiKey.name} (${apiKey.id}) of account ${apiKey.accountId}`,
        apiKey.id,
        receipt,
      )
    })
  },
}

function readWait(text: string | undefined): number {
  if (text === undefined) return defaultWaitMs
  if (!/^\d{1,6}$/.test(text)) throw new UsageError('--wait-ms must be a number of milliseconds.')
  return Number(text)
}

function tell(key: string, id: string, receipt: Receipt): Outcome {
  const { state, revision, acknowledged, live, completeInMs } = receipt
  const json = {
    api_key_id: id,
    receipt: { revision, id: receipt.id, state, acknowledged, live, complete_in_ms: completeInMs },
  }
  const told = `${acknowledged} of ${live} instances know it (revision ${revision}).`
  if (state === 'complete') {
    return { text: `The key ${key} is revoked: no instance accepts it any more. ${told}`, json }
  }
  const text = `The key ${key} is revoked. ${told} The others will within ${completeInMs} ms.`
  return { text, json, exitCode: pendingExitCode }
}
