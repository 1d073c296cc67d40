import { askVerdictText, verifyEach } from '../ask.ts'
import { type Contender, contest, medianRatio, slicesOf, standingsOf } from '../contest.ts'
import { countsOfDatabase } from '../database-usage.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, PartResult } from '../results.ts'
import { startNginx } from '../servers/nginx.ts'
import { connections, type Stage } from '../stage.ts'
import { fromMemory } from '../work.ts'

const mixed = 10_000

/** Verifications that memory answers, against the floor; and what stands below the floor. */
export async function measureHot(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const { rootToken, databaseUrl } = dataset
  const tokens = dataset.tokens.slice(0, mixed)
  const [hotToken = ''] = tokens
  const service = await stage.startService(dataset)
  await verifyEach(service.url, rootToken, tokens)
  const answer = await askVerdictText(service.url, rootToken, hotToken)
  const floorServer = await stage.start({
    script: 'bench/servers/floor.ts',
    settings: { DATABASE_URL: databaseUrl, FLOOR_CALLER: rootToken },
  })
  await askVerdictText(floorServer.url, rootToken, hotToken)

  const mix = {
    requestsFile: await stage.writeRequests(verifyRequests(rootToken, tokens)),
    sequenceFile: await stage.writeZipf(tokens.length),
    connections,
    expected: expectedAnswers.good,
  }
  const one = {
    requestsFile: await stage.writeRequests(verifyRequests(rootToken, [hotToken])),
    connections,
    expected: expectedAnswers.good,
  }
  const floor: Contender = {
    name: 'the floor',
    server: floorServer,
    load: { ...mix, origin: floorServer.url },
  }
  const mixKeys: Contender = {
    name: 'hot, 10,000 keys in a Zipf mix',
    server: service,
    load: { ...mix, origin: service.url },
    requireWork: fromMemory('valid'),
    databaseUrl,
  }
  const oneKey: Contender = {
    ...mixKeys,
    name: 'hot, one key',
    load: { ...one, origin: service.url },
  }
  const below = stage.isQuick ? [] : await startBelowFloor(stage, answer, one)
  const before = await countsOfDatabase(databaseUrl)
  const slices = await contest([...below, floor, mixKeys, oneKey], stage.rounds)
  const after = await countsOfDatabase(databaseUrl)
  const verified = [...slicesOf(slices, mixKeys), ...slicesOf(slices, oneKey)]
  const requests = verified.reduce((sum, slice) => sum + slice.requests, 0)

  const against = (contender: Contender, what: string): Finding[] => {
    const [mine, its] = [slicesOf(slices, contender), slicesOf(slices, floor)]
    return [
      {
        what: `${what}: rate, against the floor`,
        value: medianRatio(mine, its, 'rate'),
        unit: 'times',
        goal: { atLeast: 0.95 },
      },
      {
        what: `${what}: CPU time of the floor, against its own`,
        value: medianRatio(its, mine, 'cpu'),
        unit: 'times',
        goal: { atLeast: 0.95 },
      },
      {
        what: `${what}: p99, against the floor's`,
        value: medianRatio(mine, its, 'p99'),
        unit: 'times',
        goal: { atMost: 1.2 },
      },
    ]
  }
  return {
    findings: [
      ...against(mixKeys, 'Hot, 10,000 keys'),
      ...against(oneKey, 'Hot, one key'),
      {
        what: 'Transactions of the database for each hot verification: change feeds, and flushes of use records',
        value: (after.transactions - before.transactions) / requests,
        unit: 'transactions',
        goal: { atMost: 0.01 },
      },
    ],
    standings: standingsOf(slices),
  }
}

/** Servers that do less than the floor: what of its cost is the framework's, and the generator's ceiling. */
async function startBelowFloor(
  stage: Stage,
  answer: string,
  load: Omit<Contender['load'], 'origin'>,
): Promise<Contender[]> {
  const bare = await stage.start({
    script: 'bench/servers/bare-http.ts',
    settings: { ANSWER: answer },
    isOther: true,
  })
  const route = await stage.start({
    script: 'bench/servers/constant-route.ts',
    settings: { ANSWER: answer },
    isOther: true,
  })
  const nginx = await startNginx(answer)
  if (nginx !== undefined) stage.adopt(nginx)
  const servers = [
    ...(nginx === undefined ? [] : [{ name: 'nginx, a constant', server: nginx }]),
    { name: 'node:http, a constant', server: bare },
    { name: 'Fastify, a constant and nothing else', server: route },
  ]
  return servers.map(({ name, server }) => ({
    name,
    server,
    load: { ...load, origin: server.url },
  }))
}
