import { createPublicKey, type KeyObject } from 'node:crypto'
import type { ChainBreak } from '../domain/audit/chain-check.ts'
import { type Checkpoint, parseCheckpoint } from '../domain/audit/checkpoint.ts'
import { type AuditLogReport, verifyAuditLog } from '../management/audit/verify-audit-log.ts'
import {
  brokenExitCode,
  type Command,
  type CommandOptions,
  type Outcome,
  requiredOption,
} from './command.ts'
import { loadNamedFile, withStartedDatabase } from './started-database.ts'

/** Verifies every chain of the audit log, and reports the first break of each. */
export const auditVerifyCommand: Command = {
  summary: 'Verify the hash chains of the audit log, and report the first break of each chain.',
  details: `Only a checkpoint reveals that the latest entries of a chain were deleted together with the head
hash. AUDIT_KEY_FILE must contain the keys with which the entry hashes were computed.`,
  options: [
    {
      name: 'checkpoint',
      value: 'FILE',
      about: 'Compare the audit log with this signed checkpoint too. Repeatable.',
      repeats: true,
    },
    {
      name: 'public-key',
      value: 'FILE',
      about: 'Ed25519 public key, in PEM, of the checkpoint signatures.',
    },
  ],
  async run(context) {
    const checkpoints = await parseCheckpoints(context.options)
    const { auditKeys } = context.files
    const report = await withStartedDatabase(context, (db) =>
      verifyAuditLog({ db, auditKeys }, checkpoints),
    )
    return outcomeOf(report)
  },
}

async function parseCheckpoints(options: CommandOptions): Promise<Checkpoint[]> {
  const files = options.checkpoint ?? []
  if (files.length === 0) return []
  const publicKey = await readPublicKey(requiredOption(options, 'public-key'))
  return Promise.all(
    files.map(async (file) => {
      const text = await loadNamedFile('checkpoint', file)
      try {
        return parseCheckpoint(text, publicKey)
      } catch (error) {
        throw new Error(`The checkpoint ${file} is invalid: ${String(error)}`)
      }
    }),
  )
}

async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await loadNamedFile('public key', file)
  try {
    return createPublicKey(pem)
  } catch {
    throw new Error(`${file} must be a public key in PEM.`)
  }
}

function outcomeOf({ events, unkeyed, breaks, heads }: AuditLogReport): Outcome {
  const json = {
    valid: breaks.length === 0,
    events,
    unkeyed,
    breaks: breaks.map(({ accountId, number, fault }) => ({
      account_id: accountId,
      number,
      fault,
    })),
    heads: heads.map(({ accountId, number, entryHash }) => ({
      account_id: accountId,
      number,
      link: entryHash,
    })),
  }
  const counted = `${events} events in ${heads.length} chains, ${unkeyed} of the events without an audit key`
  if (breaks.length === 0) return { text: `The audit log is intact: ${counted}.`, json }
  const text = `The audit log is broken:\n${breaks.map(lineOf).join('\n')}\nIntact: ${counted}.`
  return { text, json, exitCode: brokenExitCode }
}

function lineOf({ accountId, number, fault }: ChainBreak): string {
  return `  account ${accountId}, event ${number}: ${fault}`
}
