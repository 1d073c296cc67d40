/** What shows the outcome of a request for a token. */
export { lostToken, unknownOutcome } from './lost-token.js'
export { NewToken } from './new-token.js'
export { followReceipt, progressOf } from './receipt.js'
