import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServerProcess, startServer } from '../servers/server-process.ts'
import { runWriters, type WriterFigures } from './writers.ts'

/** Two instances, and callers that disable and enable keys. */
export interface Service {
  readonly url: string
  readonly rootToken: string
  /** Each writer has a key of an account of its own. */
  changes(writers: number, seconds: number): Promise<WriterFigures>
  changesOfOneAccount(writers: number, seconds: number): Promise<WriterFigures>
  /** Starts instances that no caller writes to. */
  startFurther(count: number): Promise<void>
  issue(account: string, name: string): Promise<{ readonly id: string; readonly token: string }>
  newAccount(name: string): Promise<string>
  stop(): Promise<void>
}

interface Written {
  readonly account: string
  readonly key: string
}

export async function openService(databaseUrl: string, writers: number): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-changes-'))
  const settings = { DATABASE_URL: databaseUrl, ROOT_TOKEN_FILE: join(folder, 'root-token') }
  const servers: ServerProcess[] = []
  const start = async () => {
    const server = await startServer({ script: 'src/main.ts', settings })
    servers.push(server)
    return server
  }
  const [first, second] = [await start(), await start()]
  const rootToken = (await readFile(settings.ROOT_TOKEN_FILE, 'utf8')).trim()
  const call = callAs(rootToken)
  const newAccount = async (name: string): Promise<string> =>
    (await call(`${first.url}/v1/accounts`, { name })).account.id
  const issue = async (account: string, name: string) => {
    const body = { name, role: 'developer', expires_at: null }
    const { api_key, token } = await call(`${first.url}/v1/accounts/${account}/api-keys`, body)
    return { id: api_key.id, token }
  }
  const shared = await newAccount('shared')
  const apart: Written[] = []
  const together: Written[] = []
  for (let number = 0; number < writers; number += 1) {
    const account = await newAccount(`account ${number}`)
    apart.push({ account, key: (await issue(account, 'written')).id })
    together.push({ account: shared, key: (await issue(shared, `key ${number}`)).id })
  }

  async function run(written: readonly Written[], seconds: number): Promise<WriterFigures> {
    const urls = [first.url, second.url]
    const acts = written.map((one, index) => alternate(call, urls[index % 2] ?? '', one))
    const before = await cyclesOf(first.url)
    const figures = await runWriters(acts, seconds)
    return { ...figures, cyclesPerSecond: ((await cyclesOf(first.url)) - before) / seconds }
  }

  return {
    url: first.url,
    rootToken,
    newAccount,
    issue,
    changes: (count, seconds) => run(apart.slice(0, count), seconds),
    changesOfOneAccount: (count, seconds) => run(together.slice(0, count), seconds),
    async startFurther(count) {
      for (let started = 0; started < count; started += 1) await start()
    },
    async stop() {
      for (const server of servers) await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Disables a key and enables it again, in turns, without waiting for the receipt. */
function alternate(call: Call, url: string, { account, key }: Written): () => Promise<void> {
  let isDisabled = false
  return async () => {
    const act = isDisabled ? 'enable' : 'disable'
    await call(`${url}/v1/accounts/${account}/api-keys/${key}/${act}`, { wait_ms: 0 })
    isDisabled = !isDisabled
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read field by field.
type Call = (url: string, body: object) => Promise<any>

function callAs(token: string): Call {
  return async (url, body) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`)
    return JSON.parse(text)
  }
}

async function cyclesOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const [, count] = /^aeon_keys_sync_cycles_total (\d+)/m.exec(text) ?? []
  if (count === undefined) throw new Error('There is no count of sync cycles.')
  return Number(count)
}
