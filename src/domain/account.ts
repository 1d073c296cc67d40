/**
 * The tenant. The platform account, one and built in, holds the keys and the people of the
 * operators, and the keys of the services that call verify.
 */
export interface Account {
  readonly id: string
  readonly name: string
  readonly platform: boolean
  /** The account's one project, for clients that name a project beside the account. */
  readonly projectId: string
  readonly createdAt: Date
}
