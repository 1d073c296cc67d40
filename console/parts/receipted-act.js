import { Problem } from '../api.js'
import { followReceipt } from './receipt.js'

/** An act that a dialog sends when it is asked to, and its receipt as that comes. */
export class ReceiptedAct {
  /** @type {'asking' | 'acting' | 'done'} */
  step = 'asking'
  /** What went wrong. @type {unknown} */
  problem
  /** @type {import('./receipt.js').Progress | undefined} */
  progress
  #update
  #changed

  /**
   * @param {() => void} update shows the dialog anew
   * @param {() => void} changed called when the act is done, and when it may be
   */
  constructor(update, changed) {
    this.#update = update
    this.#changed = changed
  }

  /**
   * Performs the act, and follows its receipt until it is complete.
   * @param {() => ReturnType<typeof import('../api.js').call>} send
   */
  async run(send) {
    this.step = 'acting'
    this.problem = undefined
    this.#update()
    try {
      const { body, startedAt } = await send()
      this.step = 'done'
      this.#changed()
      await followReceipt(body.receipt, startedAt, (latest) => {
        this.progress = latest
        this.#update()
      })
    } catch (error) {
      this.problem = error
      if (this.step === 'acting') {
        this.step = 'asking'
        if (error instanceof Problem && error.isUncertain) this.#changed()
      }
      this.#update()
    }
  }
}
