import type { App } from './app-type.ts'
import type { Exposure } from './operations/exposure.ts'

/** What the root says, and to whom. */
export interface RootSettings {
  readonly exposure: Exposure
  /** Whether the service serves the Aeon API. */
  readonly aeon: boolean
  readonly publicUrl: string | undefined
  /** Undefined: there is no console. */
  readonly console: object | undefined
}

/**
 * `GET /` says where to go: people who open the URL of the service get the console, or else the
 * documentation, and programs get links.
 */
export function rootPage(app: App, settings: RootSettings): void {
  const links = linksOf(settings)
  const page = links.console ?? links.docs
  app.get('/', { schema: { hide: true }, config: { isFrequent: true } }, (request, reply) => {
    reply.headers({ vary: 'accept', 'cache-control': 'no-cache' })
    if (page !== undefined && acceptsHtml(request.headers.accept)) return reply.redirect(page, 302)
    return reply.send({ service: 'aeon-keys', links })
  })
}

function linksOf({ aeon, exposure, publicUrl = '', console: hasConsole }: RootSettings) {
  return {
    ...(hasConsole !== undefined && { console: `${publicUrl}/console` }),
    ...(exposure.hasDocs && {
      docs: `${publicUrl}/docs`,
      openapi: `${publicUrl}/openapi.json`,
      ...(aeon && { openapi_aeon: `${publicUrl}/openapi/aeon.json` }),
    }),
  }
}

/** Browsers ask for HTML by name; other clients accept anything, or name JSON. */
function acceptsHtml(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return type === 'text/html' && !parameters.some((one) => /^q\s*=\s*0(?:\.0*)?$/.test(one))
  })
}
