import type { App } from '../app-type.ts'
import { type BodyTurns, parseInTurn } from '../body-turns.ts'
import { refuseContentCoding } from '../content-coding.ts'

/** The bodies of OAuth 2.0 (RFC 6749, appendix B). */
export const formType = 'application/x-www-form-urlencoded'

/** Lets the routes of a scope take forms, as texts, and no other body. */
export function acceptForms(app: App, turns: BodyTurns): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(formType, { parseAs: 'string' }, (request, body, done) => {
    const parse = () => done((body === '' ? undefined : refuseContentCoding(request)) ?? null, body)
    parseInTurn(turns, { request, bytes: body.length }, parse, done)
  })
}
