import type { TemplateResult } from 'lit-html'

/** The answers of the API, as the pages read them. */

export interface Actor {
  readonly kind: string
  readonly id: string | null
  readonly name: string | null
}

export interface ApiKey {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly role: { readonly id: string; readonly name: string }
  readonly status: string
  readonly reach: string
  readonly allow_list_ids: readonly string[]
  readonly created_at: string
  readonly created_by: Actor
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly use_count: number
  readonly generation: number
  readonly overlap_ends_at: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly disabled_at: string | null
  readonly revoked_at: string | null
  readonly revoked_by: Actor | null
  readonly revocation_reason: string | null
  readonly hint: string
}

export interface Role {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly permissions: readonly string[]
  readonly built_in: boolean
  readonly key_count?: number
  readonly user_count?: number
}

export interface Permission {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly scope: string
  readonly sensitive: boolean
  readonly implies: readonly string[]
}

export interface AllowList {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly entries: readonly string[]
  readonly created_at: string
  readonly updated_at: string
  readonly key_count?: number
}

export interface Account {
  readonly id: string
  readonly name: string
  readonly project_id: string
  readonly created_at: string
}

export interface Session {
  readonly id: string
  readonly api_key_id: string | null
  readonly current: boolean
  readonly client_ip: string | null
  readonly created_at: string
  readonly last_used_at: string
  readonly idle_expires_at: string
  readonly expires_at: string
  readonly confirmed_until: string | null
}

/** A person with a role in an account. */
export interface User {
  readonly id: string
  readonly account_id: string
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly email_verified: boolean
  readonly name: string | null
  readonly role: { readonly id: string; readonly name: string }
  readonly role_mapped: boolean
  readonly role_ends_at: string | null
  readonly created_at: string
  readonly signed_in_at: string | null
  readonly key_count?: number
}

/** An account in which the reader has a role. */
export interface OwnAccount {
  readonly account: Account
  readonly role: { readonly id: string; readonly name: string }
  readonly role_mapped: boolean
  readonly role_ends_at: string | null
  readonly current: boolean
}

/** A role in an account that waits for an e-mail address. */
export interface Invitation {
  readonly id: string
  readonly account_id: string
  readonly email: string
  readonly role: { readonly id: string; readonly name: string }
  readonly status: string
  readonly invited_by: Actor
  readonly sent_at: string
  readonly expires_at: string
}

/** Where people sign in. */
export interface Provider {
  readonly name: string
  readonly label: string
  readonly issuer: string
}

/** The answer to a sign-in, and to a question who is signed in. */
export interface SignedIn {
  readonly session: Session
  /** Null: a person signed in. */
  readonly api_key: ApiKey | null
  readonly user: User | null
  readonly role: Role
  readonly permissions: readonly string[]
  readonly account: Account
}

export interface ReceiptProgress {
  readonly acknowledged: number
  readonly live: number
}

export interface Receipt extends ReceiptProgress {
  readonly revision: number
  readonly id: string
  readonly state: string
  readonly instances?: ReceiptProgress
  readonly edges?: ReceiptProgress
  readonly complete_in_ms: number | null
  readonly effective_at?: string
}

export interface AuditEvent {
  readonly id: string
  readonly number: number
  readonly created_at: string
  readonly action: string
  readonly actor: Actor
  readonly api_key_id: string | null
  readonly client_ip: string | null
  readonly request_id: string | null
  readonly session_id: string | null
  readonly resource: {
    readonly type: string
    readonly id: string | null
    readonly name: string | null
  }
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  readonly reason: string | null
  readonly api_keys: { readonly count: number } | null
}

export interface Instance {
  readonly id: string
  readonly applied_revision: number
  readonly edges: ReceiptProgress
  readonly started_at: string
  readonly lease_age_ms: number | null
}

export interface Fault {
  readonly in: string
  readonly field: string
  readonly rule: string
  readonly message: string
}

/** What a view gets when it opens. */
export interface ViewContext {
  signedIn: SignedIn
  /** The account that the page shows: the reader's own, or one that an operator has opened. */
  readonly account: { readonly id: string; readonly name: string }
  params: URLSearchParams
  /** Shows what has changed. */
  readonly update: () => void
}

/** A view that is open. */
export interface OpenView {
  readonly title: string
  render(): TemplateResult
  /** The query of the URL has changed; without this, the view opens anew. */
  change?(): void
}

export interface Column<Row> {
  readonly label: string
  readonly cell: (row: Row) => unknown
  /** The name by which the API sorts. */
  readonly sort?: string
  /** `wide` is hidden on narrow screens; `acts` holds buttons. */
  readonly kind?: 'wide' | 'acts'
}
