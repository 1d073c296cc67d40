import { setTimeout as sleep } from 'node:timers/promises'
import {
  maxAllowListsPerKey,
  maxEntriesPerAllowList,
  maxEntriesPerKey,
} from '../../../src/domain/limits.ts'
import { concurrently } from '../../concurrently.ts'
import type { Ask, Noise } from './noises.ts'

interface Tenant {
  /** The path of the account. */
  readonly base: string
  readonly rootToken: string
  /** A key that may edit lists. */
  readonly token: string
  readonly issue: (name: string, more: object) => Promise<{ readonly token: string }>
  readonly ask: Ask
}

const keys = 60
const atOnce = 4
const betweenMs = 1_000
const lists = Math.min(maxAllowListsPerKey, maxEntriesPerKey / maxEntriesPerAllowList)

/** Keys with the longest legal lists, one of which is edited each second. */
export async function longLists(origin: string, tenant: Tenant): Promise<Noise> {
  const { base, rootToken, token, issue, ask } = tenant
  const ids: string[] = []
  for (let list = 0; list < lists; list += 1) {
    const body = { name: `list ${list}`, entries: entriesOf(list, 0) }
    ids.push(idOf(await ask(origin, 'POST', `${base}/allow-lists`, token, body)))
  }
  const tokens: string[] = []
  for (let key = 0; key < keys; key += 1) {
    tokens.push((await issue(`long ${key}`, { allow_list_ids: ids })).token)
  }
  let edits = 0
  const edit = async () => {
    edits += 1
    const list = edits % lists
    const entries = entriesOf(list, edits)
    await ask(origin, 'PATCH', `${base}/allow-lists/${ids[list]}`, token, { entries })
  }
  return {
    told: `beside ${keys} keys of ${lists * maxEntriesPerAllowList} entries, edited each second`,
    async run(until) {
      while (!until.aborted) {
        const again = sleep(betweenMs)
        await edit()
        await concurrently(tokens, atOnce, async (presented) => {
          if (until.aborted) return
          const body = { token: presented, client_ip: '2001:db8::1' }
          await ask(origin, 'POST', '/v1/verify', rootToken, body)
        })
        await again
      }
    },
  }
}

function entriesOf(list: number, edit: number): string[] {
  return Array.from(
    { length: maxEntriesPerAllowList },
    (_, index) => `2001:db8:${list.toString(16)}:${edit.toString(16)}::${(2 * index).toString(16)}`,
  )
}

function idOf(answer: unknown): string {
  const { allow_list: list } = answer as { readonly allow_list: { readonly id: string } }
  return list.id
}
