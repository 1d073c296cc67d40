/**
 * The members of V8's profile (Chrome DevTools Protocol, `Profiler.Profile`) that are read here.
 */
interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface CallFrame {
  readonly functionName: string
  readonly url: string
}

const intervalMicros = 500

/**
 * Microseconds by function (its own time, not that of what it calls) while `act` runs, of a process
 * that was started with `--inspect=127.0.0.1:PORT`.
 */
export async function profileWhile(
  inspectorPort: number,
  act: () => Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)
  const [target] = (await response.json()) as { readonly webSocketDebuggerUrl: string }[]
  if (target === undefined) throw new Error('There is nothing to profile.')
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', reject, { once: true })
  })
  try {
    await call(socket, 1, 'Profiler.enable')
    await call(socket, 2, 'Profiler.setSamplingInterval', { interval: intervalMicros })
    await call(socket, 3, 'Profiler.start')
    await act()
    const { profile } = (await call(socket, 4, 'Profiler.stop')) as { readonly profile: Profile }
    return selfTimes(profile)
  } finally {
    socket.close()
  }
}

function call(socket: WebSocket, id: number, method: string, params = {}): Promise<unknown> {
  return new Promise((resolve) => {
    const read = ({ data }: MessageEvent) => {
      const answer = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown }
      if (answer.id !== id) return
      socket.removeEventListener('message', read)
      resolve(answer.result)
    }
    socket.addEventListener('message', read)
    socket.send(JSON.stringify({ id, method, params }))
  })
}

function selfTimes({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  }
  return times
}

/** A function and the file that it is in, from the package or our folder on. */
function nameOf({ functionName, url }: CallFrame): string {
  const file = url.replace(/^.*\/(?:node_modules|aeon-keys)\//, '').replace(/^.*\/(?=src\/)/, '')
  const name = functionName === '' ? 'a function' : functionName
  return file === '' ? name : `${name} (${file})`
}
