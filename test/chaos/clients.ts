import { setTimeout as sleep } from 'node:timers/promises'
import type { Author, Caller, FullReceipt, Response } from './caller.ts'
import type { Acceptor } from './chaos-process.ts'
import type { ChaosInstance } from './instance.ts'
import { type PersonEnd, type PersonSetUp, runPersonLife, type Use } from './people.ts'
import type { PeopleProvider } from './people-provider.ts'
import type { Random } from './random.ts'
import { type ClientSession, endSession, signIn, useSession } from './sessions.ts'
import {
  changingAddress,
  changingPermission,
  makeRole,
  makeTestBed,
  plainAddress,
  plainPermission,
  type TestBed,
} from './test-bed.ts'

export interface ClientsOptions {
  readonly caller: Caller
  readonly random: Random
  readonly instances: readonly [ChaosInstance, ...ChaosInstance[]]
  /** They verify tokens, and do nothing else. */
  readonly edges: readonly Acceptor[]
  /** Where persons sign in. */
  readonly provider: Pick<PeopleProvider, 'issuer'>
  /** How many revocations are wanted. */
  readonly revocations: number
  /**
   * How stale an answer may be: verification goes on for longer than that after an acknowledgement.
   */
  readonly maxStalenessMs: number
}

export interface ClientKey extends Author {
  readonly id: string
  readonly testBed: TestBed
  readonly hasList: boolean
  /** The generation of its token. */
  readonly generation: number
}

/** How a receipt became complete. */
export interface Completion {
  readonly what:
    | 'revoke'
    | 'revoke all'
    | 'disable'
    | 'enable'
    | 'rotate'
    | 'edit'
    | 'end session'
    | PersonEnd
  readonly ms: number
  /** Every instance had acknowledged; otherwise only time had passed. */
  readonly byAll: boolean
  readonly wasPending: boolean
}

const workers = 7
const editedTestBeds = 2
const probersOfAcceptor = 2
/** The newest keys are verified all the time. */
const keysInUse = 60
const receiptPatienceMs = 60_000
/** In seconds: far beyond any shift of the clocks. */
const longestOverlap = 30 * 24 * 60 * 60

/**
 * The clients of the service: they issue, verify, edit, disable and revoke, and record the answers.
 */
export class Clients {
  readonly completions: Completion[] = []
  /** Receipts that stayed pending for a long time. */
  readonly stuck: string[] = []
  readonly keys: ClientKey[] = []
  readonly sites: TestBed[] = []
  readonly roles: { readonly account: string; readonly name: string; readonly id: string }[] = []
  revocationsBegun = 0
  revocationsComplete = 0
  revocationsAcknowledged = 0
  readonly #options: ClientsOptions
  readonly #current: TestBed[] = []
  readonly #aside = new Set<Promise<unknown>>()
  readonly #ending = new AbortController()
  #names = 0
  #running: Promise<unknown> = Promise.resolve()

  constructor(options: ClientsOptions) {
    this.#options = options
  }

  /** Resolves when the first test beds exist and all clients work. */
  async start(): Promise<void> {
    for (let place = 0; place < editedTestBeds; place += 1) await this.#newTestBed(place)
    this.#running = Promise.all([
      ...Array.from({ length: workers }, () => this.#work()),
      ...Array.from({ length: editedTestBeds }, (_, place) => this.#edit(place)),
      ...this.#acceptors.flatMap((acceptor) =>
        Array.from({ length: probersOfAcceptor }, () => this.#probe(acceptor)),
      ),
    ])
  }

  /** Resolves when all clients have finished what they were doing. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#running
    await Promise.all(this.#aside)
  }

  /** Rejects when a client met an answer that it cannot interpret. */
  get failed(): Promise<unknown> {
    return this.#running
  }

