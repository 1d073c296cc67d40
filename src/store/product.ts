/** The database product that a server is. */
export interface Product {
  readonly name: 'PostgreSQL' | 'YugabyteDB'
  readonly version: string
}

/** The product that the result of `version()` names. */
export function productOf(versionText: string): Product {
  const [, yugabyte] = /-YB-(\d+(?:\.\d+)*)/.exec(versionText) ?? []
  if (yugabyte !== undefined) return { name: 'YugabyteDB', version: yugabyte }
  const [, postgresql = 'of an unknown version'] = /^PostgreSQL (\S+)/.exec(versionText) ?? []
  return { name: 'PostgreSQL', version: postgresql }
}

/**
 * Whether a version of YugabyteDB is at least the one whose documentation this service was written
 * by: 2025.2, or a preview version from 2.29, which was branched later. Preview versions have
 * another first number.
 */
export function isSupportedYugabyte(version: string): boolean {
  const [first = 0, second = 0] = version.split('.').map(Number)
  return first < 2000 ? first > 2 || (first === 2 && second >= 29) : isAtLeast2025_2(first, second)
}

function isAtLeast2025_2(year: number, half: number): boolean {
  return year > 2025 || (year === 2025 && half >= 2)
}
