import type { Author, Caller, Response } from './caller.ts'
import type { ChaosInstance } from './instance.ts'

/** A session that a browser has begun with the token of a key. */
export interface ClientSession {
  readonly name: string
  readonly id: string
  readonly token: string
  readonly key: Author
}

/** Signs in at an instance with the token of a key. Undefined: that was not acknowledged. */
export async function signIn(
  caller: Caller,
  via: ChaosInstance,
  key: Author,
  name: string,
): Promise<ClientSession | undefined> {
  const { outcome, body, session } = await caller.call({
    via,
    by: key,
    act: { kind: 'sign_in', session: name, key: key.name },
    method: 'POST',
    path: '/v1/session',
    body: { key: key.token },
    session: null,
  })
  if (outcome.kind !== 'done' || session === undefined) return undefined
  return { name, id: body.session.id, token: session, key }
}

/** Asks an instance who is signed in. */
export function useSession(
  caller: Caller,
  via: ChaosInstance,
  { name, token }: ClientSession,
): Promise<Response> {
  return caller.call({
    via,
    by: null,
    act: { kind: 'use_session', session: name },
    method: 'GET',
    path: '/v1/session',
    session: token,
  })
}

/** Ends a session by the token of its key. */
export function endSession(
  caller: Caller,
  via: ChaosInstance,
  { name, id, key }: ClientSession,
  waitMs: number,
): Promise<Response> {
  return caller.call({
    via,
    by: key,
    act: { kind: 'end_session', session: name },
    method: 'DELETE',
    path: `/v1/sessions/${id}?wait_ms=${waitMs}`,
  })
}
