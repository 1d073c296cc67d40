import { createPrivateKey, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { signCheckpoint } from '../domain/audit/checkpoint.ts'
import { verifyAuditLog } from '../management/audit/verify-audit-log.ts'
import { type Command, optionOf, requiredOption } from './command.ts'
import { loadNamedFile, withStartedDatabase } from './started-database.ts'

/**
 * Signs the heads of all chains. The checkpoint is to be kept where the owner of the database
 * cannot write.
 */
export const auditCheckpointCommand: Command = {
  summary: 'Sign the head hashes of the audit log, to be stored outside of the database.',
  details:
    'The command verifies the audit log first and signs no checkpoint of a broken audit log.',
  options: [
    {
      name: 'key',
      value: 'FILE',
      about: 'Ed25519 private key for the signature, in PEM. Required.',
    },
    {
      name: 'file',
      value: 'PATH',
      about: 'Write the checkpoint to this new file instead of printing the checkpoint.',
    },
  ],
  async run(context) {
    const privateKey = await readPrivateKey(requiredOption(context.options, 'key'))
    const file = optionOf(context.options, 'file')
    const { auditKeys } = context.files
    const createdAt = new Date()
    const { breaks, events, heads } = await withStartedDatabase(context, (db) =>
      verifyAuditLog({ db, auditKeys }, []),
    )
    if (breaks.length > 0) {
      throw new Error('The audit log is broken: no checkpoint was signed. Run audit-verify.')
    }
    const text = signCheckpoint({ createdAt, heads }, privateKey)
    if (file === undefined) return { text: text.trimEnd(), json: JSON.parse(text) }
    await writeFile(file, text, { flag: 'wx' }).catch((error: Error) => {
      throw new Error(`Failed to write the checkpoint: ${error.message}`)
    })
    return {
      text: `The checkpoint of ${events} events in ${heads.length} chains is in ${file}.`,
      json: { file, events, chains: heads.length },
    }
  },
}

async function readPrivateKey(file: string): Promise<KeyObject> {
  const pem = await loadNamedFile('private key', file)
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Error(`${file} must be a private key in PEM without a passphrase.`)
  }
}
