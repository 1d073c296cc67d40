export type ContentCoding = 'br' | 'gzip' | 'identity'

/**
 * The best coding that an Accept-Encoding header allows (RFC 9110, section 12.5.3), regardless of
 * the client's order: brotli, gzip, else none.
 */
export function chooseCoding(header: string | undefined): ContentCoding {
  const accepted = new Map<string, boolean>()
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [name = '', weight = ''] = part.split(';', 2)
    accepted.set(name.trim(), !/^\s*q\s*=\s*0(?:\.0*)?\s*$/.test(weight))
  }
  if (accepted.get('br') === true) return 'br'
  return (accepted.get('gzip') ?? accepted.get('*')) === true ? 'gzip' : 'identity'
}

/**
 * Whether an If-None-Match header names an entity tag (RFC 9110, section 13.1.2), by the weak
 * comparison. `tag` contains no comma.
 */
export function hasEntityTag(header: string | string[] | undefined, tag: string): boolean {
  if (header === undefined) return false
  const tags = [header].flat().join(',').split(',')
  return tags.some((given) => ['*', tag].includes(given.trim().replace(/^W\//, '')))
}

/**
 * Whether an If-Match header names an entity tag (RFC 9110, section 13.1.1), by the strong
 * comparison: a weak tag matches nothing. `tag` contains no comma.
 */
export function hasStrongTag(header: string, tag: string): boolean {
  return header.split(',').some((given) => ['*', tag].includes(given.trim()))
}
