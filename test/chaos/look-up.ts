import type { Json } from '../helpers/api.ts'
import type { Caller } from './caller.ts'
import type { Clients } from './clients.ts'
import type { Seen } from './history.ts'
import type { ChaosInstance } from './instance.ts'

/**
 * Reads everything that the clients ever created, and verifies every key once more at every
 * instance.
 */
export async function lookUpAll(
  caller: Caller,
  clients: Clients,
  instance: ChaosInstance,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { account, list } of clients.sites) {
    const start = performance.now()
    const found = await keysOf(caller, instance, account)
    for (const key of clients.keys.filter((one) => one.testBed.account === account)) {
      const status = found?.get(key.id)
      const seen: Seen = status === undefined ? { kind: 'nothing' } : { kind: 'key', status }
      caller.recordRead(instance, start, { kind: 'see_key', key: key.name }, seen)
    }
    if (found === undefined) problems.push(`The keys of ${account} cannot be listed.`)

    const from = performance.now()
    const entries = await caller.ask(
      instance,
      'GET',
      `/v1/accounts/${account}/allow-lists/${list.id}`,
    )
    caller.recordRead(
      instance,
      from,
      { kind: 'see_list', list: list.name },
      {
        kind: 'list',
        entries: entries?.allow_list.entries ?? [],
      },
    )
  }
  for (const { account, name, id } of clients.roles) {
    const start = performance.now()
    const body = await caller.ask(instance, 'GET', `/v1/accounts/${account}/roles/${id}`)
    caller.recordRead(
      instance,
      start,
      { kind: 'see_role', role: name },
      {
        kind: 'role',
        permissions: body?.role.permissions ?? [],
      },
    )
  }
  await clients.verifyAll()
  return problems
}

/** The status of every key of an account, by id. */
async function keysOf(
  caller: Caller,
  instance: ChaosInstance,
  account: string,
): Promise<Map<string, string> | undefined> {
  const found = new Map<string, string>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = `/v1/accounts/${account}/api-keys?limit=200${cursor && `&cursor=${cursor}`}`
    const page: Json = await caller.ask(instance, 'GET', path)
    if (page === undefined) return undefined
    for (const { id, status } of page.api_keys) found.set(id, status)
    cursor = page.next_cursor
  }
  return found
}
