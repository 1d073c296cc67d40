/** What a server says at `/metrics` that it did since its start. */
export interface Tallies {
  readonly goodVerdicts: number
  readonly argon2: number
  readonly credentialReads: number
}

export async function readTallies(url: string): Promise<Tallies> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return {
    goodVerdicts: sampleOf(text, 'aeon_keys_verdicts_total{outcome="valid"}'),
    argon2: sampleOf(text, 'aeon_keys_argon2_total'),
    credentialReads: sampleOf(text, 'aeon_keys_credential_reads_total'),
  }
}

function sampleOf(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  if (line === undefined) throw new Error(`/metrics does not tell ${name}.`)
  return Number(line.slice(name.length + 1))
}
