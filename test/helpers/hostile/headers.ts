import { type HostileRequest, maxHeadBytes } from './hostile-request.ts'

/** Headers that a route or the server reads. */
export function hostileHeaders(): HostileRequest[] {
  return [
    of('x-forwarded-for', '127.0.0.1,'),
    of('x-forwarded-for', ','),
    of('forwarded', 'for="'),
    of('forwarded', 'for=127.0.0.1;,'),
    of('forwarded', '"\\'),
    of('if-match', '"a" , '),
    of('if-match', '"'),
    of('if-none-match', 'W/"a",'),
    of('accept-encoding', 'gzip;q=0,'),
    of('accept', 'a/a,'),
    of('x-acting-user', 'a'),
    of('x-acting-user', '%'),
    of('idempotency-key', 'a'),
    of('x-request-id', 'a'),
    of('cookie', 'a=a;'),
    of('content-type', 'a/a;'),
    of('content-type', 'application/json;a="'),
    of('range', 'bytes=0-0,'),
    of('x-verifier-authorization', 'Bearer a,'),
    of('authorization', 'Bearer a '),
    of('authorization', 'aeon_'),
    of('authorization', 'Bearer eyJ.'),
  ]
}

/** Headers that the service reads alike on all routes of an API, or not at all. */
export function hostileSharedHeaders(): HostileRequest[] {
  return [
    of('authorization', 'Basic YTph'),
    of('authorization', 'Basic '),
    of('x-forwarded-for', '::ffff:127.0.0.1, '),
    of('x-forwarded-for', 'fe80::1%eth0,'),
    of('x-forwarded-for', '127.0.0.1:1,'),
    of('forwarded', 'for="[::1]:1";by=_a;proto=http, '),
    of('forwarded', 'for=127.0.0.1;for="\\",'),
    of('if-none-match', '*,'),
    of('if-match', 'W/'),
    of('accept', 'text/*;q=0.001;a="b,c",'),
    of('accept-encoding', 'br;q=1.000,*;q=0,'),
    of('accept-language', 'a-b;q=0.1,'),
    of('content-encoding', 'gzip,'),
    of('content-type', 'multipart/form-data; boundary='),
    of('content-type', 'application/json; charset='),
    of('cookie', '__Host-a="\\";'),
    of('traceparent', '00-'),
    of('connection', 'x-forwarded-for,'),
    of('prefer', 'wait=1,'),
    of('via', '1.1 a,'),
    of('host', 'a.'),
    {
      told: '1,900 headers',
      headers: Object.fromEntries(Array.from({ length: 1_900 }, (_, n) => [`x-${n}`, ''])),
    },
  ]
}

function of(name: string, text: string): HostileRequest {
  return {
    told: `${name} of ${text}`,
    headers: { [name]: text.repeat(maxHeadBytes / text.length) },
  }
}
