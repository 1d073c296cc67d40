import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Api } from '../helpers/api.ts'
import { type IssuedKey, newAccount, newKey } from '../helpers/fixtures.ts'
import { type Event, type Gap, gapOf, least } from './timeline.ts'

export interface LoadFigures {
  readonly hot: Gap
  readonly cold: Gap
  readonly revocations: Gap
  /** When a receipt was complete of a revocation that was sent after the last one that failed. */
  readonly completeReceiptAt: number | undefined
  readonly acknowledged: number
  /** Verdicts that accept a key after the complete receipt of its revocation. */
  readonly wrong: readonly string[]
}

interface Revocation extends Event {
  readonly key: IssuedKey
  completeAt?: number
}

const hotKeys = 10
const keysToRevoke = 160
/** Issued before the failure, so that each can be verified for the first time after it. */
const coldKeys = 300

/** What callers do to two instances while the database fails over. */
export class Load {
  readonly #apis: readonly Api[]
  readonly #account: string
  readonly #hot: readonly IssuedKey[]
  readonly #cold: IssuedKey[]
  readonly #spare: IssuedKey[]
  #hotEvents: Event[] = []
  #coldEvents: Event[] = []
  readonly #revocations: Revocation[] = []
  readonly #issued: string[] = []
  readonly #wrong = new Set<string>()
  readonly #running: Promise<void>[] = []
  #failedAt = 0
  #isOver = false

  private constructor(apis: readonly Api[], account: string, keys: readonly IssuedKey[]) {
    this.#apis = apis
    this.#account = account
    this.#hot = keys.slice(0, hotKeys)
    this.#spare = keys.slice(hotKeys, hotKeys + keysToRevoke)
    this.#cold = keys.slice(hotKeys + keysToRevoke)
  }

