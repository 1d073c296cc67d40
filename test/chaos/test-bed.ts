import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller, Response } from './caller.ts'
import type { ChaosInstance } from './instance.ts'

export const plainPermission = 'cluster:read'
/** The permission that the role of the test bed has and has not, in turns. */
export const changingPermission = 'cluster:create'
export const plainAddress = '203.0.113.7'
/** The address that the list of the test bed has and has not, in turns. */
export const changingAddress = '198.51.100.7'

/** An account with a role and a list that are edited all the time. */
export interface TestBed {
  readonly account: string
  readonly role: { readonly name: string; readonly id: string }
  readonly list: { readonly name: string; readonly id: string }
}

export interface SetUp {
  readonly caller: Caller
  /** An instance drawn by chance. */
  readonly anyInstance: () => ChaosInstance
  readonly newName: (what: string) => string
}

/** Creates a test bed, by as many calls as needed under faults. */
export async function makeTestBed(options: SetUp): Promise<TestBed> {
  const { caller, anyInstance, newName } = options
  const account = await untilDone(() =>
    caller.ask(anyInstance(), 'POST', '/v1/accounts', { name: newName('account') }),
  )
  const accountId = account.account.id
  const role = await makeRole(options, accountId)
  const list = await untilMade(
    (name) =>
      caller.call({
        via: anyInstance(),
        by: null,
        act: { kind: 'set_list', list: name, entries: [plainAddress, changingAddress] },
        method: 'POST',
        path: `/v1/accounts/${accountId}/allow-lists`,
        body: { name, entries: [plainAddress, changingAddress] },
      }),
    () => newName('list'),
  )
  return { account: accountId, role, list: { name: list.name, id: list.body.allow_list.id } }
}

export async function makeRole(
  { caller, anyInstance, newName }: SetUp,
  account: string,
  permissions: readonly string[] = [plainPermission, changingPermission],
): Promise<TestBed['role']> {
  const role = await untilMade(
    (name) =>
      caller.call({
        via: anyInstance(),
        by: null,
        act: { kind: 'set_role', role: name, permissions },
        method: 'POST',
        path: `/v1/accounts/${account}/roles`,
        body: { name, permissions },
      }),
    () => newName('role'),
  )
  return { name: role.name, id: role.body.role.id }
}

/** Repeats a call under a new name each time, since an unanswered call may have taken effect. */
async function untilMade(
  make: (name: string) => Promise<Response>,
  newName: () => string,
): Promise<{ readonly name: string; readonly body: Response['body'] }> {
  return untilDone(async () => {
    const name = newName()
    const { outcome, body } = await make(name)
    return outcome.kind === 'done' ? { name, body } : undefined
  })
}

async function untilDone<T>(act: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const made = await act()
    if (made !== undefined) return made
    await sleep(100)
  }
}
