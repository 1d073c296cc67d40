import { system } from '../domain/principal.ts'
import type { Receipt } from '../freshness/receipt.ts'
import { findNamedApiKey } from '../management/api-keys/find-named.ts'
import { revokeApiKey } from '../management/api-keys/revoke.ts'
import { asInstance } from './as-instance.ts'
import { type Command, type Outcome, optionOf, pendingExitCode, UsageError } from './command.ts'

/** Longer than a request waits by default: in an incident, the operator wants the receipt. */
const receiptWaitMs = 10_000

/** Revokes a key in an incident, without a token that has the right to. */
export const revokeCommand: Command = {
  summary:
    'Revoke a key by its token, hint or id, and report how many instances have applied the revocation.',
  argument: 'KEY',
  details: `KEY is a token, a hint (the public prefix of a token) or the id of a key. A token must carry a MAC
tag of this deployment, because anybody can forge a token with the id of another key.`,
  options: [
    {
      name: 'reason',
      value: 'TEXT',
      about: 'Reason for the revocation; recorded in the audit log.',
    },
    {
      name: 'wait-ms',
      value: 'NUMBER',
      about: `Milliseconds to wait for all instances. Default: ${receiptWaitMs}.`,
    },
  ],
  async run(context) {
    const reason = optionOf(context.options, 'reason') ?? null
    const waitMs = parseWait(optionOf(context.options, 'wait-ms'))
    return asInstance(context, async (deps) => {
      const { id, accountId } = await findNamedApiKey(deps, context.argument)
      const { apiKey, committed } = await revokeApiKey(deps, system, accountId, id, reason)
      const receipt = await deps.receipts.waitFor(committed, waitMs)
      return outcomeOf(
        `${apiKey.name} (${apiKey.id}) of account ${apiKey.accountId}`,
        apiKey.id,
        receipt,
      )
    })
  },
}

function parseWait(text: string | undefined): number {
  if (text === undefined) return receiptWaitMs
  if (!/^\d{1,6}$/.test(text)) throw new UsageError('--wait-ms must be a number of milliseconds.')
  return Number(text)
}

function outcomeOf(key: string, id: string, receipt: Receipt): Outcome {
  const { state, revision, instances, edges, completeInMs } = receipt
  const json = {
    api_key_id: id,
    receipt: {
      revision,
      id: receipt.id,
      state,
      acknowledged: instances.acknowledged + edges.acknowledged,
      live: instances.live + edges.live,
      instances,
      edges,
      complete_in_ms: completeInMs,
    },
  }
  const andEdges = edges.live === 0 ? '' : ` and ${edges.acknowledged} of ${edges.live} edges`
  const progress = `${instances.acknowledged} of ${instances.live} instances${andEdges} have applied the revocation (revision ${revision}).`
  if (state === 'complete') {
    return {
      text: `The key ${key} is revoked and no instance accepts the key any more. ${progress}`,
      json,
    }
  }
  const text = `The key ${key} is revoked. ${progress} The other instances apply the revocation within ${completeInMs} ms.`
  return { text, json, exitCode: pendingExitCode }
}
