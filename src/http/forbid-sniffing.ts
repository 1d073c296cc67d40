import type { App } from './app-type.ts'

/** A browser must not take an answer for another type than it says, such as a script. */
export const noSniffing = { 'x-content-type-options': 'nosniff' } as const

/** Sets `X-Content-Type-Options` in every answer, errors and unknown paths included. */
export function forbidSniffing(app: App): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(noSniffing)
    done()
  })
}
