import { concurrently } from './concurrently.ts'

const askedAtOnce = 16

/** Has the server verify each token once. Rejects when one is not good. */
export function verifyEach(
  url: string,
  callerToken: string,
  tokens: readonly string[],
): Promise<void> {
  return concurrently(tokens, askedAtOnce, async (token) => {
    const answer = await askVerdict(url, callerToken, token)
    if (!answer.valid) throw new Error('A good token was denied.')
  })
}

export interface AskedVerdict {
  readonly valid: boolean
  readonly api_key?: { readonly account_id: string }
}

/** The verdict on a token, as the service words it. Rejects when the answer is not 200. */
export async function askVerdict(
  url: string,
  callerToken: string,
  token: string,
): Promise<AskedVerdict> {
  const response = await fetch(`${url}/v1/verify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${callerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`/v1/verify answered ${response.status}: ${text}`)
  return JSON.parse(text) as AskedVerdict
}
