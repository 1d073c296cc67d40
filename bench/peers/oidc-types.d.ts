/** As much of oidc-provider as the benchmark uses; it comes without types. */
declare module 'oidc-provider' {
  import type { Server } from 'node:http'

  type Client = object

  export class Provider {
    constructor(issuer: string, configuration: object)
    readonly Client: { find(id: string): Promise<Client | undefined> }
    readonly ClientCredentials: new (properties: {
      readonly client: Client | undefined
      readonly scope: string
    }) => { save(): Promise<string> }
    listen(port: number, host: string): Server
  }
}
