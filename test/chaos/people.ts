import { type Caller, consoleHeaders, type Response } from './caller.ts'
import type { ChaosInstance } from './instance.ts'
import { codeOf, type PeopleProvider, providerName } from './people-provider.ts'
import type { Random } from './random.ts'
import { makeRole, type SetUp, type TestBed } from './test-bed.ts'

const signInWithinMs = 12_000

/** What takes something from a person, for good. */
export const personEnds = ['end session of person', 'lower person', 'remove person'] as const
export type PersonEnd = (typeof personEnds)[number]

/** What the life of a person needs of the clients. */
export interface PersonSetUp extends SetUp {
  readonly random: Random
  readonly provider: Pick<PeopleProvider, 'issuer'>
  /** Asks every instance now. */
  askAll(uses: readonly Use[]): Promise<void>
  /** Carries out what is permanent, while these uses go on, until its receipt is complete. */
  endWhileUsed(
    what: PersonEnd,
    attempt: () => Promise<Response>,
    uses: readonly Use[],
  ): Promise<void>
}

/** Uses a session at an instance. */
export type Use = (instance: ChaosInstance) => Promise<Response>

/** A user of an account, whose role allows what a developer may not: to see keys. */
interface Person {
  readonly subject: string
  /** The path of the user. */
  readonly path: string
  /** What the person reads. */
  readonly reads: string
}

interface PersonSession {
  readonly name: string
  readonly id: string
  readonly token: string
}

/**
 * A person is made a user and signs in twice; perhaps one session is ended by the other and the
 * role is lowered; at last the person is removed. All the while the sessions are used.
 */
export async function runPersonLife(setUp: PersonSetUp, testBed: TestBed): Promise<void> {
  const { caller, random, anyInstance, askAll, endWhileUsed } = setUp
  const person = await addPerson(setUp, testBed)
  if (person === undefined) return
  const begun = [await enter(setUp, person), await enter(setUp, person)]
  const sessions = begun.filter((session) => session !== undefined)
  const uses = sessions.map((session) => useOf(caller, person, session))
  await askAll(uses)
  const waitMs = () => random.pick([0, 500, 5_000])
  const [first, second] = sessions
  if (first !== undefined && second !== undefined && random.chance(0.7)) {
    const end = () =>
      caller.call({
        via: anyInstance(),
        by: null,
        act: { kind: 'end_session', session: first.name },
        method: 'DELETE',
        path: `/v1/sessions/${first.id}?wait_ms=${waitMs()}`,
        session: second.token,
      })
    await endWhileUsed('end session of person', end, uses)
  }
  if (random.chance(0.5)) {
    const lower = () =>
      caller.call({
        via: anyInstance(),
        by: null,
        act: { kind: 'lower_person', person: person.subject },
        method: 'PATCH',
        path: `${person.path}?wait_ms=${waitMs()}`,
        body: { role: 'developer' },
      })
    await endWhileUsed('lower person', lower, uses)
  }
  const remove = () =>
    caller.call({
      via: anyInstance(),
      by: null,
      act: { kind: 'remove_person', person: person.subject },
      method: 'POST',
      path: `${person.path}/remove?wait_ms=${waitMs()}`,
      body: { keys: 'keep' },
    })
  await endWhileUsed('remove person', remove, uses)
}

/** Undefined: that was not acknowledged. */
async function addPerson(setUp: PersonSetUp, { account }: TestBed): Promise<Person | undefined> {
  const { caller, provider, anyInstance, newName } = setUp
  const role = await makeRole(setUp, account, ['api_key:read'])
  const subject = newName('person')
  const users = `/v1/accounts/${account}/users`
  const body = { issuer: provider.issuer, subject, role: role.name }
  const added = await caller.ask(anyInstance(), 'POST', users, body)
  if (added === undefined) return undefined
  const reads = `/v1/accounts/${account}/api-keys?limit=1`
  return { subject, path: `${users}/${added.user.id}`, reads }
}

/** Signs in at an instance, and looks who is signed in. Undefined: that was not acknowledged. */
async function enter(
  { caller, anyInstance, newName }: PersonSetUp,
  { subject }: Person,
): Promise<PersonSession | undefined> {
  const via = anyInstance()
  // Also for an instance that cannot be reached: its sign-in has then failed.
  const token = await signIn(via.url, subject).catch(() => undefined)
  if (token === undefined) return undefined
  const name = newName('session')
  const { outcome, body } = await caller.call({
    via,
    by: null,
    act: { kind: 'enter', session: name, person: subject },
    method: 'GET',
    path: '/v1/session',
    session: token,
  })
  return outcome.kind === 'done' ? { name, id: body.session.id, token } : undefined
}

/** The way of a browser by the provider and back. Returns the session token. */
export async function signIn(
  url: string | undefined,
  subject: string,
): Promise<string | undefined> {
  if (url === undefined) return undefined
  const begun = await fetch(`${url}/v1/session/oidc`, {
    method: 'POST',
    headers: { ...consoleHeaders(url, null), 'content-type': 'application/json' },
    body: JSON.stringify({ provider: providerName }),
    signal: AbortSignal.timeout(signInWithinMs),
  })
  if (begun.status !== 200) return undefined
  const [cookie = ''] = (begun.headers.getSetCookie()[0] ?? '').split(';')
  const asked = new URL(JSON.parse(await begun.text()).url).searchParams
  const answer = new URLSearchParams({
    code: codeOf(subject, asked.get('nonce')),
    state: asked.get('state') ?? '',
  })
  const back = await fetch(`${url}/v1/session/callback/${providerName}?${answer}`, {
    redirect: 'manual',
    headers: { cookie },
    signal: AbortSignal.timeout(signInWithinMs),
  })
  await back.arrayBuffer()
  const tokens = back.headers.getSetCookie().map((line) => /^aeon_session_\d+=([^;]+);/.exec(line))
  return tokens.find((found) => found !== null)?.[1]
}

function useOf(caller: Caller, { reads }: Person, { name, token }: PersonSession): Use {
  return (via) =>
    caller.call({
      via,
      by: null,
      act: { kind: 'use_person', session: name },
      method: 'GET',
      path: reads,
      session: token,
    })
}
