import { runGroup } from '../helpers/run-group.ts'

runGroup(import.meta.filename)
