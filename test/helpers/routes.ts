import type { App } from '../../src/http/app-type.ts'
import type { Api } from './api.ts'

type Method = Parameters<Api['call']>[0]

/** Every route of the app, as `METHOD path`, in order. */
export function routesOf(app: App): string[] {
  const tree = app.printRoutes({ commonPrefix: false })
  const parents: string[] = []
  const routes: string[] = []
  for (const line of tree.split('\n')) {
    const match = /^((?:[│ ] {3})*)[├└]── (\S+)(?: \((.+)\))?$/.exec(line)
    if (match === null) continue
    const [, indent = '', part = '', methods = ''] = match
    const depth = indent.length / 4
    const path = (parents[depth - 1] ?? '') + part
    parents[depth] = path
    routes.push(
      ...methods
        .split(', ')
        .filter(Boolean)
        .map((method) => `${method} ${path}`),
    )
  }
  return routes.sort()
}

/** The method and the path of a route. */
export function parseRoute(route: string): { method: Method; path: string } {
  const [method, path = ''] = route.split(' ')
  return { method: method as Method, path }
}
