import { askVerdictText, verifySingly } from '../ask.ts'
import {
  type Contender,
  contestAnew,
  medianRatio,
  type Slices,
  slicesOf,
  standingsOf,
} from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Stage } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, PartResult } from '../results.ts'
import { startNginx } from '../servers/nginx.ts'
import { fromMemory } from '../work.ts'

const mixed = 10_000
/** Uses are written as often: so each turn has the one flush that falls to it, and not every third or each. */
const flushPeriodSeconds = 10
const floorScript = 'bench/servers/baseline.ts'

const names = {
  floor: 'the floor',
  trusting: 'the floor, the caller trusted too',
  mix: 'hot, 10,000 keys in a Zipf mix',
  one: 'hot, one key',
} as const

/** Verifications that memory answers, against the floor; and what stands below the floor. */
export async function measureHot(stage: Stage): Promise<PartResult> {
  const dataset = await stage.datasets.main()
  const seconds = stage.isQuick ? stage.rounds.seconds : flushPeriodSeconds
  const patient = { ...stage, rounds: { ...stage.rounds, seconds } }
  const slices = await contestAnew(patient, (inner) => startContenders(inner, dataset))
  const slicesBy = (name: string): Slices => {
    const contender = [...slices.keys()].find((candidate) => candidate.name === name)
    if (contender === undefined) throw new Error(`${name} took no part.`)
    return slicesOf(slices, contender)
  }
  const [floor, trusting] = [slicesBy(names.floor), slicesBy(names.trusting)]
  const [mix, one] = [slicesBy(names.mix), slicesBy(names.one)]
  return {
    findings: [
      ...against(floor, mix, 'Hot, 10,000 keys'),
      ...against(floor, one, 'Hot, one key'),
      {
        what: 'Hot, 10,000 keys: rate, against the floor that trusts the caller too',
        value: medianRatio(mix, trusting, 'rate'),
        unit: 'times',
      },
      {
        what: 'Hot, 10,000 keys: CPU time of the floor that trusts the caller too, against its own',
        value: medianRatio(trusting, mix, 'cpu'),
        unit: 'times',
      },
    ],
    standings: standingsOf(slices),
  }
}

function against(floor: Slices, mine: Slices, what: string): Finding[] {
  return [
    {
      what: `${what}: rate, against the floor`,
      value: medianRatio(mine, floor, 'rate'),
      unit: 'times',
      goal: { atLeast: 0.95 },
    },
    {
      what: `${what}: CPU time of the floor, against its own`,
      value: medianRatio(floor, mine, 'cpu'),
      unit: 'times',
      goal: { atLeast: 0.95 },
    },
    {
      what: `${what}: p99, against the floor's`,
      value: medianRatio(mine, floor, 'p99'),
      unit: 'times',
      goal: { atMost: 1.2 },
    },
  ]
}

async function startContenders(stage: Stage, dataset: Dataset): Promise<readonly Contender[]> {
  const { rootToken, databaseUrl } = dataset
  const tokens = dataset.tokens.slice(0, mixed)
  const [hotToken = ''] = tokens
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
  const startFloor = async (name: string, trustsCaller: 'yes' | 'no'): Promise<Contender> => {
    const server = await stage.start({
      script: floorScript,
      settings: {
        DATABASE_URL: databaseUrl,
        FLOOR_CALLER: rootToken,
        FLOOR_TRUSTS_CALLER: trustsCaller,
      },
    })
    await askVerdictText(server.url, rootToken, hotToken)
    return { name, server, load: { ...mix, origin: server.url } }
  }
  const service = await stage.startService(dataset)
  await verifySingly(service.url, rootToken, tokens)
  const answer = await askVerdictText(service.url, rootToken, hotToken)
  const known = { server: service, requireWork: fromMemory('valid'), databaseUrl }
  return [
    ...(stage.isQuick ? [] : await startBelowFloor(stage, answer, one)),
    await startFloor(names.trusting, 'yes'),
    await startFloor(names.floor, 'no'),
    { ...known, name: names.mix, load: { ...mix, origin: service.url } },
    { ...known, name: names.one, load: { ...one, origin: service.url } },
  ]
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
