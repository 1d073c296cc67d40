import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

/** What a server reports at `/metrics` that it did since its start, its workers included. */
export interface Counters {
  readonly valid: number
  readonly notFound: number
  readonly revoked: number
  readonly expired: number
  readonly argon2: number
  readonly credentialReads: number
}

export async function loadCounters(url: string): Promise<Counters> {
  const sampleOf = await readSamples(url)
  const verdicts = (outcome: string) => sampleOf(`aeon_keys_verdicts_total{outcome="${outcome}"}`)
  return {
    valid: verdicts('valid'),
    notFound: verdicts('not_found'),
    revoked: verdicts('revoked'),
    expired: verdicts('expired'),
    argon2: sampleOf('aeon_keys_argon2_total'),
    credentialReads: sampleOf('aeon_keys_credential_reads_total'),
  }
}

/**
 * The counters once the server is idle: what a generator left unanswered at its end is still being
 * worked on.
 */
export async function loadSettledCounters(url: string): Promise<Counters> {
  let last = await loadCounters(url)
  for (;;) {
    const next = await loadCounters(url)
    if (isDeepStrictEqual(next, last)) return next
    last = next
  }
}

const collectedForMs = 1_000

/**
 * Reads `/metrics`. Returns a function that gives the value of a sample by its name and labels, and
 * throws when there is none.
 */
export async function readSamples(url: string): Promise<(name: string) => number> {
  // The service shares one collection of its metrics for a second.
  await sleep(collectedForMs)
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.split('\n')
  return (name) => {
    const line = lines.find((candidate) => candidate.startsWith(`${name} `))
    if (line === undefined) throw new Error(`/metrics does not tell ${name}.`)
    return Number(line.slice(name.length + 1))
  }
}
