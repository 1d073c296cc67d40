import { timingOf } from '../freshness/timing.ts'
import { rotateTagKey } from '../setup/rotate-tag-key.ts'
import { asInstance } from './as-instance.ts'
import type { Command } from './command.ts'

/** Makes a new tag key the signing one, once every instance knows it. */
export const rotateTagKeyCommand: Command = {
  summary:
    "Create a tag key (the HMAC key of the tokens' MAC tags), and sign new tokens with it once every instance has it.",
  options: [],
  async run(context) {
    // After this long every instance knows the key, or holds no lease.
    const waitMs = 2 * timingOf(context.config.MAX_STALENESS_MS).failureTimeoutMs
    const { id } = await asInstance(context, (deps) => rotateTagKey(deps, waitMs))
    return {
      text: `The tag key ${id} signs new tokens. The previous tag key stays valid while keys use it.`,
      json: { tag_key_id: id },
    }
  },
}
