/** The messages of a worker process to its parent, and the parent's answers. */
export type FromWorker =
  | { readonly kind: 'registered'; readonly id: string }
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'cannot_start'; readonly reason: string }
  | { readonly kind: 'metrics_requested'; readonly requestId: number }

export type ToWorker = {
  readonly kind: 'metrics'
  readonly requestId: number
  /** Absent: a worker did not tell its metrics. */
  readonly text?: string
}
