import type { Test } from 'tap'
import type { Answer, Json } from './api.ts'

/** A field, as a JSON pointer, the rule that it breaks, and where it is if the test says so. */
export type FieldRule = readonly [field: string, rule: string, place?: 'body' | 'query' | 'header']

/** Asserts that an answer is this problem, with exactly these faults, in any order. */
export function assertProblem(
  t: Test,
  answer: Answer,
  expected: {
    readonly status: number
    readonly code: string
    readonly faults?: readonly FieldRule[]
  },
  label: string,
): void {
  const { status, body } = answer
  const tellsPlace = expected.faults?.some(([, , place]) => place !== undefined) ?? false
  const faults: FieldRule[] = (body?.errors ?? []).map(
    ({ field, rule, in: place }: Json): FieldRule =>
      tellsPlace ? [field, rule, place] : [field, rule],
  )
  t.same(
    { status, code: body?.code, faults: sorted(faults) },
    {
      status: expected.status,
      code: expected.code,
      faults: sorted(expected.faults ?? []),
    },
    label,
  )
}

/** Asserts a 400 `invalid_request` with exactly these faults. */
export function assertInvalid(
  t: Test,
  answer: Answer,
  faults: readonly FieldRule[],
  label: string,
): void {
  assertProblem(t, answer, { status: 400, code: 'invalid_request', faults }, label)
}

function sorted(faults: readonly FieldRule[]): string[] {
  return faults.map((fault) => fault.join(' ')).sort()
}
