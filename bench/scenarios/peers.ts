import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { parseConfig } from '../../src/settings/config.ts'
import { verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import { countsOfDatabase, type DatabaseCounts } from '../database-usage.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, type Requests, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { installPeers, introspector, type Peer, peers } from '../servers/peers.ts'
import { fromMemory } from '../work.ts'

const keys = 10_000
const maxStartMs = 180_000
/** How long a revoked token is presented before it is said that the peer did not notice. */
const noticeMs = 2_000

/** What the database does for them is counted: some tokens, each several times within a minute. */
const countedTokens = 50
const countedTimes = 10
/** A connection of PostgreSQL that is idle reports what it did after ten seconds at most. */
const reportingMs = 11_000

interface Rival {
  readonly peer: Peer
  readonly candidate: Candidate
  readonly databaseUrl: string
  readonly requests: Requests
  /** Before the requests that are counted. */
  readonly countsBefore: DatabaseCounts
}

/**
 * The service and its peers: 10,000 keys in a Zipf mix, the same server of PostgreSQL, as many
 * connections.
 */
export async function measurePeers(harness: Harness): Promise<ScenarioResult> {
  await installPeers()
  const own = await prepareOwn(harness)
  const rivals: Rival[] = []
  for (const peer of peers) {
    harness.tell(`${peer.name}: making ${keys} keys`)
    rivals.push(await prepare(harness, peer))
  }
  await sleep(reportingMs)
  const counts = await Promise.all(rivals.map(countsOfRequest))
  const candidates = [own, ...rivals.map(({ candidate }) => candidate)]
  const samples = await benchmark(candidates, harness.rounds)

  const rows: string[][] = [ownRow]
  for (const [index, rival] of rivals.entries()) {
    const { name, difference } = rival.peer
    rows.push([name, ...(counts[index] ?? []), await timeToDenied(rival), difference])
  }
  const against = ({ peer, candidate }: Rival): Finding => ({
    what: `Verifications per second, relative to ${peer.name}`,
    value: medianRatio(samplesOf(samples, own), samplesOf(samples, candidate), 'rate'),
    unit: 'times',
    ...(peer.goal !== undefined && { goal: { atLeast: peer.goal } }),
  })
  return {
    findings: rivals.map(against),
    medians: resultsOf(samples),
    facts: {
      head: [
        '',
        'transactions per verification',
        'rows written',
        'denies a token revoked elsewhere',
        'differs from the service',
      ],
      rows,
    },
  }
}

const ownRow = [
  'aeon-keys',
  '0',
  '0',
  'in milliseconds, and never later than 30 s: see Freshness',
  'verifies its caller like any token, at each request; counts uses in memory and writes them every 10 s',
]

async function prepareOwn(harness: Harness): Promise<Candidate> {
  const dataset = await harness.datasets.main()
  const tokens = dataset.tokens.slice(0, keys)
  const server = await harness.startService(dataset)
  await verifyEach(server.url, dataset.rootToken, tokens)
  return {
    name: 'aeon-keys',
    server,
    load: {
      origin: server.url,
      requestsFile: await harness.writeRequests(verifyRequests(dataset.rootToken, tokens)),
      sequenceFile: await harness.writeZipf(tokens.length),
      connections,
      expected: expectedAnswers.good,
    },
    databaseUrl: dataset.databaseUrl,
    requireWork: fromMemory('valid'),
  }
}

async function prepare(harness: Harness, peer: Peer): Promise<Rival> {
  const databaseUrl = await harness.datasets.empty()
  const tokensFile = join(harness.folder, peer.name)
  const server = await harness.start({
    script: peer.script,
    settings: {
      ...peer.settings,
      DATABASE_URL: databaseUrl,
      POOL_MAX: String(parseConfig({}).DATABASE_POOL_MAX),
      KEYS: String(keys),
      TOKENS_FILE: tokensFile,
      CLIENT_ID: introspector.id,
      CLIENT_SECRET: introspector.secret,
    },
    ...(peer.readyPath !== undefined && { readyPath: peer.readyPath }),
    isOther: true,
    maxStartMs,
  })
  const tokens = (await readFile(tokensFile, 'utf8')).split('\n')
  if (tokens.length !== keys) throw new Error(`${peer.name} made ${tokens.length} keys.`)
  const requests = requestsTo(peer, tokens)
  const [unknown] = requestsTo(peer, ['x'.repeat(43)]).lines
  const answer = await ask(server.url, requests, unknown)
  if (isGood(answer)) throw new Error(`${peer.name} takes an unknown token for good.`)
  const countsBefore = await countsOfDatabase(databaseUrl)
  for (const line of Array(countedTimes).fill(requests.lines.slice(0, countedTokens)).flat()) {
    if (!isGood(await ask(server.url, requests, line)))
      throw new Error(`${peer.name} denies a key.`)
  }
  return {
    peer,
    databaseUrl,
    requests,
    countsBefore,
    candidate: {
      name: peer.name,
      server,
      load: {
        origin: server.url,
        requestsFile: await harness.writeRequests(requests),
        sequenceFile: await harness.writeZipf(tokens.length),
        connections,
        expected: { start: goodStart[peer.protocol] },
      },
      databaseUrl,
    },
  }
}

const goodStart = { verify: '{"valid":true,', introspection: '{"active":true,' } as const

function requestsTo(peer: Peer, tokens: readonly string[]): Requests {
  if (peer.protocol === 'verify') return { ...verifyRequests('', tokens), authorization: '' }
  const credentials = Buffer.from(`${introspector.id}:${introspector.secret}`).toString('base64')
  return {
    authorization: `Basic ${credentials}`,
    contentType: 'application/x-www-form-urlencoded',
    lines: tokens.map((token) => ({
      path: '/token/introspection',
      // The hint spares it one of three look-ups.
      body: `token_type_hint=access_token&token=${token}`,
    })),
  }
}

/**
 * Revokes the key that is asked for most, as another process would, and asks for it until it is
 * denied.
 */
async function timeToDenied({ peer, candidate, databaseUrl, requests }: Rival): Promise<string> {
  if (peer.revocation === undefined) return 'not applicable: it is in one process'
  const [line] = requests.lines
  const token = tokenIn(line?.body ?? '')
  if (!isGood(await ask(candidate.server.url, requests, line))) throw new Error('It was denied.')
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  const { rowCount } = await client.query(peer.revocation.sql, [peer.revocation.value(token)])
  await client.end()
  if (rowCount !== 1) throw new Error(`${peer.name}: ${rowCount} keys were revoked.`)
  const giveUpAt = performance.now() + noticeMs
  if (!isGood(await ask(candidate.server.url, requests, line))) return 'at once'
  while (performance.now() < giveUpAt) {
    if (!isGood(await ask(candidate.server.url, requests, line))) return 'soon'
    await sleep(50)
  }
  const { TTL_SECONDS } = peer.settings
  return `not within ${noticeMs / 1000} s${TTL_SECONDS ? `; after ${TTL_SECONDS} s at most` : ''}`
}

function tokenIn(body: string): string {
  const form = new URLSearchParams(body).get('token')
  return form ?? (JSON.parse(body) as { readonly token: string }).token
}

async function ask(
  origin: string,
  { authorization, contentType = 'application/json' }: Requests,
  line: Requests['lines'][number] | undefined,
): Promise<string> {
  const response = await fetch(origin + (line?.path ?? ''), {
    method: 'POST',
    headers: { 'content-type': contentType, ...(authorization && { authorization }) },
    body: line?.body ?? '',
  })
  return response.text()
}

function isGood(answer: string): boolean {
  return answer.startsWith(goodStart.verify) || answer.startsWith(goodStart.introspection)
}

/** What the peer's database did for each of the requests that are counted. */
async function countsOfRequest({ databaseUrl, countsBefore }: Rival): Promise<[string, string]> {
  const { transactions, rowsWritten } = await countsOfDatabase(databaseUrl)
  const each = (now: number, before: number) =>
    ((now - before) / (countedTokens * countedTimes)).toFixed(1)
  return [
    each(transactions, countsBefore.transactions),
    each(rowsWritten, countsBefore.rowsWritten),
  ]
}
