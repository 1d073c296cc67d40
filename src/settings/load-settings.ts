import { access, constants, readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type AuditKeys, noAuditKeys, parseAuditKeys } from '../domain/audit/audit-key.ts'
import { type Catalogue, parseCatalogue } from '../domain/permission.ts'
import builtInCatalogue from '../domain/permissions.aeon.json' with { type: 'json' }
import { parseOidcFile, type UnreadProvider } from '../oidc/parse-oidc-file.ts'
import type { ProviderSettings } from '../oidc/provider-settings.ts'
import { noPeppers, type Peppers, parsePeppers } from '../verification/hashing/peppers.ts'
import { ConfigError, checkConfig } from './config.ts'
import { parseEdgeToken } from './edge-token.ts'
import type { Config } from './settings-schema.ts'

/** The content of the files that settings name. */
export interface SettingsFiles {
  readonly peppers: Peppers
  readonly auditKeys: AuditKeys
  readonly catalogue: Catalogue
  /** The providers at which people sign in. */
  readonly providers: readonly ProviderSettings[]
}

export interface LoadedSettings {
  readonly config: Config
  readonly files: SettingsFiles
}

/**
 * Loads the settings of an environment, and the files that they name. Throws ConfigError with all
 * faults of both at once.
 */
export async function loadSettings(
  env: Readonly<Record<string, string | undefined>>,
): Promise<LoadedSettings> {
  const { config, faults } = checkConfig(env)
  const note = (fault: string): undefined => void faults.push(fault)
  const peppers = await loadNamed('PEPPER_FILE', config.PEPPER_FILE, parsePeppers, note)
  const auditKeys = await loadNamed('AUDIT_KEY_FILE', config.AUDIT_KEY_FILE, parseAuditKeys, note)
  const catalogue = await loadNamed('PERMISSIONS_FILE', config.PERMISSIONS_FILE, parse, note)
  await loadNamed('EDGE_TOKEN_FILE', config.EDGE_TOKEN_FILE, parseEdgeToken, note)
  const unread = await loadNamed(
    'OIDC_FILE',
    config.OIDC_FILE,
    (text) => parseOidcFile(parseJson(text)),
    note,
  )
  const providers = await readSecrets(unread ?? [], note)
  await checkRootTokenFile(config.ROOT_TOKEN_FILE, note)
  await checkFolderOf('EDGE_SOCKET', config.EDGE_SOCKET ?? '', note)
  if (faults.length > 0) throw new ConfigError(faults)
  return {
    config,
    files: {
      peppers: peppers ?? noPeppers,
      auditKeys: auditKeys ?? noAuditKeys,
      catalogue: catalogue ?? parseCatalogue(builtInCatalogue),
      providers,
    },
  }
}

/**
 * Neither the path nor the content is repeated: an operator who confused two settings may have put
 * a secret there.
 */
async function loadNamed<T>(
  setting: string,
  path: string | undefined,
  read: (text: string) => T,
  note: (fault: string) => undefined,
): Promise<T | undefined> {
  if (path === undefined || path === '') return undefined
  const text = await readFile(path, 'utf8').catch((error: unknown) =>
    note(`${setting} names an unreadable file: ${reasonOf(error)}`),
  )
  if (text === undefined) return undefined
  try {
    return read(withoutByteOrderMark(text))
  } catch (error) {
    return note(`${setting} names an invalid file: ${wordsOf(error)}`)
  }
}

/** Reads the secrets of clients, each a file of its own: none is in OIDC_FILE. */
async function readSecrets(
  unread: readonly UnreadProvider[],
  note: (fault: string) => undefined,
): Promise<readonly ProviderSettings[]> {
  return Promise.all(
    unread.map(async ({ clientSecretFile, ...provider }) => {
      const setting = `OIDC_FILE, client_secret_file of ${provider.name},`
      const clientSecret = await loadNamed(setting, clientSecretFile, parseSecret, note)
      return { ...provider, clientSecret }
    }),
  )
}

function parseSecret(text: string): string {
  const secret = text.trim()
  if (secret === '') throw new Error('the content is empty')
  return secret
}

/** Some editors write one before UTF-8; JSON and key lines have none (RFC 8259, section 8.1). */
function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function parse(text: string): Catalogue {
  return parseCatalogue(parseJson(text))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the content is not JSON')
  }
}

/** An existing file may be that of an earlier first start; a new file needs its folder. */
async function checkRootTokenFile(
  path: string | undefined,
  note: (fault: string) => undefined,
): Promise<void> {
  if (path === undefined || (await isThere(path))) return
  await checkFolderOf('ROOT_TOKEN_FILE', path, note)
}

async function checkFolderOf(
  setting: string,
  path: string,
  note: (fault: string) => undefined,
): Promise<void> {
  if (path === '') return
  const folder = dirname(path)
  try {
    // Fails unless the path is a folder.
    await readdir(folder)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    note(`${setting} is in an unwritable directory: ${reasonOf(error)}`)
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'the path does not exist'
    case 'EACCES':
    case 'EPERM':
      return `permission denied (${code})`
    case 'EISDIR':
      return 'the path is a directory'
    default:
      return code
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
