/**
 * Display names of resource types as the recorded answers of Aeon have them. Of the others, no
 * public source shows a name.
 */
const recorded: ReadonlyMap<string, string> = new Map([
  ['ALERT_RULE', 'Alert Rules'],
  ['READ_REPLICA', 'Read Replica'],
  ['CLUSTER', 'Clusters'],
  ['TRACK', 'Database Track'],
  ['CLUSTER_MAINTENANCE_SCHEDULE', 'Cluster Maintenance Schedule'],
  ['CLUSTER_MAINTENANCE_EVENT', 'Cluster Maintenance Event'],
  ['ACCOUNT_USER', 'Users'],
  ['ACCOUNT_LOGIN_TYPE', 'Account Login Type'],
])

const acronyms = new Set(['api', 'cdc', 'cmk', 'dr', 'ip', 'pitr', 'vpc'])

/** The display name of a resource type: the recorded one, or its words. `API_KEY`: API Key. */
export function resourceNameOf(type: string): string {
  const words = type.toLowerCase().split('_')
  return recorded.get(type) ?? words.map(capitalize).join(' ')
}

function capitalize(word: string): string {
  if (acronyms.has(word)) return word.toUpperCase()
  return word.charAt(0).toUpperCase() + word.slice(1)
}
