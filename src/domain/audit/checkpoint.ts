import { type KeyObject, sign, verify } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { parseJson } from '../parse-json.ts'

/** The head of a chain, as a checkpoint keeps it outside the database. */
export interface KeptHead {
  readonly accountId: string
  readonly number: number
  /** The head hash, in hexadecimal. */
  readonly entryHash: string
}

/** The heads of all chains at one moment. */
export interface Checkpoint {
  readonly createdAt: Date
  readonly heads: readonly KeptHead[]
}

/**
 * Prefix of the signed bytes: a signature of the same key for another purpose never verifies here.
 */
const purpose = 'aeon-keys/audit-checkpoint/1\n'

/** The text of a checkpoint file: JSON, signed with Ed25519 (RFC 8032). */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): string {
  requireEd25519(privateKey)
  const body = {
    version: 1,
    created_at: checkpoint.createdAt.toISOString(),
    heads: checkpoint.heads.map(({ accountId, number, entryHash }) => ({
      account_id: accountId,
      number,
      link: entryHash,
    })),
  }
  const signature = sign(null, signedText(body), privateKey).toString('base64')
  return `${canonicalJson({ checkpoint: body, signature })}\n`
}

/** Parses the text of a checkpoint file. Throws an Error unless this key signed the file. */
export function parseCheckpoint(text: string, publicKey: KeyObject): Checkpoint {
  requireEd25519(publicKey)
  const { checkpoint, signature } = parse(text)
  if (!verify(null, signedText(checkpoint), publicKey, Buffer.from(signature, 'base64'))) {
    throw new Error('the signature does not match the public key')
  }
  if (checkpoint.version !== 1) throw new Error('the checkpoint has an unknown version')
  return {
    createdAt: new Date(checkpoint.created_at),
    heads: checkpoint.heads.map(({ account_id: accountId, number, link: entryHash }) => ({
      accountId,
      number,
      entryHash,
    })),
  }
}

interface SignedBody {
  readonly version: number
  readonly created_at: string
  readonly heads: readonly {
    readonly account_id: string
    readonly number: number
    readonly link: string
  }[]
}

function parse(text: string): { readonly checkpoint: SignedBody; readonly signature: string } {
  const file: unknown = parseJson(text)
  if (typeof file === 'object' && file !== null && 'checkpoint' in file && 'signature' in file) {
    const { checkpoint, signature } = file
    // The body is trusted, and its members are read, only after its signature verifies.
    if (typeof signature === 'string') return { checkpoint: checkpoint as SignedBody, signature }
  }
  throw new Error('the file is not a checkpoint')
}

function signedText(body: unknown): Buffer {
  return Buffer.from(purpose + canonicalJson(body))
}

function requireEd25519(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key must be an Ed25519 key')
}
