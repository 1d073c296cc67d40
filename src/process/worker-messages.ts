/** What a worker tells its parent, and what it is answered. */
export type FromWorker =
  | { readonly kind: 'registered'; readonly id: string }
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'cannot_start'; readonly reason: string }
  | { readonly kind: 'metrics_wanted'; readonly question: number }

export type ToWorker = {
  readonly kind: 'metrics'
  readonly question: number
  readonly text: string
}
