import type { Timeouts } from './patroni-node.ts'
import type { Site } from './site.ts'
import { type Failure, startPatroniSite, startSwitchedSite, type Way } from './sites.ts'

/** One failover that is measured. */
export interface Row {
  readonly name: string
  readonly title: string
  start(folder: string): Promise<Site>
}

const defaults: Timeouts = { ttl: 30, loopWait: 10, retryTimeout: 10 }
/** The shortest that Patroni accepts. */
const short: Timeouts = { ttl: 20, loopWait: 5, retryTimeout: 5 }

export const rows: readonly Row[] = [
  {
    name: 'switch',
    title: 'primary killed, standby promoted at once, address turned after 3 s; no Patroni',
    start: startSwitchedSite,
  },
  patroni('hosts', 'three hosts in DATABASE_URL, ttl 20, node killed', short, 'hosts', 'killed'),
  patroni(
    'hosts-frozen',
    'three hosts in DATABASE_URL, ttl 20, node frozen, thawed at 49 s',
    short,
    'hosts',
    'frozen and thawed',
  ),
  patroni(
    'hosts-unfenced',
    'three hosts in DATABASE_URL, ttl 20, only Patroni killed',
    short,
    'hosts',
    'its Patroni killed',
  ),
  patroni('defaults', 'HAProxy, ttl 30, node killed', defaults, 'haproxy', 'killed'),
  patroni(
    'pooler',
    'PgBouncer before HAProxy, ttl 20, node killed',
    short,
    'pgbouncer before haproxy',
    'killed',
  ),
  patroni('short', 'HAProxy, ttl 20, node killed', short, 'haproxy', 'killed'),
  patroni(
    'frozen',
    'HAProxy, ttl 30, node frozen, thawed at 49 s',
    defaults,
    'haproxy',
    'frozen and thawed',
  ),
  patroni(
    'unfenced',
    'HAProxy without shutdown-sessions, ttl 20, only Patroni killed',
    short,
    'haproxy, not fencing',
    'its Patroni killed',
  ),
  patroni(
    'fenced',
    'HAProxy with shutdown-sessions, ttl 20, only Patroni killed',
    short,
    'haproxy',
    'its Patroni killed',
  ),
]

function patroni(name: string, title: string, timeouts: Timeouts, way: Way, failure: Failure): Row {
  return { name, title, start: (folder) => startPatroniSite({ folder, timeouts, way, failure }) }
}
