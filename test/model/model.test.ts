import { join } from 'node:path'
import t from 'tap'
import { unmeasured } from '../helpers/unmeasured.ts'

const [command, args] = unmeasured(join(import.meta.dirname, 'claims.ts'))
t.spawn(command, args, 'the model of the freshness protocol')