  get #setUp() {
    return {
      caller: this.#options.caller,
      anyInstance: () => this.anyInstance(),
      newName: (what: string) => this.#newName(what),
    }
  }

  get #ofPersons(): PersonSetUp {
    const { random, provider } = this.#options
    return {
      ...this.#setUp,
      random,
      provider,
      askAll: (uses) => this.#askAll(uses),
      endWhileUsed: (what, attempt, uses) => this.#endWhileUsed(what, attempt, uses),
    }
  }

  get #acceptors(): readonly Acceptor[] {
    return [...this.#options.instances, ...this.#options.edges]
  }

  anyInstance(): ChaosInstance {
    return this.#options.random.pick(this.#options.instances)
  }

  #newName(what: string): string {
    this.#names += 1
    return `${what} ${this.#names}`
  }

  async #newTestBed(place: number): Promise<TestBed> {
    const testBed = await makeTestBed(this.#setUp)
    this.sites.push(testBed)
    this.roles.push({ account: testBed.account, ...testBed.role })
    this.#current[place] = testBed
    return testBed
  }

  async #work(): Promise<void> {
    const { random, revocations } = this.#options
    while (!this.#ending.signal.aborted) {
      const [testBed] = random.shuffled(this.#current)
      // Requests under way may still fail to be acknowledged.
      if (testBed === undefined || this.revocationsBegun >= revocations + workers) {
        await this.#pause(100)
        continue
      }
      if (random.chance(0.1)) await this.#runBulkLife(testBed)
      else if (random.chance(0.2)) await this.#runAuthorLife(testBed)
      else if (random.chance(0.25)) await this.#runSessionLife(testBed)
      else if (random.chance(0.3)) await runPersonLife(this.#ofPersons, testBed)
      else await this.#runKeyLife(testBed)
      await this.#pause(random.between(0, 4_000))
    }
  }

  /** The life of a key: issued, used, perhaps disabled for a while, and revoked. */
  async #runKeyLife(testBed: TestBed): Promise<void> {
    const { random } = this.#options
    const key = await this.#issue(testBed, null, testBed.role.name, random.chance(0.3))
    if (key === undefined) return
    // Some keys are first verified while they are revoked.
    if (random.chance(0.7)) {
      await this.#verifyEverywhere(key)
      if (random.chance(0.5)) await this.#suspend(key)
      if (random.chance(0.5)) await this.#rotateTwice(key)
      await this.#pause(random.between(0, 500))
    }
    this.#keepAside(this.#verifyEverywhere(key))
    await this.revoke(key)
  }

  /**
   * Rotates a key: the old token ends at once or stays; then perhaps again, which ends all older
   * tokens.
   */
  async #rotateTwice(first: ClientKey): Promise<void> {
    const { random } = this.#options
    const staysForLong = random.chance(0.5)
    const second = await this.#rotate(first, staysForLong ? [] : [1], {
      overlap_seconds: staysForLong ? longestOverlap : 0,
    })
    if (second === undefined) return
    await Promise.all([this.#verifyEverywhere(first), this.#verifyEverywhere(second)])
    if (random.chance(0.5)) return
    const third = await this.#rotate(second, [1, 2], { overlap_seconds: 0, end_overlap: true })
    if (third === undefined) return
    await Promise.all([first, second, third].map((key) => this.#verifyEverywhere(key)))
  }

  /** Undefined: the rotation failed, or its outcome is unknown; the key is not rotated again. */
  async #rotate(
    key: ClientKey,
    ends: readonly number[],
    body: object,
  ): Promise<ClientKey | undefined> {
    const begunAt = performance.now()
    const answer = await this.#options.caller.call({
      via: this.anyInstance(),
      by: null,
      act: { kind: 'rotate', key: key.name, ends },
      method: 'POST',
      path: `/v1/accounts/${key.testBed.account}/api-keys/${key.id}/rotate`,
      body,
    })
    if (answer.receipt === undefined) return undefined
    const { token, generation } = answer.body
    const next = { ...key, token, generation }
    this.keys.push(next)
    this.#verifyAside(key)
    await this.#completed('rotate', answer.receipt, begunAt)
    return next
  }

  /** Two sessions of a key: the one is ended while both are used, the other ends with its key. */
  async #runSessionLife(testBed: TestBed): Promise<void> {
    const { caller, random } = this.#options
    const key = await this.#issue(testBed, null, 'viewer', false)
    if (key === undefined) return
    const enter = () => signIn(caller, this.anyInstance(), key, this.#newName('session'))
    const begun = await Promise.all([enter(), enter()])
    const sessions = begun.filter((session) => session !== undefined)
    await Promise.all(sessions.map((session) => this.#useEverywhere(session)))
    const [first] = sessions
    if (first !== undefined && random.chance(0.7)) await this.#endSession(first)
    if (random.chance(0.3)) await this.#suspend(key)
    for (const session of sessions) this.#useAside(session)
    await this.revoke(key)
    await Promise.all(sessions.map((session) => this.#useEverywhere(session)))
  }

  #endSession(session: ClientSession): Promise<void> {
    const { caller, random } = this.#options
    const end = () => endSession(caller, this.anyInstance(), session, random.pick([0, 500, 5_000]))
    const use = (via: ChaosInstance) => useSession(caller, via, session)
    return this.#endWhileUsed('end session', end, [use])
  }

  /** By as many calls as needed until one is acknowledged; repeating it changes nothing. */
  async #endWhileUsed(
    what: Completion['what'],
    attempt: () => Promise<Response>,
    uses: readonly Use[],
  ): Promise<void> {
    const begunAt = performance.now()
    this.#keepAside(this.#askAll(uses))
    for (;;) {
      const { receipt } = await attempt()
      if (receipt === undefined) {
        await sleep(50)
        continue
      }
      for (const use of uses) this.#watchAside(this.#options.instances, use)
      await this.#completed(what, receipt, begunAt)
      await this.#askAll(uses)
      return
    }
  }

  /** Several keys are issued and used, and revoked in bulk. */
  async #runBulkLife(testBed: TestBed): Promise<void> {
    const { random } = this.#options
    const prefix = `${this.#newName('team')} `
    const issued = await Promise.all(
      Array.from({ length: random.between(2, 5) }, () =>
        this.#issue(
          testBed,
          null,
          testBed.role.name,
          random.chance(0.3),
          this.anyInstance(),
          prefix,
        ),
      ),
    )
    const keys = issued.filter((key) => key !== undefined)
    if (keys.length === 0) return
    if (random.chance(0.7)) await Promise.all(keys.map((key) => this.#verifyEverywhere(key)))
    for (const key of keys) this.#keepAside(this.#verifyEverywhere(key))
    const begunAt = performance.now()
    for (let isFirst = true; ; ) {
      const { outcome, receipt } = await this.#revokeAll(testBed, prefix, keys, isFirst)
      if (receipt !== undefined) {
        for (const key of keys) this.#verifyAside(key)
        await this.#completed('revoke all', receipt, begunAt)
        break
      }
      if (outcome.kind === 'unknown') isFirst = false
      await sleep(50)
    }
    await Promise.all(keys.map((key) => this.#verifyEverywhere(key)))
  }

  #revokeAll(
    testBed: TestBed,
    prefix: string,
    keys: readonly ClientKey[],
    isFirst: boolean,
  ): Promise<Response> {
    const { caller, random } = this.#options
    return caller.call({
      via: this.anyInstance(),
      by: null,
      act: { kind: 'revoke_all', keys: keys.map(({ name }) => name), isFirst },
      method: 'POST',
      path: `/v1/accounts/${testBed.account}/api-keys/revoke`,
      body: { filter: { name_prefix: prefix }, wait_ms: random.pick([0, 500, 5_000]) },
    })
  }

  async #suspend(key: ClientKey): Promise<void> {
    const { random } = this.#options
    for (const what of ['disable', 'enable'] as const) {
      const begunAt = performance.now()
      const { outcome, receipt } = await this.#change(what, key)
      if (outcome.kind === 'refused' || outcome.kind === 'unreached') return
      // Without an answer the change may take effect at any time: the key is not disabled again.
      if (receipt === undefined) return
      this.#verifyAside(key)
      await this.#completed(what, receipt, begunAt)
      await this.#verifyEverywhere(key)
      await this.#pause(random.between(0, 300))
    }
  }

  /**
   * Revokes a key, by as many calls as needed until one is acknowledged, and follows the receipt.
   */
  async revoke(key: ClientKey): Promise<void> {
    const { random } = this.#options
    this.revocationsBegun += 1
    const begunAt = performance.now()
    for (;;) {
      const attempts = [this.#change('revoke', key)]
      if (random.chance(0.15)) attempts.push(this.#change('revoke', key))
      const answers = await Promise.all(attempts)
      const receipts = answers.flatMap(({ receipt }) => receipt ?? [])
      const [receipt] = receipts
      if (receipt === undefined) {
        await sleep(50)
        continue
      }
      this.revocationsAcknowledged += 1
      this.#verifyAside(key)
      const complete = receipts.find((one) => one.state === 'complete') ?? receipt
      await this.#completed('revoke', complete, begunAt)
      await this.#verifyEverywhere(key)
      return
    }
  }

  /** Issues a key and revokes it at one instance. Undefined: that failed. */
  async tryRevocation(
    testBed: TestBed,
    via: ChaosInstance,
  ): Promise<{ readonly ms: number; readonly byAll: boolean } | undefined> {
    const key = await this.#issue(testBed, null, 'viewer', false, via)
    if (key === undefined) return undefined
    const begunAt = performance.now()
    const { receipt } = await this.#change('revoke', key, null, via)
    if (receipt === undefined) return undefined
    const byAll = receipt.state === 'complete' && receipt.waitingFor === 0 && receipt.live > 0
    return { ms: performance.now() - begunAt, byAll }
  }

  /** Verifies every key at every acceptor. */
  async verifyAll(): Promise<void> {
    for (const key of this.keys) {
      await Promise.all(this.#acceptors.map((acceptor) => this.verify(key, acceptor)))
    }
  }

  #change(
    verb: 'revoke' | 'disable' | 'enable',
    key: ClientKey,
    by: Author | null = null,
    via = this.anyInstance(),
  ): Promise<Response> {
    const { caller, random } = this.#options
    const waitMs = random.pick([0, 0, 500, 2_000, 5_000])
    return caller.call({
      via,
      by,
      act: { kind: verb, key: key.name },
      method: 'POST',
      path: `/v1/accounts/${key.testBed.account}/api-keys/${key.id}/${verb}`,
      body: { wait_ms: waitMs },
    })
  }

  /** Asks for a receipt until it is complete. */
  async #completed(what: Completion['what'], first: FullReceipt, begunAt: number): Promise<void> {
    const { caller, random } = this.#options
    let receipt: FullReceipt | undefined = first
    while (receipt?.state !== 'complete') {
      if (performance.now() > begunAt + receiptPatienceMs) {
        this.stuck.push(`${what}, revision ${first.revision}`)
        return
      }
      const waitMs = random.pick([0, 1_000, 3_000])
      const answer = await caller.call({
        via: this.anyInstance(),
        by: null,
        act: { kind: 'receipt', id: first.id },
        method: 'GET',
        path: `/v1/revisions/${first.revision}?id=${first.id}&wait_ms=${waitMs}`,
      })
      receipt = answer.receipt
      if (receipt === undefined) await sleep(50)
    }
    const byAll = receipt.waitingFor === 0 && receipt.live > 0
    const ms = performance.now() - begunAt
    this.completions.push({ what, ms, byAll, wasPending: first.state === 'pending' })
    if (what === 'revoke') this.revocationsComplete += 1
  }

  /** An administrator of the account acts while its own key is revoked. */
  async #runAuthorLife(testBed: TestBed): Promise<void> {
    const { random } = this.#options
    const author = await this.#issue(testBed, null, 'admin', false)
    if (author === undefined) return
    const role = await makeRole(this.#setUp, testBed.account)
    this.roles.push({ account: testBed.account, ...role })
    const revoking = new AbortController()
    const acting = Promise.all([
      this.#issueAndEnd(testBed, author, role.name, revoking.signal),
      this.#issueAndEnd(testBed, author, 'viewer', revoking.signal),
      this.#editRoleAs(testBed, author, role, revoking.signal),
    ])
    await this.#pause(random.between(300, 1_500))
    if (random.chance(0.2)) await this.#change('revoke', author, author)
    this.#keepAside(this.#verifyEverywhere(author))
    await this.revoke(author)
    revoking.abort()
    await acting
  }

  async #issueAndEnd(
    testBed: TestBed,
    author: Author,
    role: string,
    revoked: AbortSignal,
  ): Promise<void> {
    const { random } = this.#options
    for (let more = 2; more > 0; ) {
      if (revoked.aborted) more -= 1
      const key = await this.#issue(testBed, author, role, false)
      if (key !== undefined) {
        const verb = random.pick<'revoke' | 'disable'>(['revoke', 'disable'])
        await this.#change(verb, key, author)
      }
      await sleep(random.between(0, 30))
    }
  }

  async #editRoleAs(
    testBed: TestBed,
    author: Author,
    role: TestBed['role'],
    revoked: AbortSignal,
  ): Promise<void> {
    let gives = false
    for (let more = 2; more > 0; gives = !gives) {
      if (revoked.aborted) more -= 1
      const { outcome } = await this.#setRole(testBed, role, gives, author, 0)
      if (outcome.kind === 'unknown') return
      await sleep(50)
    }
  }

  async #issue(
    testBed: TestBed,
    by: Author | null,
    role: string,
    hasList: boolean,
    via = this.anyInstance(),
    prefix = '',
  ): Promise<ClientKey | undefined> {
    const name = prefix + this.#newName('key')
    const { outcome, body } = await this.#options.caller.call({
      via,
      by,
      act: { kind: 'issue', key: name, role, list: hasList ? testBed.list.name : null },
      method: 'POST',
      path: `/v1/accounts/${testBed.account}/api-keys`,
      body: { name, role, expires_at: null, ...(hasList && { allow_list_ids: [testBed.list.id] }) },
    })
    if (outcome.kind !== 'done') {
      await sleep(50)
      return undefined
    }
    const key = { name, id: body.api_key.id, token: body.token, testBed, hasList, generation: 1 }
    this.keys.push(key)
    return key
  }

  /**
   * Edits the role and the list of a test bed in turns; a test bed whose edit was not answered is
   * replaced.
   */
  async #edit(place: number): Promise<void> {
    const { random } = this.#options
    for (let turn = 0; !this.#ending.signal.aborted; turn += 1) {
      const testBed = this.#current[place] ?? (await this.#newTestBed(place))
      const gives = turn % 4 >= 2
      const begunAt = performance.now()
      const waitMs = random.pick([0, 2_000, 4_000])
      const { outcome, receipt } =
        turn % 2 === 0
          ? await this.#setRole(testBed, testBed.role, gives, null, waitMs)
          : await this.#setList(testBed, gives, waitMs)
      if (outcome.kind === 'unknown') await this.#newTestBed(place)
      if (receipt === undefined) {
        await this.#pause(100)
        continue
      }
      for (const key of this.#someOf(testBed)) this.#verifyAside(key)
      await this.#completed('edit', receipt, begunAt)
      await Promise.all(this.#someOf(testBed).map((key) => this.#verifyEverywhere(key)))
      await this.#pause(random.between(0, 1_000))
    }
  }

  #setRole(
    testBed: TestBed,
    role: TestBed['role'],
    gives: boolean,
    by: Author | null,
    waitMs: number,
  ): Promise<Response> {
    const permissions = gives ? [plainPermission, changingPermission] : [plainPermission]
    return this.#options.caller.call({
      via: this.anyInstance(),
      by,
      act: { kind: 'set_role', role: role.name, permissions },
      method: 'PUT',
      path: `/v1/accounts/${testBed.account}/roles/${role.id}?wait_ms=${waitMs}`,
      // An edit that changes nothing would return the receipt of another act.
      body: { name: role.name, permissions, description: this.#newName('edit') },
    })
  }

  #setList({ account, list }: TestBed, has: boolean, waitMs: number): Promise<Response> {
    const entries = has ? [plainAddress, changingAddress] : [plainAddress]
    return this.#options.caller.call({
      via: this.anyInstance(),
      by: null,
      act: { kind: 'set_list', list: list.name, entries },
      method: 'PATCH',
      path: `/v1/accounts/${account}/allow-lists/${list.id}?wait_ms=${waitMs}`,
      body: { entries, description: this.#newName('edit') },
    })
  }

  /** Some of the newest keys of a test bed. */
  #someOf(testBed: TestBed): readonly ClientKey[] {
    return this.keys.filter((key) => key.testBed === testBed).slice(-5)
  }

  /** Verifies keys in use at one acceptor, again and again. */
  async #probe(acceptor: Acceptor): Promise<void> {
    const { random } = this.#options
    while (!this.#ending.signal.aborted) {
      const [key] = random.shuffled(this.keys.slice(-keysInUse))
      if (key !== undefined) await this.verify(key, acceptor)
      await this.#pause(acceptor.url === undefined ? 200 : random.between(10, 50))
    }
  }

  /**
   * Verifies a key at all acceptors for longer than an answer may be stale, while its client goes
   * on.
   */
  #verifyAside(key: ClientKey): void {
    this.#watchAside(this.#acceptors, (acceptor) => this.verify(key, acceptor))
  }

  #useAside(session: ClientSession): void {
    const { caller, instances } = this.#options
    this.#watchAside(instances, (instance) => useSession(caller, instance, session))
  }

  #watchAside<One>(of: readonly One[], ask: (one: One) => Promise<Response>): void {
    const { maxStalenessMs, random } = this.#options
    const until = performance.now() + 1.5 * maxStalenessMs
    const watching = Promise.all(
      of.map(async (one) => {
        while (performance.now() < until) {
          await ask(one)
          await sleep(random.between(20, 400))
        }
      }),
    )
    this.#keepAside(watching)
  }

  /** Verifies a key at every acceptor now, without waiting long for one that does not answer. */
  #verifyEverywhere(key: ClientKey): Promise<void> {
    return this.#askEverywhere(this.#acceptors, (acceptor) => this.verify(key, acceptor))
  }

  #useEverywhere(session: ClientSession): Promise<void> {
    const { caller, instances } = this.#options
    return this.#askEverywhere(instances, (instance) => useSession(caller, instance, session))
  }

  async #askAll(uses: readonly Use[]): Promise<void> {
    await Promise.all(uses.map((use) => this.#askEverywhere(this.#options.instances, use)))
  }

  async #askEverywhere<One>(
    of: readonly One[],
    ask: (one: One) => Promise<Response>,
  ): Promise<void> {
    const all = Promise.all(of.map(ask))
    this.#keepAside(all)
    await Promise.race([all, sleep(1_000)])
  }

  async verify(key: ClientKey, via: Acceptor): Promise<Response> {
    const { caller, random } = this.#options
    const permission = random.chance(0.5) ? plainPermission : changingPermission
    const address = random.chance(0.5) ? plainAddress : changingAddress
    return caller.call({
      via,
      by: null,
      act: {
        kind: 'verify',
        key: key.name,
        generation: key.generation,
        permissions: [permission],
        address,
      },
      method: 'POST',
      path: '/v1/verify',
      body: { token: key.token, permissions: [permission], client_ip: address },
    })
  }

  #keepAside(work: Promise<unknown>): void {
    const kept = work.finally(() => this.#aside.delete(kept))
    this.#aside.add(kept)
  }

  async #pause(ms: number): Promise<void> {
    // The end of the run ends the pause early; the caller checks for it.
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }
}
