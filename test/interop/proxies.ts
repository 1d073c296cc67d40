import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { endWithParent } from '../helpers/end-with-parent.ts'
import { freePort } from '../helpers/free-port.ts'
import { until } from '../helpers/until.ts'
import { documentedConfig } from './documented.ts'

/** What a proxy connects, and where it may write. */
export interface Surroundings {
  readonly folder: string
  /** host:port of the service. */
  readonly service: string
  /** host:port of the application. */
  readonly app: string
  readonly verifierToken: string
}

/** A proxy whose configuration docs/integrations shows. */
export interface ProxyKind {
  readonly name: string
  /** The command that prints its version, to see whether it is installed. */
  readonly version: readonly [command: string, ...args: string[]]
  /**
   * Writes the documented configuration, changed to listen on a port of loopback, and returns the
   * command to run it.
   */
  configure(
    around: Surroundings,
    port: number,
  ): Promise<readonly [command: string, ...args: string[]]>
  /**
   * The statuses that the client gets when the service answers 503, and when the service is away.
   */
  readonly outage: { readonly undecided: number; readonly away: number }
  /** Whether a 403 carries our challenge. */
  readonly tellsScope: boolean
  /** Whether it keeps its connections to the service open. */
  readonly keepsConnections: boolean
}

const nginx: ProxyKind = {
  name: 'nginx',
  version: ['nginx', '-v'],
  async configure({ folder, service, app, verifierToken }, port) {
    const http = await documentedConfig('nginx', 'nginx', {
      '127.0.0.1:8080': service,
      '127.0.0.1:3000': app,
      VERIFIER_TOKEN: verifierToken,
      'listen 80;': `listen 127.0.0.1:${port};`,
    })
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const paths = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')
    const path = join(folder, 'nginx.conf')
    await writeFile(
      path,
      `daemon off; pid ${folder}/nginx.pid; error_log stderr warn; worker_processes 1;
      events {} http { access_log off; ${paths}\n${http} }`,
    )
    return ['nginx', '-p', folder, '-c', path, '-e', 'stderr']
  },
  outage: { undecided: 500, away: 500 },
  tellsScope: false,
  keepsConnections: true,
}

const caddy: ProxyKind = {
  name: 'Caddy',
  version: ['caddy', 'version'],
  async configure({ folder, service, app, verifierToken }, port) {
    const site = await documentedConfig('caddy', 'caddyfile', {
      '127.0.0.1:8080': service,
      '127.0.0.1:3000': app,
      VERIFIER_TOKEN: verifierToken,
      ':80 {': `:${port} {`,
    })
    const path = join(folder, 'Caddyfile')
    const global = '{\n admin off\n auto_https off\n default_bind 127.0.0.1\n}\n'
    await writeFile(path, global + site)
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', path]
  },
  outage: { undecided: 503, away: 502 },
  tellsScope: true,
  keepsConnections: true,
}

const haproxy: ProxyKind = {
  name: 'HAProxy',
  version: ['haproxy', '-v'],
  async configure({ folder, service, app, verifierToken }, port) {
    const script = join(folder, 'aeon-keys.lua')
    const lua = { '127.0.0.1:8080': service, VERIFIER_TOKEN: verifierToken }
    await writeFile(script, await documentedConfig('haproxy', 'lua', lua))
    const config = await documentedConfig('haproxy', 'haproxy', {
      '/etc/haproxy/aeon-keys.lua': script,
      '127.0.0.1:3000': app,
      'bind :80': `bind 127.0.0.1:${port}`,
    })
    const path = join(folder, 'haproxy.cfg')
    await writeFile(path, config)
    return ['haproxy', '-W', '-f', path]
  },
  outage: { undecided: 503, away: 503 },
  tellsScope: true,
  keepsConnections: false,
}

export const proxyKinds: readonly ProxyKind[] = [nginx, caddy, haproxy]

export interface RunningProxy {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Runs a proxy as documented until `stop`. Throws with its output when it ends instead of
 * listening.
 */
export async function runProxy(kind: ProxyKind, around: Surroundings): Promise<RunningProxy> {
  await mkdir(around.folder, { recursive: true })
  const port = await freePort()
  const [command, ...args] = await kind.configure(around, port)
  const child = spawn(command, args, {
    cwd: around.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: around.folder },
  })
  endWithParent(child)
  let written = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text
    })
  }
  const ended = once(child, 'exit')
  await until(`${kind.name} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${kind.name} ended:\n${written}`)
    return isListening(port)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
