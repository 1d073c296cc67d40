import { setTimeout as sleep } from 'node:timers/promises'
import { concurrently } from './concurrently.ts'

/** Enough for two cores; more requests at once would wait longer than the service allows. */
const askedAtOnce = 2
const batchSize = 100
const connectionsAtOnce = 8
const maxTries = 20
const pauseMs = 250

/**
 * Verifies each token once, in batches, and retries what the server is too busy for. Rejects when a
 * token is not valid.
 */
export async function verifyEach(
  url: string,
  callerToken: string,
  tokens: readonly string[],
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(tokens.length / batchSize) }, (_, index) =>
    tokens.slice(index * batchSize, (index + 1) * batchSize),
  )
  await concurrently(batches, askedAtOnce, async (batch) => {
    const attempts = batch.map((token) => ({ token }))
    const text = await postPatiently(url, '/v1/verify/batch', callerToken, { attempts })
    const { verdicts } = JSON.parse(text) as { readonly verdicts: readonly AskedVerdict[] }
    const good = verdicts.filter(({ valid }) => valid).length
    if (good !== batch.length) throw new Error(`Of ${batch.length} good tokens ${good} were good.`)
  })
}

/** Verifies each token once by the route for single tokens, as callers of a service do. */
export async function verifySingly(
  url: string,
  callerToken: string,
  tokens: readonly string[],
): Promise<void> {
  await concurrently(tokens, connectionsAtOnce, async (token) => {
    const text = await postPatiently(url, '/v1/verify', callerToken, { token })
    const { valid } = JSON.parse(text) as AskedVerdict
    if (!valid) throw new Error('A good token was not good.')
  })
}

export interface AskedVerdict {
  readonly valid: boolean
  readonly reason?: string
  readonly api_key?: { readonly id: string; readonly account_id: string }
}

/** The verdict on a token, in the words of the service. Rejects when the status is not 200. */
export async function askVerdict(
  url: string,
  callerToken: string,
  token: string,
): Promise<AskedVerdict> {
  return JSON.parse(await askVerdictText(url, callerToken, token)) as AskedVerdict
}

/** The body of the answer. */
export async function askVerdictText(
  url: string,
  callerToken: string,
  token: string,
): Promise<string> {
  return post(url, '/v1/verify', callerToken, { token })
}

/** Revokes a key by its token, and resolves with the state of the receipt. */
export async function revoke(
  url: string,
  callerToken: string,
  key: { readonly token: string; readonly accountId: string },
  waitMs: number,
): Promise<string> {
  const hint = key.token.slice(0, key.token.indexOf('_') + 1 + keyIdWidth)
  const path = `/v1/accounts/${key.accountId}/api-keys/${hint}/revoke`
  const text = await post(url, path, callerToken, { wait_ms: waitMs })
  const body = JSON.parse(text) as { readonly receipt: { readonly state: string } }
  return body.receipt.state
}

const keyIdWidth = 22

async function post(url: string, path: string, token: string, body: object): Promise<string> {
  return textOf(path, await send(url, path, token, body))
}

/** Like `post`, but retries on 503 many times before it fails. */
async function postPatiently(
  url: string,
  path: string,
  token: string,
  body: object,
): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const response = await send(url, path, token, body)
    if (response.status !== 503 || tries === maxTries) return textOf(path, response)
    await response.text()
    await sleep(pauseMs)
  }
}

function send(url: string, path: string, token: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function textOf(path: string, response: Response): Promise<string> {
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`)
  return text
}
