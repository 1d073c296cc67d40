import type { KeyFacts, Verdict } from '../../domain/verdict.ts'

/**
 * A verdict as JSON text, in the shape of `VerdictBody`. Written by hand because it is the hottest
 * answer: a compiled serializer takes 3 us for the permissions of a key, and all keys of a role have the
 * same. A test holds it to the schema. `isExpiring` is asked of good keys that expire.
 */
export function toVerdictText(verdict: Verdict, isExpiring: (key: KeyFacts) => boolean): string {
  if (verdict.valid) {
    const { key } = verdict
    const warned = key.expiresAt !== null && isExpiring(key) ? ',"warnings":["expires_soon"]' : ''
    return `{"valid":true,${toKeyText(key)},"permissions":${toPermissionsText(key)}${warned}}`
  }
  const { reason, key } = verdict
  if (key === undefined) return `{"valid":false,"reason":"${reason}"}`
  return `{"valid":false,"reason":"${reason}",${toKeyText(key)}}`
}

/**
 * The verdicts of a batch, in the shape of `VerdictList`, put together outside of V8's heap: a text of
 * 150 kB for each answer makes it collect its garbage twice as often.
 */
export function toVerdictListBytes(texts: readonly string[]): Buffer {
  const opening = '{"verdicts":['
  const closing = ']}'
  let size = opening.length + closing.length + texts.length - 1
  for (const text of texts) size += Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(size)
  let end = bytes.write(opening)
  for (const [index, text] of texts.entries()) {
    if (index > 0) end += bytes.write(',', end)
    end += bytes.write(text, end)
  }
  bytes.write(closing, end)
  return bytes
}

/** Ids are UUIDs of ours: only names need escaping. */
function toKeyText({ id, accountId, name, role, expiresAtText, generation }: KeyFacts): string {
  const expires = expiresAtText === null ? 'null' : `"${expiresAtText}"`
  return (
    `"api_key":{"id":"${id}","account_id":"${accountId}","name":${JSON.stringify(name)},` +
    `"role":{"id":"${role.id}","name":${JSON.stringify(role.name)}},"expires_at":${expires}},"generation":${generation}`
  )
}

/** The text of each set of permissions, which the keys of a role share; it goes when the set does. */
const permissionTexts = new WeakMap<readonly string[], string>()

function toPermissionsText({ permissions }: KeyFacts): string {
  const known = permissionTexts.get(permissions)
  if (known !== undefined) return known
  const text = JSON.stringify(permissions)
  permissionTexts.set(permissions, text)
  return text
}
