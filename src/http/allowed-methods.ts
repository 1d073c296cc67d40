import type { App } from './app-type.ts'

/** The routes of a path, which differ in their methods only. */
export interface RoutesOfPath {
  /** The path of the routes, with parameters as `:name`. */
  readonly pattern: string
  readonly methods: readonly string[]
}

/** The routes that a path (see `pathOf`) stands for; undefined if no route has the path. */
export type FindRoutes = (path: string) => RoutesOfPath | undefined

/**
 * Records the routes that are registered after it. The router finds a route only by path and
 * method. Where the patterns of several routes match a path, the path is that of the pattern with
 * the most literal segments: `/api-keys/revoke` is not the key `revoke`.
 */
export function recordRoutes(app: App): FindRoutes {
  const recorded = new Map<string, { readonly path: RegExp; readonly methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const routes = recorded.get(url) ?? { path: matcherOf(url), methods: new Set() }
    for (const name of [method].flat()) routes.methods.add(name)
    // Of a prefix with a slash at its end, such as `/docs/`, Fastify tells the HEAD only.
    if (method === 'HEAD') routes.methods.add('GET')
    recorded.set(url, routes)
  })
  return (path) => {
    const matching = [...recorded].filter(([, routes]) => routes.path.test(path))
    const [best] = matching.sort(([a], [b]) => byLiterals(a, b))
    if (best === undefined) return undefined
    const [pattern, { methods }] = best
    return { pattern, methods: [...methods].sort() }
  }
}

/**
 * In the pattern of a route, `:name` is one segment of the path, and `*` is the rest of the path.
 */
function matcherOf(url: string): RegExp {
  const pattern = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*')
  return new RegExp(`^${pattern}$`, 's')
}

/** Orders patterns that match one path as the router prefers them: the most literal one first. */
function byLiterals(a: string, b: string): number {
  const others = b.split('/')
  for (const [index, segment] of a.split('/').entries()) {
    const difference = rankOf(segment) - rankOf(others[index] ?? '*')
    if (difference !== 0) return difference
  }
  return 0
}

function rankOf(segment: string): number {
  if (segment.includes('*')) return 2
  return segment.startsWith(':') ? 1 : 0
}
