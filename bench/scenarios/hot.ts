import { askVerdictText, verifySingly } from '../ask.ts'
import {
  benchmarkAnew,
  type Candidate,
  medianRatio,
  resultsOf,
  type Samples,
  samplesOf,
} from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { startNginx } from '../servers/nginx.ts'
import { fromMemory } from '../work.ts'

const mixed = 10_000
/** Uses are written at the same interval, so that each measurement contains exactly one flush. */
const flushPeriodSeconds = 10
const baselineScript = 'bench/servers/baseline.ts'

const names = {
  baseline: 'the baseline',
  trusting: 'the baseline, trusting its caller',
  mix: 'hot, 10,000 keys in a Zipf mix',
  one: 'hot, one key',
} as const

/** Verifications that memory answers, against the baseline; and what is below the baseline. */
export async function measureHot(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const seconds = harness.isQuick ? harness.rounds.seconds : flushPeriodSeconds
  const patient = { ...harness, rounds: { ...harness.rounds, seconds } }
  const samples = await benchmarkAnew(patient, (inner) => startCandidates(inner, dataset))
  const samplesBy = (name: string): Samples => {
    const candidate = [...samples.keys()].find((candidate) => candidate.name === name)
    if (candidate === undefined) throw new Error(`${name} took no part.`)
    return samplesOf(samples, candidate)
  }
  const [baseline, trusting] = [samplesBy(names.baseline), samplesBy(names.trusting)]
  const [mix, one] = [samplesBy(names.mix), samplesBy(names.one)]
  return {
    findings: [
      ...against(baseline, mix, 'Hot, 10,000 keys'),
      ...against(baseline, one, 'Hot, one key'),
      {
        what: 'Hot, 10,000 keys: rate, relative to the baseline that trusts its caller',
        value: medianRatio(mix, trusting, 'rate'),
        unit: 'times',
      },
      {
        what: 'Hot, 10,000 keys: CPU time of the baseline that trusts its caller, relative to the service',
        value: medianRatio(trusting, mix, 'cpu'),
        unit: 'times',
      },
    ],
    medians: resultsOf(samples),
  }
}

function against(baseline: Samples, mine: Samples, what: string): Finding[] {
  return [
    {
      what: `${what}: rate, relative to the baseline`,
      value: medianRatio(mine, baseline, 'rate'),
      unit: 'times',
      goal: { atLeast: 0.95 },
    },
    {
      what: `${what}: CPU time of the baseline, relative to the service`,
      value: medianRatio(baseline, mine, 'cpu'),
      unit: 'times',
      goal: { atLeast: 0.95 },
    },
    {
      what: `${what}: p99, relative to the baseline`,
      value: medianRatio(mine, baseline, 'p99'),
      unit: 'times',
      goal: { atMost: 1.2 },
    },
  ]
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
  const startBaseline = async (name: string, trustsCaller: 'yes' | 'no'): Promise<Candidate> => {
    const server = await harness.start({
      script: baselineScript,
      settings: {
        DATABASE_URL: databaseUrl,
        BASELINE_CALLER: rootToken,
        BASELINE_TRUSTS_CALLER: trustsCaller,
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
    ...(harness.isQuick ? [] : await startBareBaseline(harness, answer, one)),
    await startBaseline(names.trusting, 'yes'),
    await startBaseline(names.baseline, 'no'),
    { ...known, name: names.mix, load: { ...mix, origin: service.url } },
    { ...known, name: names.one, load: { ...one, origin: service.url } },
  ]
}

/**
 * Servers that do less than the baseline: they show the share of the framework, and the generator's
 * ceiling.
 */
async function startBareBaseline(
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
  const nginx = await startNginx(answer)
  if (nginx !== undefined) harness.adopt(nginx)
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
