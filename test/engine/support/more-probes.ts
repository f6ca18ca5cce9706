// The second list: what else people ship. See probes.ts for the first and for what a probe is.
import { createSocket } from 'node:dgram'
import { get } from 'node:https'
import { converse } from './converse.ts'
import { assertAddress, hasFile } from './images.ts'
import { counter, page, type Server, type Subject } from './probes.ts'

export const MORE_SERVERS: Readonly<Record<string, Server>> = {
  memcached: { port: 11211, probe: memcached },
  unbound: { port: 53, probe: dns },
  nats: { port: 4222, probe: nats },
  vsftpd: { port: 21, probe: ftp },
  slapd: { port: 389, probe: ldap },
  'php-nginx': { port: 80, probe: session },
  'ruby-app': { port: 9292, probe: counter },
  'node-uploads-shipped': { port: 3000, probe: upload },
  'secret-config': { port: 8000, probe: login },
  'nginx-tls': { port: 443, probe: https },
  // Has no EXPOSE: the port is in its arguments only.
  webfs: { port: 80, probe: page('/', 'It works') },
  sshd: { port: 22, probe: ssh },
  haproxy: { port: 80, probe: page('/', 'It works') },
  'nginx-official': { port: 80, probe: page('/', 'Welcome to nginx') },
  lighttpd: { port: 80, probe: page('/', 'Placeholder page') },
  exim: { port: 25, probe: mail },
  tomcat: { port: 8080, probe: page('/', 'It works') },
}

async function memcached({ address }: Subject, port: number): Promise<void> {
  await converse(address, port, ['set probe 0 0 4\r\nkept\r\nget probe\r\n', /VALUE probe 0 4\r\nkept\r\n/])
}

async function nats({ id, address }: Subject, port: number): Promise<void> {
  const hello = 'CONNECT {"verbose":false}\r\nSUB probe 1\r\nPUB probe 4\r\nkept\r\n'
  await converse(address, port, [hello, /MSG probe 1 4\r\nkept\r\n/])
  if (!(await hasFile(id, '/data/jetstream'))) throw new Error('no folder /data/jetstream')
}

async function ftp({ address }: Subject, port: number): Promise<void> {
  const login = [/^220 /, 'USER anonymous\r\n', /^331 /, 'PASS probe@example.com\r\n', /^230 /]
  await converse(address, port, [...login, 'TYPE I\r\n', /^200 /, 'SIZE hello.txt\r\n', /^213 9\r\n/])
}

/** An anonymous bind, answered with success. */
async function ldap({ address }: Subject, port: number): Promise<void> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: BER is binary.
  await converse(address, port, [Buffer.from('300c020101600702010304008000', 'hex'), /\x61\x07\x0a\x01\x00/])
}

/** To the point where both sides have told which algorithms they know: a process of its own serves the connection. */
async function ssh({ address }: Subject, port: number): Promise<void> {
  await converse(address, port, [/^SSH-2\.0-.*\r\n/, 'SSH-2.0-probe\r\n', /curve25519-sha256/])
}

async function mail({ address }: Subject, port: number): Promise<void> {
  const envelope = ['EHLO probe\r\n', /^250 /m, 'MAIL FROM:<>\r\n', /^250 /, 'RCPT TO:<root@localhost>\r\n', /^250 /]
  await converse(address, port, [/^220 /, ...envelope, 'DATA\r\n', /^354 /, 'Subject: probe\r\n\r\n.\r\n', /^250 OK/])
}

/** The second visit knows of the first: the session was stored. */
async function session({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const url = `http://${address}:${port}/`
  const first = await fetch(url)
  await first.text()
  const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const second = await fetch(url, { headers: { cookie } })
  const text = await second.text()
  if (text !== 'visit 2\n') throw new Error(`GET /: ${second.status} ${text.slice(0, 80)}`)
}

async function login({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const authorization = `Basic ${Buffer.from('admin:not-a-real-one').toString('base64')}`
  const { status } = await fetch(`http://${address}:${port}/`, { headers: { authorization } })
  if (status !== 200) throw new Error(`GET /: ${status}`)
}

async function upload({ id, address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const response = await fetch(`http://${address}:${port}/`, { method: 'POST', body: 'a file' })
  const name = (await response.text()).trim()
  if (response.status !== 201) throw new Error(`POST /: ${response.status} ${name}`)
  if (!(await hasFile(id, `/app/uploads/${name}`))) throw new Error(`no file /app/uploads/${name}`)
}

/** The certificate signs itself. */
function https({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  return new Promise((resolve, reject) => {
    const request = get({ host: address, port, rejectUnauthorized: false, agent: false, timeout: 5000 }, (response) => {
      response.resume()
      if (response.statusCode === 200) resolve()
      else reject(new Error(`GET /: ${response.statusCode}`))
    })
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error(`no answer from port ${port}`)))
  })
}

/** Asks over UDP for `probe.test`, which the server's own configuration answers with 192.0.2.1. */
function dns({ address }: Subject, port: number): Promise<void> {
  assertAddress(address)
  const question = Buffer.from('0001010000010000000000000570726f626504746573740000010001', 'hex')
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    const end = (error?: Error) => {
      clearTimeout(timer)
      socket.close()
      if (error) reject(error)
      else resolve()
    }
    const timer = setTimeout(() => end(new Error(`no answer from port ${port}/udp`)), 1000)
    socket.on('error', end)
    socket.on('message', (answer) => {
      const found = answer.includes(Buffer.from([192, 0, 2, 1]))
      end(found ? undefined : new Error(`dns: ${answer.toString('hex')}`))
    })
    socket.connect(port, address, () => socket.send(question))
  })
}
