import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** The issuer of the examples of the document. */
export const exampleIssuer = 'https://login.example.com'
/** Its provider, which is never asked anything. */
export const exampleProvider = {
  name: 'example',
  issuer: exampleIssuer,
  client_id: 'aeon-keys',
  roles: [],
}

/** Writes a file of providers for OIDC_FILE, and removes it at the end of the test. */
export async function writeOidcFile(t: Test, providers: readonly object[]): Promise<string> {
  const path = join(tmpdir(), `aeon-keys-oidc-${randomUUID()}.json`)
  await writeFile(path, JSON.stringify({ providers }))
  t.teardown(() => rm(path, { force: true }))
  return path
}
