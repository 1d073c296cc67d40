import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface SmtpServer {
  readonly url: string
  /** The mails that it accepted, decoded. */
  readonly mails: { readonly from: string; readonly to: string; readonly text: string }[]
  /** What it does with a mail: it may refuse it with all of its words, or say nothing. */
  behaviour: 'accept' | 'refuse' | 'silent'
  /** The user names and passwords that it was given. */
  readonly logins: string[]
}

/** A mail server (RFC 5321) on this machine, without TLS. */
export async function startSmtpServer(t: Test): Promise<SmtpServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    serve(socket, smtp)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const smtp: SmtpServer = {
    url: `smtp://user:pass%2Fword@127.0.0.1:${port}`,
    mails: [],
    behaviour: 'accept',
    logins: [],
  }
  return smtp
}

function serve(socket: Socket, server: SmtpServer): void {
  let [from, to] = ['', '']
  let data: string[] | undefined
  let rest = ''
  const say = (line: string) => socket.write(`${line}\r\n`)
  const take = (line: string) => {
    if (data !== undefined) {
      if (line !== '.') return void data.push(line)
      const text = decode(data)
      data = undefined
      if (server.behaviour === 'silent') return
      if (server.behaviour === 'refuse') return say(`554 refused: ${text.replaceAll('\n', ' ')}`)
      server.mails.push({ from, to, text })
      return say('250 accepted')
    }
    const [verb = ''] = line.toUpperCase().split(' ')
    switch (verb) {
      case 'EHLO':
        return say('250-test\r\n250 AUTH PLAIN')
      case 'AUTH':
        server.logins.push(Buffer.from(line.split(' ')[2] ?? '', 'base64').toString())
        return say('235 welcome')
      case 'MAIL':
        from = line
        return say('250 sender')
      case 'RCPT':
        to = line
        return say('250 recipient')
      case 'DATA':
        data = []
        return say('354 go on')
      default:
        return say('221 bye')
    }
  }
  say('220 test')
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}

/** Quoted-printable (RFC 2045, section 6.7). */
function decode(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
}
