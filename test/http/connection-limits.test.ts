/** Clients with many connections take places only from themselves, or from silent connections. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { sendRaw } from '../helpers/raw-request.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const crowd = '127.0.0.2'
const other = '127.0.0.3'

t.test('silent connections of one address lock nobody else out', async (t) => {
  const site = await startSite(t, { CONNECTIONS_MAX: '100', CONNECTIONS_PER_ADDRESS_MAX: '10' })
  const silent: Socket[] = []
  for (let count = 0; count < 30; count += 1) silent.push(await site.open(crowd))
  await until('the surplus is closed', () => openOf(silent).length === 10)
  t.same(openOf(silent), silent.slice(20), 'the oldest ones are closed first')
  t.equal(await site.ask(other), 200)
  t.equal(await site.ask(crowd), 200, 'a silent connection of the same address makes room')
  t.match(await site.closed(), { silent: 21, address_limit: 0, limit: 0, idle: 0 })
})

t.test('an address with a request on each connection gets no further one', async (t) => {
  const site = await startSite(t, { CONNECTIONS_PER_ADDRESS_MAX: '3' })
  const busy = await site.occupy(3, () => crowd)
  await t.rejects(site.ask(crowd), 'the fourth is closed')
  t.equal(await site.ask(other), 200)
  t.equal((await site.closed()).address_limit, 1)
  site.release()
  for (const socket of busy) await closedAfter(socket)
  await until('the places are free', async () => (await site.ask(crowd).catch(() => 0)) === 200)
})

t.test(
  'at the limit of the process a new connection replaces a silent, then an idle one',
  async (t) => {
    const site = await startSite(t, { CONNECTIONS_MAX: '10' })
    const idle: Socket[] = []
    for (let count = 0; count < 4; count += 1) {
      const socket = await site.open(addressOf(count))
      socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
      await once(socket, 'data')
      idle.push(socket)
    }
    const silent: Socket[] = []
    for (let count = 4; count < 10; count += 1) silent.push(await site.open(addressOf(count)))
    const busy = await site.occupy(8, (count) => addressOf(20 + count))
    await until('all silent ones have made room', () => openOf(silent).length === 0)
    await until('two idle ones have made room', () => openOf(idle).length === 2)
    t.same(openOf(idle), idle.slice(2), 'the longest idle ones are closed first')

    busy.push(...(await site.occupy(2, (count) => addressOf(40 + count))))
    t.equal(openOf(idle).length, 0)
    await t.rejects(site.ask(other), 'no place is left')
    t.equal(openOf(busy).length, 10, 'a request in progress is never cut off')
    site.release()
    for (const socket of busy) await closedAfter(socket)
    await until('the places are free', async () => (await site.ask(other).catch(() => 0)) === 200)
    t.match(await site.closed(), { silent: 6, idle: 4, address_limit: 0 })
  },
)

t.test('a trusted proxy may have any number of connections', async (t) => {
  const site = await startSite(t, {
    CONNECTIONS_PER_ADDRESS_MAX: '3',
    TRUSTED_PROXIES: `${crowd}, 10.0.0.0/8`,
  })
  const silent: Socket[] = []
  for (let count = 0; count < 20; count += 1) silent.push(await site.open(crowd))
  t.equal(await site.ask(crowd), 200)
  t.equal(openOf(silent).length, 20)
  t.equal((await site.closed()).silent, 0)
})

interface Site {
  /** A connection from an address, without a request. */
  open(from: string): Promise<Socket>
  /** The status of a request over a connection of its own. */
  ask(from: string): Promise<number>
  /** Connections, each with a request in progress. */
  occupy(count: number, from: (count: number) => string): Promise<Socket[]>
  /** Lets the requests in progress be answered. */
  release(): void
  closed(): Promise<Record<string, number>>
}

async function startSite(t: Test, settings: Readonly<Record<string, string>>): Promise<Site> {
  const { service, as } = await startTestService(t, { settings })
  const { app } = service
  const released = Promise.withResolvers<void>()
  let arrived = 0
  app.get('/slow', async () => {
    arrived += 1
    await released.promise
    return 'done'
  })
  const url = await app.listen({ host: '0.0.0.0', port: 0 })
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  t.teardown(() => {
    released.resolve()
    for (const socket of sockets) socket.destroy()
  })
  const open = async (from: string) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    socket.on('error', () => undefined)
    socket.resume()
    sockets.push(socket)
    const accepted = once(app.server, 'connection')
    await once(socket, 'connect')
    await accepted
    return socket
  }
  return {
    open,
    ask: async (from) => (await sendRaw(`http://127.0.0.1:${port}/livez`, { from })).status,
    async occupy(count, from) {
      const busy: Socket[] = []
      const before = arrived
      for (let index = 0; index < count; index += 1) {
        const socket = await open(from(index))
        socket.write('GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        await until('the request has arrived', () => arrived === before + index + 1)
        busy.push(socket)
      }
      return busy
    },
    release: () => released.resolve(),
    async closed() {
      const { text } = await as(undefined).get('/metrics')
      const samples = text.matchAll(
        /^aeon_keys_http_connections_closed_total\{reason="(\w+)"\} (\d+)/gm,
      )
      return Object.fromEntries([...samples].map(([, reason, count]) => [reason, Number(count)]))
    },
  }
}

function addressOf(count: number): string {
  return `127.0.1.${count + 1}`
}

function openOf(sockets: readonly Socket[]): Socket[] {
  return sockets.filter((socket) => !socket.closed && !socket.destroyed && !socket.readableEnded)
}

async function closedAfter(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
}
