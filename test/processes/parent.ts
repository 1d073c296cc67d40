/**
 * A test that does not come to its teardown: `node parent.ts` starts a service with two workers and
 * a private PostgreSQL, tells its folder and the service's pid, and crashes when a line comes.
 */
import { once } from 'node:events'
import { prepareCluster } from '../helpers/cluster.ts'
import { createProcesses } from '../helpers/process.ts'

const processes = await createProcesses()
await prepareCluster(`${processes.folder}/data`)
const { pid } = await processes.start({ settings: { WORKERS: '2' } })
process.stdout.write(`${JSON.stringify({ folder: processes.folder, pid })}\n`)
await once(process.stdin, 'data')
throw new Error('This test crashes.')
