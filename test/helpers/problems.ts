import type { Test } from 'tap'
import type { Answer } from './api.ts'

/** A field, as a JSON pointer, and the rule that it breaks. */
export type FieldRule = readonly [field: string, rule: string]

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
  const faults: FieldRule[] = (body?.errors ?? []).map(
    (fault: { field: string; rule: string }): FieldRule => [fault.field, fault.rule],
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
