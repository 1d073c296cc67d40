/** Whether an error means that the database is away, for the faces to answer 503. */
export { isUnavailable } from '../store/faults.ts'
