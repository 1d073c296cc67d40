import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** What the files that the parameters name contain. */
export interface TlsFiles {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly crl: string | undefined
  readonly passphrase: string | undefined
}

/**
 * Notes the faults of the files, each by the parameter that names it: OpenSSL finds them when a
 * connection is made, and then names none.
 */
export function checkTlsFiles(
  { ca, cert, key, crl, passphrase }: TlsFiles,
  named: Readonly<Record<string, string | undefined>>,
  note: (fault: string) => void,
): void {
  // OpenSSL skips whatever is no certificate.
  if (
    ca !== undefined &&
    !(/^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/m.test(ca) && isUsable({ ca }))
  ) {
    note('sslrootcert names a file without a certificate')
  }
  if (crl !== undefined && !isUsable({ crl })) {
    note('sslcrl names a file without a revocation list')
  }
  if (named.sslcert !== undefined && named.sslkey === undefined) note('sslcert needs sslkey')
  if (named.sslkey !== undefined && named.sslcert === undefined) note('sslkey needs sslcert')
  const isCertUsable = cert === undefined || isUsable({ cert })
  if (!isCertUsable) note('sslcert names a file without a certificate')
  const opened = passphrase === undefined ? {} : { passphrase }
  const isKeyUsable = key === undefined || isUsable({ key, ...opened })
  if (!isKeyUsable) {
    note('sslkey names a file without a private key, or with one that sslpassword does not open')
  }
  if (cert === undefined || key === undefined || !isCertUsable || !isKeyUsable) return
  if (!isUsable({ cert, key, ...opened })) note('sslkey is not the private key of sslcert')
}

function isUsable(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options)
    return true
  } catch {
    return false
  }
}
