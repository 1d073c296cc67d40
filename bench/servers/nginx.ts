import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithParent } from '../../test/helpers/end-with-parent.ts'
import { usageOfTree } from './process-usage.ts'
import { freePort, type ServerProcess, untilAnswered } from './server-process.ts'

/**
 * nginx that answers a constant: what the generator can ask of a server that costs next to nothing.
 * Undefined where nginx is not installed.
 */
export async function startNginx(answer: string): Promise<ServerProcess | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-bench-nginx-'))
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  await writeFile(config, configOf(folder, port, answer))
  const spawnedAt = performance.now()
  const child = spawn('nginx', ['-p', folder, '-c', config, '-e', 'stderr'], { stdio: 'ignore' })
  endWithParent(child)
  const [failure] = await Promise.race([
    once(child, 'error'),
    once(child, 'spawn').then(() => [undefined]),
  ])
  const { pid } = child
  if (failure !== undefined || pid === undefined) {
    await rm(folder, { recursive: true })
    return undefined
  }
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true })
  }
  try {
    await untilAnswered(() =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { url, spawnedAt, child, usage: () => usageOfTree(pid), stop }
}

function configOf(folder: string, port: number, answer: string): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n')
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log /dev/null;
events { worker_connections 256; }
http {
  access_log off;
  keepalive_requests 100000000;
  ${places}
  server {
    listen 127.0.0.1:${port};
    location / { default_type application/json; return 200 '${answer.replaceAll("'", "\\'")}'; }
  }
}
`
}
