import type { KeyFacts, Verdict } from '../../../domain/verdict.ts'

/** Fastify takes a finished string for plain text, so the handlers set the content type. */
export const jsonType = 'application/json; charset=utf-8'

/**
 * A verdict as JSON text, in the shape of `VerdictBody`. Written by hand, because a compiled
 * serializer takes 3 us for the permissions of a key, and all keys of a role share their
 * permissions. A test compares the text with the schema. `isExpiring` is called only for valid keys
 * that expire.
 */
export function toVerdictText(verdict: Verdict, isExpiring: (key: KeyFacts) => boolean): string {
  const { start, permissions, end } = toParts(verdict, isExpiring)
  return permissions === undefined ? start : start + permissions.text + end
}

/**
 * The verdicts of a batch, in the shape of `VerdictList`. Most of it is the permissions of the
 * keys: they are copied as bytes that the keys of a role share. As text, V8 would allocate them
 * again for each verdict, which takes half as long again and fills its young generation.
 */
export function toVerdictListBytes(
  verdicts: readonly Verdict[],
  isExpiring: (key: KeyFacts) => boolean,
): Buffer {
  const pieces: (string | Buffer)[] = []
  let text = '{"verdicts":['
  for (const [index, verdict] of verdicts.entries()) {
    const { start, permissions, end } = toParts(verdict, isExpiring)
    text += index === 0 ? start : `,${start}`
    if (permissions === undefined) continue
    pieces.push(text, permissions.bytes)
    text = end
  }
  pieces.push(`${text}]}`)
  return concatenate(pieces)
}

function concatenate(pieces: readonly (string | Buffer)[]): Buffer {
  let size = 0
  for (const piece of pieces) size += Buffer.byteLength(piece)
  const bytes = Buffer.allocUnsafe(size)
  let end = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      end += bytes.write(piece, end)
    } else {
      bytes.set(piece, end)
      end += piece.length
    }
  }
  return bytes
}

/** The JSON of a verdict in its order: `end` is empty if it has no permissions. */
interface VerdictParts {
  readonly start: string
  readonly permissions: PermissionsJson | undefined
  readonly end: string
}

function toParts(verdict: Verdict, isExpiring: (key: KeyFacts) => boolean): VerdictParts {
  if (verdict.valid) {
    const { key } = verdict
    const isWarned = key.expiresAt !== null && isExpiring(key)
    return {
      start: `{"valid":true,${toKeyText(key)},"permissions":`,
      permissions: toPermissionsJson(key),
      end: isWarned ? ',"warnings":["expires_soon"]}' : '}',
    }
  }
  const { reason, key } = verdict
  const ofKey = key === undefined ? '' : `,${toKeyText(key)}`
  return { start: `{"valid":false,"reason":"${reason}"${ofKey}}`, permissions: undefined, end: '' }
}

/** The service generates the ids, which are UUIDs: only names need escaping. */
function toKeyText({ id, accountId, name, role, expiresAtText, generation }: KeyFacts): string {
  const expires = expiresAtText === null ? 'null' : `"${expiresAtText}"`
  return (
    `"api_key":{"id":"${id}","account_id":"${accountId}","name":${JSON.stringify(name)},` +
    `"role":{"id":"${role.id}","name":${JSON.stringify(role.name)}},"expires_at":${expires}},"generation":${generation}`
  )
}

/** A set of permissions as JSON: the text and its UTF-8. */
interface PermissionsJson {
  readonly text: string
  readonly bytes: Buffer
}

/** The JSON of each set of permissions, which the keys of a role share. */
const jsonOfSets = new WeakMap<readonly string[], PermissionsJson>()

function toPermissionsJson({ permissions }: KeyFacts): PermissionsJson {
  const known = jsonOfSets.get(permissions)
  if (known !== undefined) return known
  const text = JSON.stringify(permissions)
  const json = { text, bytes: Buffer.from(text) }
  jsonOfSets.set(permissions, json)
  return json
}
