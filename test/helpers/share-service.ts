import type { Test } from 'tap'
import type { TestService } from './service.ts'

/**
 * Lets the tests of a file share a service, each with accounts of its own: a start and its database
 * take a quarter of a second of CPU time. After each test the clocks are right again. What changes
 * the service for others, its settings or the keys of the platform account, needs one of its own.
 */
export function shareService<S extends Pick<TestService, 'clock' | 'moment'>>(
  t: Pick<Test, 'afterEach'>,
  service: S,
): S {
  t.afterEach(() => {
    service.clock.offsetMs = 0
    Object.assign(service.moment, { monotonicMs: 0, wallMs: 0 })
  })
  return service
}
