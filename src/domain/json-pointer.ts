/** The name of a member as a step of a JSON Pointer (RFC 6901, section 3), without its slash. */
export function pointerStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
