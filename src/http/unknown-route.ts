import { ServiceError } from '../errors.ts'

/** A path that no route has. `hasRoute`: whether a path has one, to say what is meant instead. */
export class UnknownRoute extends ServiceError {
  constructor(path: string, hasRoute: (path: string) => boolean = () => false) {
    super('not_found', `There is no such route${hintFor(path, hasRoute)}.`)
  }
}

/** A slash too many is easily overlooked in a URL that a program puts together. */
function hintFor(path: string, hasRoute: (path: string) => boolean): string {
  if (path.endsWith('/') && hasRoute(path.slice(0, -1))) return ': leave out the slash at the end'
  return path.includes('//') ? ': the path has two slashes in a row' : ''
}
