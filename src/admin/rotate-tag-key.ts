import { timingOf } from '../cache/timing.ts'
import { rotateTagKey } from '../keys/rotate-tag-key.ts'
import { asInstance } from './as-instance.ts'
import type { Command } from './command.ts'

/** Makes a new tag key sign, once every instance knows it. */
export const rotateTagKeyCommand: Command = {
  summary: 'Let a new tag key sign new tokens, once every instance knows it.',
  options: [],
  async run(context) {
    // By then every instance knows it, or holds no lease.
    const waitMs = 2 * timingOf(context.config.MAX_STALENESS_MS).watchMs
    const { id } = await asInstance(context, (deps) => rotateTagKey(deps, waitMs))
    return {
      text: `The tag key ${id} signs new tokens. The old one verifies for as long as live keys use it.`,
      json: { tag_key_id: id },
    }
  },
}
