import { askVerdictText, verifySingly } from '../ask.ts'
import {
  benchmarkAnew,
  type Candidate,
  medianRatio,
  resultsOf,
  type Samples,
  samplesOf,
} from '../benchmark.ts'
import { type Measured, requireBounds } from '../bounds.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { startNginx } from '../servers/nginx.ts'
import { fromMemory } from '../work.ts'

const mixed = 10_000
/** Uses are written at the same interval, so that each measurement contains exactly one flush. */
const flushPeriodSeconds = 10
const withoutVerification = 'bench/servers/without-verification.ts'

const names = {
  http: 'node:http, a constant',
  fastify: 'Fastify, a constant and nothing else',
  trusting: 'the service without verification, trusting its caller',
  unverifying: 'the service without verification',
  mix: 'hot, 10,000 keys in a Zipf mix',
  one: 'hot, one key',
} as const

/**
 * Verifications that memory answers, against programs that do less: Fastify with a constant, which
 * is the baseline, and the service without verification.
 */
export async function measureHot(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const seconds = harness.isQuick ? harness.rounds.seconds : flushPeriodSeconds
  const patient = { ...harness, rounds: { ...harness.rounds, seconds } }
  const samples = await benchmarkAnew(patient, (inner) => startCandidates(inner, dataset))
  return { findings: findingsOf(samples), medians: resultsOf(samples) }
}

function findingsOf(samples: ReadonlyMap<Candidate, Samples>): readonly Finding[] {
  const measured = (name: string): Measured => {
    const candidate = [...samples.keys()].find((candidate) => candidate.name === name)
    if (candidate === undefined) throw new Error(`${name} took no part.`)
    return { name, samples: samplesOf(samples, candidate) }
  }
  const [http, fastify] = [measured(names.http), measured(names.fastify)]
  const [trusting, unverifying] = [measured(names.trusting), measured(names.unverifying)]
  const [mix, one] = [measured(names.mix), measured(names.one)]
  requireBounds([
    { less: http, more: fastify },
    ...[trusting, unverifying, mix, one].map((more) => ({ less: fastify, more })),
    ...[mix, one].map((more) => ({ less: unverifying, more })),
    { less: trusting, more: mix },
  ])
  const what = { mix: 'Hot, 10,000 keys', one: 'Hot, one key' }
  return [
    ...against('Fastify with a constant', fastify, mix, what.mix, 0.8),
    ...against('Fastify with a constant', fastify, one, what.one),
    ...against(names.unverifying, unverifying, mix, what.mix, 0.95),
    ...against(names.unverifying, unverifying, one, what.one, 0.95),
    p99(unverifying, mix, what.mix),
    p99(unverifying, one, what.one),
    ...against(names.trusting, trusting, mix, what.mix),
  ]
}

function against(
  name: string,
  { samples: its }: Measured,
  { samples: mine }: Measured,
  what: string,
  atLeast?: number,
): Finding[] {
  const goal = atLeast === undefined ? {} : { goal: { atLeast } }
  return [
    {
      what: `${what}: rate, relative to ${name}`,
      value: medianRatio(mine, its, 'rate'),
      unit: 'times',
      ...goal,
    },
    {
      what: `${what}: CPU time of ${name}, relative to the service`,
      value: medianRatio(its, mine, 'cpu'),
      unit: 'times',
      ...goal,
    },
  ]
}

function p99({ name, samples: its }: Measured, { samples: mine }: Measured, what: string): Finding {
  return {
    what: `${what}: p99, relative to ${name}`,
    value: medianRatio(mine, its, 'p99'),
    unit: 'times',
    goal: { atMost: 1.2 },
  }
}

async function startCandidates(harness: Harness, dataset: Dataset): Promise<readonly Candidate[]> {
  const { rootToken, databaseUrl } = dataset
  const tokens = dataset.tokens.slice(0, mixed)
  const [hotToken = ''] = tokens
  const mix = {
    requestsFile: await harness.writeRequests(verifyRequests(rootToken, tokens)),
    sequenceFile: await harness.writeZipf(tokens.length),
    connections,
    expected: expectedAnswers.good,
  }
  const one = {
    requestsFile: await harness.writeRequests(verifyRequests(rootToken, [hotToken])),
    connections,
    expected: expectedAnswers.good,
  }
  const startUnverifying = async (name: string, trustsCaller: 'yes' | 'no'): Promise<Candidate> => {
    const server = await harness.start({
      script: withoutVerification,
      settings: {
        DATABASE_URL: databaseUrl,
        CALLER: rootToken,
        TRUSTS_CALLER: trustsCaller,
      },
    })
    await askVerdictText(server.url, rootToken, hotToken)
    return { name, server, load: { ...mix, origin: server.url } }
  }
  const service = await harness.startService(dataset)
  await verifySingly(service.url, rootToken, tokens)
  const answer = await askVerdictText(service.url, rootToken, hotToken)
  const known = { server: service, requireWork: fromMemory('valid'), databaseUrl }
  return [
    ...(await startConstants(harness, answer, one)),
    await startUnverifying(names.trusting, 'yes'),
    await startUnverifying(names.unverifying, 'no'),
    { ...known, name: names.mix, load: { ...mix, origin: service.url } },
    { ...known, name: names.one, load: { ...one, origin: service.url } },
  ]
}

/**
 * Servers that answer a constant: the baseline, node:http beside it, and in whole runs nginx, which
 * shows the generator's ceiling.
 */
async function startConstants(
  harness: Harness,
  answer: string,
  load: Omit<Candidate['load'], 'origin'>,
): Promise<Candidate[]> {
  const bare = await harness.start({
    script: 'bench/servers/bare-http.ts',
    settings: { ANSWER: answer },
    isOther: true,
  })
  const route = await harness.start({
    script: 'bench/servers/constant-route.ts',
    settings: { ANSWER: answer },
    isOther: true,
  })
  const nginx = harness.isQuick ? undefined : await startNginx(answer)
  if (nginx !== undefined) harness.adopt(nginx)
  const servers = [
    ...(nginx === undefined ? [] : [{ name: 'nginx, a constant', server: nginx }]),
    { name: names.http, server: bare },
    { name: names.fastify, server: route },
  ]
  return servers.map(({ name, server }) => ({
    name,
    server,
    load: { ...load, origin: server.url },
  }))
}
