import { setTimeout as sleep } from 'node:timers/promises'
import type { Dataset } from '../../datasets/dataset.ts'
import { type Answers, bytesOf, repeat } from '../../load/repeat.ts'
import { longLists } from './long-lists.ts'

/** What the noisy tenant does. */
export interface Noise {
  readonly told: string
  /** Whether it is ordinary traffic, for comparison. */
  readonly isBenign?: boolean
  /** Ends soon after the signal. Rejects when the service does not answer as expected. */
  readonly run: (until: AbortSignal) => Promise<void>
}

interface Issued {
  readonly api_key: { readonly id: string }
  readonly token: string
}

const loops = 4
const concurrentReports = 10
/** What every route accepts, and what none does. */
const bodyBytes = { accepted: 32 * 1024, largest: 256 * 1024 } as const
const pipelinedBytes = 58_000

/** Everything that the noisy tenant does, with a key of its own that may do anything there. */
export async function startNoises(origin: string, dataset: Dataset): Promise<readonly Noise[]> {
  const { neighbourId, rootToken, tokens } = dataset
  const base = `/v1/accounts/${neighbourId}`
  const issue = async (name: string, more: object) => {
    const body = { name, role: 'admin', expires_at: null, ...more }
    const answer = await ask(origin, 'POST', `${base}/api-keys`, rootToken, body)
    const { api_key: key, token } = answer as Issued
    return { id: key.id, token }
  }
  const { id, token } = await issue('noisy', {})
  const explain = `${base}/api-keys/${id}/explain`
  const faulty = (path: string, body: string) => bytesOf('POST', path, { token, body })
  const good = JSON.stringify({ token: tokens[0] })
  return [
    noise(origin, `beside ${loops} loops of valid verifications`, [200], true, [
      ...Array.from({ length: loops }, () =>
        bytesOf('POST', '/v1/verify', { token: rootToken, body: good }),
      ),
    ]),
    await longLists(origin, { base, rootToken, token, issue, ask }),
    noise(
      origin,
      `beside ${concurrentReports} loops of reports and lists of 120,000 keys`,
      [200, 503],
      false,
      [
        ...Array.from({ length: concurrentReports }, (_, index) =>
          bytesOf('GET', `${base}/api-keys${index % 2 === 0 ? '/report' : '?limit=100'}`, {
            token,
          }),
        ),
      ],
    ),
    noise(origin, `beside ${loops} loops of faulty bodies`, [400, 403, 413], false, [
      faulty(explain, `{"permissions":[${filled('""', bodyBytes.accepted)}]}`),
      faulty(explain, `{"permissions":[${filled('{}', bodyBytes.accepted)}]}`),
      faulty('/v1/verify/batch', `{"attempts":[${filled('{}', bodyBytes.largest)}]}`),
      faulty(explain, `{${numbered()}}`),
    ]),
    noise(origin, `beside ${loops} connections of pipelined documents`, [200, 503], false, [
      ...['/openapi.json', '/metrics', '/docs/json', '/openapi.json'].map((path) => {
        const request = bytesOf('GET', path)
        return Buffer.concat(
          Array.from({ length: Math.floor(pipelinedBytes / request.length) }, () => request),
        )
      }),
    ]),
  ]
}

/** Each of the requests over a connection of its own, again and again. */
function noise(
  origin: string,
  told: string,
  expected: readonly number[],
  isBenign: boolean,
  requests: readonly Buffer[],
): Noise {
  return {
    told,
    isBenign,
    async run(until) {
      const answers: Answers = new Map()
      await Promise.all(requests.map((bytes) => repeat(origin, bytes, until, answers)))
      const strange = [...answers.keys()].filter((status) => !expected.includes(status))
      if (answers.size === 0 || strange.length > 0) {
        throw new Error(`${told}: answered ${[...answers].join(' ')}.`)
      }
    },
  }
}

function filled(element: string, bytes: number): string {
  const count = Math.floor((bytes - 100) / (element.length + 1))
  return Array.from({ length: count }, () => element).join(',')
}

function numbered(): string {
  return Array.from({ length: 20_000 }, (_, index) => `"f${index}":0`).join(',')
}

/** The body of a good answer; waits and asks again if the service is too busy. */
async function ask(
  origin: string,
  method: string,
  path: string,
  token: string,
  body: object,
): Promise<unknown> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (response.status === 503) {
    await sleep(100)
    return ask(origin, method, path, token, body)
  }
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}

export type Ask = typeof ask
