import { createLog } from '../process/log.ts'
import { createServiceHasher, externalsOf, openConfiguredDatabase } from '../process/prepare.ts'
import { writeRootToken } from '../process/root-token-file.ts'
import { issueRootKey } from '../setup/issue-root-key.ts'
import { type Command, optionOf } from './command.ts'
import { requireStartedDatabase } from './started-database.ts'

/**
 * Issues a key of the platform account with every permission, and shows its token or the file that
 * holds it.
 */
export const issueRootKeyCommand: Command = {
  summary: 'Issue a platform key with every permission, and print its token.',
  options: [
    {
      name: 'file',
      value: 'PATH',
      about: 'Write the token to this new file instead of printing it.',
    },
  ],
  async run(context) {
    const { config, files, connection } = context
    const file = optionOf(context.options, 'file')
    const database = openConfiguredDatabase({ config, connection, log: createLog('warn') })
    const { db } = database
    try {
      await requireStartedDatabase(db)
      const now = () => new Date()
      const hasher = await createServiceHasher(config, files.peppers, db, now)
      const keep = file === undefined ? undefined : (token: string) => writeRootToken(file, token)
      const externals = await externalsOf(context, db, hasher, now)
      const { id, name, token } = await issueRootKey(externals, db, keep)
      return file === undefined
        ? { text: token, json: { api_key_id: id, name, token } }
        : {
            text: `The token of ${name} was written to ${file}.`,
            json: { api_key_id: id, name, file },
          }
    } finally {
      await database.close()
    }
  },
}
