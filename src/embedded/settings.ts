import { LOG_LINE_PREFIX } from './server-log.ts'
import { SOCKET_PORT } from './socket-folder.ts'

/**
 * The arguments of `postgres`, given at each start, so that an upgrade of the service needs no edit
 * of an older cluster.
 * @param durable False skips flushing: a crash of the machine may destroy the cluster.
 */
export function serverArguments(
  clusterDir: string,
  socketDir: string,
  durable: boolean,
): readonly string[] {
  const settings = { ...placeSettings(socketDir), ...SETTINGS, ...(durable ? {} : NOT_DURABLE) }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', clusterDir, ...flags]
}

function placeSettings(socketDir: string): Readonly<Record<string, string>> {
  return {
    listen_addresses: '',
    port: String(SOCKET_PORT),
    // A list: the quotes allow commas and spaces in the path.
    unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
  }
}

const SETTINGS: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '100',
  // No replica reads this server's write-ahead log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // Avoids the processes that read ahead, which a database this small does not need.
  io_method: 'sync',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: LOG_LINE_PREFIX,
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
}

const NOT_DURABLE: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
}
