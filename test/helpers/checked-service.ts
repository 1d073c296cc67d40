import type { Test } from 'tap'
import type { Api } from './api.ts'
import { type CheckAnswer, createConformanceCheck } from './conformance.ts'
import { startTestService, type TestService, type TestServiceOptions } from './service.ts'

export interface CheckedService extends TestService {
  /** Checks an answer that a test received in another way than through an Api. */
  readonly check: CheckAnswer
}

/** A test service whose answers are all checked against the OpenAPI document. */
export async function startCheckedService(
  t: Test,
  options: TestServiceOptions = {},
): Promise<CheckedService> {
  const started = await startTestService(t, options)
  await started.service.app.ready()
  const check = createConformanceCheck(started.service.app)
  return {
    ...started,
    check,
    root: checked(started.root, check),
    as: (token) => checked(started.as(token), check),
  }
}

function checked(api: Api, check: CheckAnswer): Api {
  const call: Api['call'] = async (method, path, options) => {
    const answer = await api.call(method, path, options)
    check(method, path, answer)
    return answer
  }
  return {
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    patch: (path, body) => call('PATCH', path, { body }),
    delete: (path) => call('DELETE', path),
    async verify(token, attempt = {}) {
      const answer = await call('POST', '/v1/verify', { body: { token, ...attempt } })
      if (answer.status !== 200) throw new Error(`verify answered ${answer.status}: ${answer.text}`)
      return answer.body
    },
  }
}
