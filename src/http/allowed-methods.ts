import type { App } from './app-type.ts'

/** The methods that the routes of a path accept; empty if no route has the path. */
export type AllowedMethods = (path: string) => readonly string[]

/**
 * Records the routes that are registered after it. The router finds a route only by path and
 * method.
 */
export function recordMethods(app: App): AllowedMethods {
  const methodsOfRoute = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const recorded = methodsOfRoute.get(url) ?? { path: patternOf(url), methods: new Set() }
    for (const name of [method].flat()) recorded.methods.add(name)
    methodsOfRoute.set(url, recorded)
  })
  return (path) => {
    const matching = [...methodsOfRoute.values()].filter((recorded) => recorded.path.test(path))
    return [...new Set(matching.flatMap((recorded) => [...recorded.methods]))].sort()
  }
}

/**
 * In the pattern of a route, `:name` is one segment of the path, and `*` is the rest of the path.
 */
function patternOf(url: string): RegExp {
  const pattern = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*')
  return new RegExp(`^${pattern}$`)
}
