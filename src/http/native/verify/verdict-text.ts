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
 * The verdicts of a batch, in the shape of `VerdictList`, written outside of V8's heap: with a
 * string of 150 kB per answer, V8 collects garbage twice as often.
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

/** The service generates the ids, which are UUIDs: only names need escaping. */
function toKeyText({ id, accountId, name, role, expiresAtText, generation }: KeyFacts): string {
  const expires = expiresAtText === null ? 'null' : `"${expiresAtText}"`
  return (
    `"api_key":{"id":"${id}","account_id":"${accountId}","name":${JSON.stringify(name)},` +
    `"role":{"id":"${role.id}","name":${JSON.stringify(role.name)}},"expires_at":${expires}},"generation":${generation}`
  )
}

/** The JSON text of each set of permissions, which the keys of a role share. */
const permissionTexts = new WeakMap<readonly string[], string>()

function toPermissionsText({ permissions }: KeyFacts): string {
  const known = permissionTexts.get(permissions)
  if (known !== undefined) return known
  const text = JSON.stringify(permissions)
  permissionTexts.set(permissions, text)
  return text
}
