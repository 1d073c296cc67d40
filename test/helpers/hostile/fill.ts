/** Comma-separated texts of `make`, of at most `maxBytes` and `maxCount`. */
export function fill(
  maxBytes: number,
  make: (n: number) => string,
  maxCount = 1e6,
  by = ',',
): string {
  const parts: string[] = []
  for (let bytes = 0; parts.length < maxCount; ) {
    const part = make(parts.length)
    bytes += part.length + by.length
    if (bytes > maxBytes) break
    parts.push(part)
  }
  return parts.join(by)
}
