import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app-type.ts'
import { lazy } from '../lazy.ts'
import { pathOf } from '../request-path.ts'
import { serveDocument } from '../serve-document.ts'
import { UnknownRoute } from '../unknown-route.ts'
import { assetsPath, type ConsoleFiles, readConsoleFiles } from './console-files.ts'

type Handler = ReturnType<typeof serveDocument>

/**
 * The pages of the console: one document for every view, and its modules under a path that changes
 * with them. They hold no data, need no authentication and never look at a cookie.
 */
export function consoleRoutes(app: App): void {
  const files = lazy(readConsoleFiles)
  const handlers = lazy(() => assetHandlers(files()))
  const index = lazy(() => serveDocument('text/html; charset=utf-8', () => files().index))
  const options = { schema: { hide: true }, config: { isFrequent: true } }
  const answerIndex = async (request: FastifyRequest, reply: FastifyReply) => {
    const answer = await index()(request, reply)
    // A page that was left must not come back from a memory of the browser after the sign-out.
    reply.headers({ ...pageHeaders, 'cache-control': 'no-store' })
    return answer
  }
  app.get('/console', options, answerIndex)
  app.get('/console/:view', options, answerIndex)
  // A browser adds the slash of a folder, or a person does.
  app.get('/console/', options, (_request, reply) => reply.redirect('/console', 308))
  app.get('/console/:view/', options, (request, reply) => {
    const path = pathOf(request.url)
    if (path.endsWith('//')) throw new UnknownRoute(path)
    return reply.redirect(path.slice(0, -1) + request.url.slice(path.length), 308)
  })
  const answerAsset = async (request: FastifyRequest, reply: FastifyReply) => {
    const path = pathOf(request.url)
    const handler = handlers().get(path)
    if (handler === undefined) throw new UnknownRoute(path)
    const answer = await handler(request, reply)
    reply.headers({ ...assetHeaders, 'cache-control': 'public, max-age=31536000, immutable' })
    return answer
  }
  app.get(`${assetsPath}/:version/:name`, options, answerAsset)
  app.get(`${assetsPath}/:version/:name/:file`, options, answerAsset)
}

function assetHandlers({ version, assets }: ConsoleFiles): ReadonlyMap<string, Handler> {
  return new Map(
    [...assets].map(([path, { type, text }]) => [
      `${assetsPath}/${version}/${path}`,
      serveDocument(type, () => text),
    ]),
  )
}

/**
 * Allows nothing but this service, no inline script or style, and no sink of markup but the one
 * policy of the library.
 */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ')

const assetHeaders = { 'cross-origin-resource-policy': 'same-origin' } as const

const pageHeaders = {
  ...assetHeaders,
  'content-security-policy': contentPolicy,
  'cross-origin-opener-policy': 'same-origin',
  // Without a referrer a browser sends `Origin: null` with changes, which the sessions refuse.
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const
