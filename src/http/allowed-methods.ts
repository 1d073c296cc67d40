import type { App } from './app-type.ts'

/** Tells which methods the routes of a path take; empty when no route has that path. */
export type AllowedMethods = (path: string) => readonly string[]

/** Notes the routes that are registered after it. The router itself tells of a path and a method only together. */
export function noteMethods(app: App): AllowedMethods {
  const methodsOfRoute = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const noted = methodsOfRoute.get(url) ?? { path: patternOf(url), methods: new Set() }
    for (const one of [method].flat()) noted.methods.add(one)
    methodsOfRoute.set(url, noted)
  })
  return (path) => {
    const matching = [...methodsOfRoute.values()].filter((noted) => noted.path.test(path))
    return [...new Set(matching.flatMap((noted) => [...noted.methods]))].sort()
  }
}

/** A route's pattern: `:name` is one segment of a path, `*` is the rest of it. */
function patternOf(url: string): RegExp {
  const pattern = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*')
  return new RegExp(`^${pattern}$`)
}
