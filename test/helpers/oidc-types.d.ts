/** As much of oidc-provider as the tests use; it comes without types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  interface OidcClient {
    backchannelLogout(subject: string, session: string): Promise<void>
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Grant: new (properties: {
      clientId: string
      accountId: string
    }) => Grant
    readonly Client: { find(id: string): Promise<OidcClient | undefined> }
    callback(): (request: IncomingMessage, response: ServerResponse) => void
    on(event: string, listener: (...facts: readonly unknown[]) => void): void
  }
}
