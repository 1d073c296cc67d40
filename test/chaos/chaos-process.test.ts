import t from 'tap'
import { freePort } from '../../bench/servers/server-process.ts'
import { createProcesses, isAlive } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'
import { ChaosProcess } from './chaos-process.ts'

t.test('a process that is killed while it starts is started once again, not twice', async (t) => {
  const processes = await createProcesses()
  t.teardown(() => processes.end())
  const settings = { PORT: String(await freePort()) }
  const launch = { script: ['test/chaos/port-holder.ts'], settings } as const
  const one = new ChaosProcess({ name: 'a', rate: 1, processes, links: [], launch })
  const alive = () => one.launched.filter(({ pid }) => isAlive(pid))
  const killed = one.start()
  await one.end('SIGKILL')
  const restarted = one.start()
  await Promise.all([killed, restarted])
  t.same(alive(), [one.process])
  t.match(one.url, settings.PORT)
  t.same([one.launched.length, one.failedStarts], [2, 0])

  await one.end('SIGTERM')
  await until('it has ended', () => alive().length === 0)
  t.equal(one.url, undefined)
})
