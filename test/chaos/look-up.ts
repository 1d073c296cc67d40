import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../helpers/api.ts'
import type { Caller } from './caller.ts'
import type { Seen } from './history.ts'
import type { ChaosInstance } from './instance.ts'
import type { TestBed } from './test-bed.ts'

/** A server that fails one statement in a hundred answers long before. */
const attempts = 20

type Read = (path: string) => Promise<Json>
type Instance = Pick<ChaosInstance, 'name' | 'url'>

/** What the clients of a run created. */
interface Created {
  readonly sites: readonly Pick<TestBed, 'account' | 'list'>[]
  readonly roles: readonly {
    readonly account: string
    readonly name: string
    readonly id: string
  }[]
  readonly keys: readonly {
    readonly id: string
    readonly name: string
    readonly testBed: Pick<TestBed, 'account'>
  }[]
  /** Verifies every key at every instance. */
  verifyAll(): Promise<void>
}

/**
 * Reads everything that the clients ever created, and verifies every key once more at every
 * instance. A read that is refused is repeated: it has seen nothing, and is no part of the
 * history. Returns what could not be read.
 */
export async function lookUpAll(
  caller: Caller,
  clients: Created,
  instance: Instance,
  betweenMs = 100,
): Promise<readonly string[]> {
  const read = reader(caller, instance, betweenMs)
  const problems: string[] = []
  for (const { account, list } of clients.sites) {
    const start = performance.now()
    const found = await keysOf(read, account)
    if (found === undefined) problems.push(`The keys of ${account} cannot be listed.`)
    for (const key of clients.keys.filter((one) => one.testBed.account === account)) {
      if (found === undefined) break
      const status = found.get(key.id)
      const seen: Seen = status === undefined ? { kind: 'nothing' } : { kind: 'key', status }
      caller.recordRead(instance, start, { kind: 'see_key', key: key.name }, seen)
    }

    const from = performance.now()
    const body = await read(`/v1/accounts/${account}/allow-lists/${list.id}`)
    if (body === undefined) {
      problems.push(`The list ${list.name} cannot be read.`)
      continue
    }
    const seen: Seen = { kind: 'list', entries: body.allow_list.entries }
    caller.recordRead(instance, from, { kind: 'see_list', list: list.name }, seen)
  }
  for (const { account, name, id } of clients.roles) {
    const start = performance.now()
    const body = await read(`/v1/accounts/${account}/roles/${id}`)
    if (body === undefined) {
      problems.push(`The role ${name} cannot be read.`)
      continue
    }
    const seen: Seen = { kind: 'role', permissions: body.role.permissions }
    caller.recordRead(instance, start, { kind: 'see_role', role: name }, seen)
  }
  await clients.verifyAll()
  return problems
}

/** The status of every key of an account, by id. */
async function keysOf(read: Read, account: string): Promise<Map<string, string> | undefined> {
  const found = new Map<string, string>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = `/v1/accounts/${account}/api-keys?limit=200${cursor && `&cursor=${cursor}`}`
    const page: Json = await read(path)
    if (page === undefined) return undefined
    for (const { id, status } of page.api_keys) found.set(id, status)
    cursor = page.next_cursor
  }
  return found
}

/** A GET that gives the body of the first successful answer, within bounds. */
function reader(caller: Caller, instance: Instance, betweenMs: number): Read {
  return async (path) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const body = await caller.ask(instance, 'GET', path)
      if (body !== undefined) return body
      await sleep(betweenMs)
    }
    return undefined
  }
}
