/** Makes a thing when it is first asked for, and once. */
export function whenFirstAsked<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined
  return () => {
    made ??= { it: make() }
    return made.it
  }
}
