import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readyBinaries } from '../../src/embedded/binaries.ts'
import { ensureCluster } from '../../src/embedded/cluster.ts'
import { type DataDir, openDataDir } from '../../src/embedded/data-dir.ts'

/**
 * Gives a DATA_DIR the cluster that a first start makes: a copy of the one that
 * scripts/with-postgres.ts has made. initdb takes more than a second of CPU time. All copies have
 * the same system identifier: servers that are told apart by it need clusters of their own.
 */
export async function prepareCluster(path: string): Promise<void> {
  const dataDir = await openDataDir(path)
  const template = process.env.TEST_CLUSTER_TEMPLATE
  if (template !== undefined) return copyCluster(template, dataDir.clusterDir)
  const { initdb } = await readyBinaries(dataDir)
  await ensureCluster(initdb, dataDir, false)
}

/** Makes a cluster without starting a server on it, and a copy of it for `prepareCluster`. */
export async function makeTemplate(dataDir: DataDir, template: string): Promise<void> {
  const { initdb } = await readyBinaries(dataDir)
  await ensureCluster(initdb, dataDir, false)
  await copyCluster(dataDir.clusterDir, template)
}

/** Node's own copy keeps no owner, and PostgreSQL refuses a folder of another account. */
async function copyCluster(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to])
}
