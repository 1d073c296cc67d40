import { readFileSync } from 'node:fs'
import { type ConnectionOptions, getCACertificates, type SecureVersion } from 'node:tls'
import { checkTlsFiles } from './check-tls-files.ts'

/** libpq's parameters for TLS, by name; an absent one has libpq's default. */
export type TlsParameters = Readonly<Record<string, string | undefined>>

/** The TLS options of `pg`. */
export interface TlsOptions {
  readonly ssl: false | ConnectionOptions
  readonly sslnegotiation: 'postgres' | 'direct'
}

export const tlsParameterNames = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslcrl',
  'sslnegotiation',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
] as const

const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const
const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

/**
 * Translates the parameters as libpq defines them (PostgreSQL, 32.19 "SSL Support"), and notes
 * their faults: sentences that begin with the parameter. `allow` and `prefer` are refused, since
 * they promise nothing and `pg` cannot fall back; without `sslmode` there is no TLS. Where libpq
 * looks for root.crt in a home folder, `verify-full` trusts Node's own certificate authorities.
 */
export function parseTlsParameters(
  given: TlsParameters,
  note: (fault: string) => void,
): TlsOptions {
  const mode = modeOf(given, note)
  if (mode === 'disable') return { ssl: false, sslnegotiation: 'postgres' }
  const ca = given.sslrootcert === 'system' ? systemAuthorities() : loadNamed('sslrootcert')
  if (mode === 'verify-ca' && ca === undefined) {
    note('sslmode verify-ca requires sslrootcert, the certificate of the authority')
  }
  const checksAuthority = mode !== 'require' || ca !== undefined
  const checksName = mode === 'verify-full'
  const minVersion = versionOf('ssl_min_protocol_version')
  const maxVersion = versionOf('ssl_max_protocol_version')
  checkVersions({ minVersion, maxVersion }, note)
  const files = {
    ca,
    cert: loadNamed('sslcert'),
    key: loadNamed('sslkey'),
    crl: loadNamed('sslcrl'),
  }
  checkTlsFiles({ ...files, passphrase: given.sslpassword }, given, note)
  const options: Record<string, unknown> = {
    ...files,
    passphrase: given.sslpassword,
    minVersion,
    maxVersion,
    rejectUnauthorized: checksAuthority,
    ...(!checksName && { checkServerIdentity: () => undefined }),
  }
  const ssl = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ssl, sslnegotiation: given.sslnegotiation === 'direct' ? 'direct' : 'postgres' }

  function loadNamed(name: 'sslrootcert' | 'sslcert' | 'sslkey' | 'sslcrl'): string | undefined {
    const path = given[name]
    if (path === undefined) return undefined
    try {
      return readFileSync(path, 'utf8')
    } catch {
      note(`${name} names an unreadable file`)
      return undefined
    }
  }

  function versionOf(name: string): SecureVersion | undefined {
    const value = given[name]
    const version = versions.find((one) => one.toLowerCase() === value?.toLowerCase())
    if (value !== undefined && version === undefined) {
      note(`${name} must be one of ${versions.join(', ')}`)
    }
    return version
  }
}

interface Versions {
  readonly minVersion: SecureVersion | undefined
  readonly maxVersion: SecureVersion | undefined
}

/** Without a lowest version TLS 1.2 is the lowest, in libpq and here. */
function checkVersions(
  { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' }: Versions,
  note: (fault: string) => void,
): void {
  if (versions.indexOf(minVersion) <= versions.indexOf(maxVersion)) return
  note(
    `ssl_max_protocol_version ${maxVersion} is below ssl_min_protocol_version, ${minVersion} here`,
  )
}

function modeOf(given: TlsParameters, note: (fault: string) => void): (typeof modes)[number] {
  const { sslmode, sslrootcert, sslnegotiation } = given
  const mode = modes.find((one) => one === sslmode)
  if (sslmode !== undefined && mode === undefined) {
    note(`sslmode must be one of ${modes.join(', ')}; allow and prefer give no protection`)
  }
  if (sslnegotiation !== undefined && !['postgres', 'direct'].includes(sslnegotiation)) {
    note('sslnegotiation must be one of postgres, direct')
  }
  if (sslnegotiation === 'direct' && (mode === undefined || mode === 'disable')) {
    note('sslnegotiation direct needs sslmode require, verify-ca or verify-full')
  }
  if (sslrootcert === 'system' && mode !== undefined && mode !== 'verify-full') {
    note('sslrootcert system needs sslmode verify-full')
  }
  if (mode !== undefined) return mode
  if (sslrootcert === 'system') return 'verify-full'
  const secured = tlsParameterNames.filter((name) => name !== 'sslmode' && given[name])
  if (secured.length > 0 && sslmode === undefined) {
    note(`${secured.join(', ')} without sslmode protects nothing: say sslmode=verify-full`)
  }
  return 'disable'
}

/**
 * The certificate authorities of the operating system, as OpenSSL finds them; where there are none,
 * Node's.
 */
function systemAuthorities(): string {
  const system = getCACertificates('system')
  return (system.length > 0 ? system : getCACertificates('default')).join('\n')
}
