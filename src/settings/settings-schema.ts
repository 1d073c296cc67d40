import { type Static, Type } from 'typebox'
import { databaseSettings } from './database-settings.ts'
import { edgeSettings } from './edge-settings.ts'
import { freshnessSettings } from './freshness-settings.ts'
import { httpSettings } from './http-settings.ts'
import { keySettings } from './key-settings.ts'
import { mailSettings } from './mail-settings.ts'
import { processSettings } from './process-settings.ts'
import { sessionSettings } from './session-settings.ts'
import { verificationSettings } from './verification-settings.ts'

/**
 * All settings, by the name of their environment variable. An empty variable counts as unset.
 * docs/settings.md repeats them; a test compares the two.
 */
export const Settings = Type.Object({
  ...httpSettings,
  ...databaseSettings,
  ...freshnessSettings,
  ...edgeSettings,
  ...verificationSettings,
  ...keySettings,
  ...sessionSettings,
  ...mailSettings,
  ...processSettings,
})

export type Config = Static<typeof Settings>