  /** Issues the keys, and verifies the hot ones at each instance. */
  static async prepare(apis: readonly Api[]): Promise<Load> {
    const [first] = apis
    if (first === undefined) throw new Error('There is no instance.')
    const account = await newAccount(first, randomUUID())
    const keys: IssuedKey[] = []
    while (keys.length < hotKeys + keysToRevoke + coldKeys) {
      const some = Array.from({ length: 10 }, () => newKey(first, account, { name: randomUUID() }))
      keys.push(...(await Promise.all(some)))
    }
    const load = new Load(apis, account, keys)
    for (const api of apis) for (const { token } of load.#hot) await api.verify(token)
    return load
  }

  start(): void {
    for (const [instance, api] of this.#apis.entries()) {
      this.#every(100, 0, (round) => this.#verify(api, this.#hot[round % hotKeys]))
      this.#every(800, 400 * instance, () => this.#verify(api, this.#cold.pop()))
      this.#every(1_400, 700 * instance, () => this.#revoke(api))
      this.#every(1_400, 700 * instance + 350, () => this.#issue(api))
      this.#every(150, 0, (round) => this.#present(api, round))
    }
  }

  /** The order to fail: times count from here. */
  mark(): void {
    this.#failedAt = performance.now()
    this.#hotEvents = []
    this.#coldEvents = []
  }

  /** `acceptedAt`: from when a server accepts writes again, since the order to fail. */
  figures(acceptedAt: number): LoadFigures {
    const since = (at: number) => at - this.#failedAt
    const shift = ({ sentAt, doneAt, isGood }: Event): Event => ({
      sentAt: since(sentAt),
      doneAt: since(doneAt),
      isGood,
    })
    const later = this.#revocations.filter(({ sentAt }) => sentAt >= this.#failedAt)
    const revocations = gapOf(later.map(shift), acceptedAt)
    const overAt = Math.max(acceptedAt, revocations.lastFailureAt ?? 0)
    const completed = later.flatMap(({ sentAt, completeAt }) =>
      completeAt !== undefined && since(sentAt) > overAt ? [since(completeAt)] : [],
    )
    return {
      hot: gapOf(this.#hotEvents.map(shift), acceptedAt),
      cold: gapOf(this.#coldEvents.map(shift), acceptedAt),
      revocations,
      completeReceiptAt: least(completed),
      acknowledged: this.#issued.length + this.#revocations.filter(({ isGood }) => isGood).length,
      wrong: [...this.#wrong],
    }
  }

  /** Ends, and returns the acknowledged acts that the database does not have. */
  async end(): Promise<readonly string[]> {
    this.#isOver = true
    await Promise.all(this.#running)
    const lost: string[] = []
    for (const { key, isGood } of this.#revocations) {
      if (!isGood) continue
      const { body } = await this.#get(`/v1/accounts/${this.#account}/api-keys/${key.id}`)
      if ((body.api_key ?? body).revoked_at === null) lost.push(`the revocation of ${key.id}`)
    }
    for (const id of this.#issued) {
      const { status } = await this.#get(`/v1/accounts/${this.#account}/api-keys/${id}`)
      if (status === 404) lost.push(`the issue of ${id}`)
    }
    return lost
  }

  async #get(path: string): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const [api] = this.#apis
      const answer = await api?.get(path).catch(() => undefined)
      if (answer !== undefined && answer.status < 500) return answer
      if (attempt === 100) throw new Error(`${path} is not answered.`)
      await sleep(200)
    }
  }

  /** Begins one every so many milliseconds, however long they take. */
  #every(ms: number, firstMs: number, act: (round: number) => Promise<void>): void {
    const loop = async () => {
      await sleep(firstMs)
      const acts = new Set<Promise<void>>()
      for (let round = 0; !this.#isOver; round += 1) {
        const one = act(round).finally(() => acts.delete(one))
        acts.add(one)
        await sleep(ms)
      }
      await Promise.all(acts)
    }
    this.#running.push(loop())
  }

  async #verify(api: Api, key: IssuedKey | undefined): Promise<void> {
    if (key === undefined) return
    const sentAt = performance.now()
    const answer = await api.post('/v1/verify', { token: key.token }).catch(() => undefined)
    const isGood = answer?.status === 200 && answer.body.valid === true
    if (answer?.status === 200 && !isGood) this.#wrong.add(`a good key was denied: ${answer.text}`)
    if (sentAt < this.#failedAt) return
    const event = { sentAt, doneAt: performance.now(), isGood }
    if (this.#hot.includes(key)) this.#hotEvents.push(event)
    else this.#coldEvents.push(event)
  }

  async #revoke(api: Api): Promise<void> {
    const key = this.#spare.pop()
    if (key === undefined) return
    const sentAt = performance.now()
    const path = `/v1/accounts/${this.#account}/api-keys/${key.id}/revoke`
    const answer = await api.post(path, { wait_ms: 3_000 }).catch(() => undefined)
    const isGood = answer?.status === 200
    const revocation: Revocation = { key, sentAt, doneAt: performance.now(), isGood }
    this.#revocations.push(revocation)
    if (isGood) await this.#complete(api, revocation, answer.body.receipt)
  }

  async #complete(api: Api, revocation: Revocation, first: Answer['body']): Promise<void> {
    const { revision, id } = first
    for (let state = first.state; !this.#isOver; ) {
      if (state === 'complete') {
        revocation.completeAt = performance.now()
        return
      }
      const path = `/v1/revisions/${revision}?id=${id}&wait_ms=1000`
      const answer = await api.get(path).catch(() => undefined)
      state = answer?.body?.receipt?.state
      if (answer?.status !== 200) await sleep(200)
    }
  }

  async #issue(api: Api): Promise<void> {
    const answer = await api
      .post(`/v1/accounts/${this.#account}/api-keys`, {
        name: randomUUID(),
        role: 'viewer',
        expires_at: null,
      })
      .catch(() => undefined)
    if (answer?.status === 201) this.#issued.push(answer.body.api_key.id)
  }

  /** Presents keys whose receipt is complete: the latest often, all others now and then. */
  async #present(api: Api, round: number): Promise<void> {
    const complete = this.#revocations.filter(({ completeAt }) => completeAt !== undefined)
    const latest = complete.at(-1 - (round % 5))
    const any = complete[round % Math.max(1, complete.length)]
    for (const one of new Set([latest, any])) {
      if (one === undefined) continue
      const answer = await api.post('/v1/verify', { token: one.key.token }).catch(() => undefined)
      if (answer?.status !== 200 || answer.body.valid !== true) continue
      this.#wrong.add(`${one.key.id} was accepted after its complete receipt`)
    }
  }
}
