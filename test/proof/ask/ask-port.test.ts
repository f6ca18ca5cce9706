// Real servers on loopback, one for each way in which a port can answer.
import { createSocket } from 'node:dgram'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { afterEach, describe, expect, test } from '@jest/globals'
import { bounds } from '../../../src/bounds.ts'
import type { Activity, Engine } from '../../../src/engine/engine.ts'
import { directReach } from '../../../src/engine/reach.ts'
import type { PortAnswer } from '../../../src/proof/ask/answers.ts'
import { type Asking, askPort } from '../../../src/proof/ask/ask-port.ts'
import { sipOptions } from '../../../src/proof/ask/protocols.ts'
import { askPorts, askUdp, questionsTo } from '../../../src/proof/ask/questions.ts'
import { nobody } from '../support/nobody.ts'
import { running } from '../support/records.ts'

const HERE = '127.0.0.1'
/** Nothing is known of the port, and nobody can look at the processes behind it. */
const STRANGER: Asking = { known: null, watched: () => null }
const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve))
  return (server.address() as AddressInfo).port
}

async function ask(server: Server): Promise<string> {
  const { kind, detail } = await askPort(HERE, await listen(server), STRANGER)
  return `${kind} ${detail}`.trim()
}

const page = (status: number, headers: Record<string, string> = {}): Server =>
  createHttp((_, response) => response.writeHead(status, headers).end('x'))
const tcp = (use: (socket: Socket) => void): Server => createServer(use)

/** Answers what begins with these words, and is silent to all else, as many that read a length first. */
function knowing(words: string, answer: string): (socket: Socket) => void {
  const known = new RegExp(`^(?:${words})`)
  return (socket) =>
    socket.on('data', (data) => {
      if (known.test(data.toString('latin1'))) socket.write(answer)
    })
}

/** What a program shows that waits for its clients and has only so much to do meanwhile. */
const resting = (wakesIn: number, running = false): Activity => ({ cpu: 0, running, wakesIn })

describe('a TCP port', () => {
  test.each<[string, Server, string]>([
    ['HTTP', page(200, { 'content-type': 'Text/HTML; charset=utf-8' }), 'http 200 text/html'],
    ['HTTP without a type', page(404), 'http 404'],
    ['a redirect', page(302, { location: '/login?next=%2F&token=8f3' }), 'http 302 to /login'],
    [
      'a redirect to another host',
      page(301, { location: 'https://example.com/x' }),
      'http 301 to https://example.com/x',
    ],
    [
      'one that is encrypted from the first byte on',
      tcp((socket) => socket.write(Buffer.from('71b30299c4a1e8ff0183d2a0', 'hex'))),
      'greeting binary',
    ],
    ['one that speaks first', tcp((socket) => socket.write('220 mail ready\r\n')), 'greeting 220'],
    [
      'one that greets with the name of its container',
      tcp((socket) => socket.write(':68ad6fafe8b9 NOTICE AUTH :x\r\n')),
      'greeting :ID',
    ],
    [
      'a redirect to the name of its container',
      page(302, { location: 'https://68ad6fafe8b9/login' }),
      'http 302 to https://ID/login',
    ],
    [
      'one that greets, and goes on in bytes',
      tcp((socket) => socket.write(`SSH-2.0-x\r\n${'\x01'.repeat(60)}`)),
      'greeting SSH-2.0-x',
    ],
    ['one that answers', tcp((socket) => socket.on('data', () => socket.write('-ERR what?\r\n'))), 'answer -ERR'],
    ['one that answers otherwise', tcp((socket) => socket.on('data', () => socket.write('+OK\r\n'))), 'answer +OK'],
    ['one that drops whoever comes', tcp((socket) => socket.end()), 'open hangs up at once'],
    ['HTTP in TLS', createHttps(nobody, (_, response) => response.writeHead(500).end()), 'https 500'],
    ['something else in TLS', createTls(nobody, (socket) => socket.end('* OK ready\r\n')), 'tls *'],
  ])('%s', async (_, server, expected) => {
    expect(await ask(server)).toBe(expected)
  })

  test.each<[string, Server, string]>([
    ['one that waits for the right words', tcp(knowing('PING\r\n', '+PONG\r\n')), 'Redis +PONG'],
    ['one that knows SIP', tcp(knowing('OPTIONS sip:', 'SIP/2.0 200 OK\r\n')), 'SIP SIP/2.0'],
    ['one that answers in bytes', tcp(knowing('AMQP', '\x01\0\0\x02')), 'AMQP binary'],
    ['one that knows two kinds of words', tcp(knowing('PING|AMQP', '+x ')), 'Redis +x'],
  ])('%s', async (_, server, detail) => {
    const asked = { known: null, watched: () => resting(Number.POSITIVE_INFINITY) }
    expect(await askPort(HERE, await listen(server), asked)).toMatchObject({ kind: 'spoken', detail })
  })

  test('an error of another protocol is no answer in the one that was spoken, also where it was known before', async () => {
    const port = await listen(tcp(knowing('PING|srvr|.{4}\x04\xd2', 'SPAMD/1.0 76 Bad header line: PING\r\n')))
    const asked = { known: null, watched: () => resting(Number.POSITIVE_INFINITY) }
    const answer = await askPort(HERE, port, asked)
    expect(answer).toMatchObject({ kind: 'answer', detail: 'SPAMD/1.0' })
    expect(await askPort(HERE, port, { ...asked, known: answer })).toMatchObject({
      kind: 'answer',
      detail: 'SPAMD/1.0',
    })
  })

  test('a redirect to its own address says neither address nor port, which differ from run to run', async () => {
    const server = createHttp((request, response) =>
      response.writeHead(302, { location: `http://${request.headers.host}/setup` }).end(),
    )
    expect(await ask(server)).toBe('http 302 to /setup')
  })

  test('400 to who does not speak TLS is no answer of the site behind it', async () => {
    const site = createHttps(nobody, (_, response) => response.writeHead(204).end())
    const port = await listen(site)
    // As web servers do: what is no handshake is told so in plain HTTP.
    const front = tcp((socket) =>
      socket.once('data', (first) => {
        if (first[0] !== 0x16) return socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n')
        const back = new (socket.constructor as typeof Socket)().connect(port, HERE)
        back.on('error', () => {}).write(first)
        return socket.pipe(back).pipe(socket)
      }),
    )
    expect(await ask(front)).toBe('https 204')
    expect(await ask(page(400))).toBe('http 400')
  })

  test('one that spoke TLS now and then is asked in it, whatever it says to who does not', async () => {
    const site = await listen(createHttps(nobody, (_, response) => response.writeHead(404).end()))
    const mute = tcp((socket) =>
      socket.once('data', (data) => {
        if (data[0] !== 0x16) return
        const inner = connect(site, HERE, () => inner.write(data))
        socket.pipe(inner).pipe(socket)
      }),
    )
    const known = { kind: 'unsteady', detail: 'tls, then https 404', variants: ['tls', 'https 404'] } as const
    expect(await askPort(HERE, await listen(mute), { ...STRANGER, known })).toMatchObject({ kind: 'https' })
  })

  test('one that spoke TLS in the original and does not here is something else', async () => {
    const port = await listen(page(200))
    expect(await askPort(HERE, port, { ...STRANGER, known: { kind: 'https', detail: '200' } })).toMatchObject({
      kind: 'http',
    })
  })

  test('one that spoke in the original is given its time, and only its own words', async () => {
    const heard: string[] = []
    const late = (socket: Socket): void => {
      socket.on('data', (data) => {
        heard.push(data.toString('latin1'))
        setTimeout(() => socket.write('+PONG\r\n'), 700)
      })
    }
    const known = { kind: 'spoken', detail: 'Redis +PONG' } as const
    const asked = { known, watched: () => resting(Number.POSITIVE_INFINITY) }
    expect(await askPort(HERE, await listen(tcp(late)), asked)).toMatchObject(known)
    expect(heard).toEqual(['PING\r\n'])
  })

  test.each<[string, Activity, string]>([
    ['does nothing and will do nothing', resting(Number.POSITIVE_INFINITY), 'open'],
    ['sleeps over it', resting(1000), 'http'],
    ['works on it', resting(Number.POSITIVE_INFINITY, true), 'http'],
  ])('one that %s is waited for accordingly', async (_, activity, kind) => {
    const late = createHttp((_request, response) => setTimeout(() => response.end('x'), 1000))
    expect(await askPort(HERE, await listen(late), { known: null, watched: () => activity })).toMatchObject({ kind })
  })

  test.each<[string, Asking, string]>([
    ['does nothing', { known: null, watched: () => resting(Number.POSITIVE_INFINITY) }, 'answer'],
    ['lets its guest wait', { known: null, watched: () => resting(100) }, 'greeting'],
    [
      'has greeted elsewhere',
      { known: { kind: 'greeting', detail: '220' }, watched: () => resting(Number.POSITIVE_INFINITY) },
      'greeting',
    ],
  ])('a late greeting of one that %s', async (_, asking, kind) => {
    const late = tcp((socket) => setTimeout(() => socket.write('220 mail ready\r\n'), 230))
    expect(await askPort(HERE, await listen(late), asking)).toMatchObject({ kind, detail: '220' })
  })

  test('one that hung up at once is given its time to do so again', async () => {
    const known = { kind: 'open', detail: 'hangs up at once' } as const
    const slow = await listen(tcp((socket) => setTimeout(() => socket.end(), 1000)))
    const silent = await listen(tcp(() => {}))
    const busy = await askPort(HERE, slow, { known, watched: () => null })
    const calm = await askPort(HERE, silent, { known, watched: () => resting(Number.POSITIVE_INFINITY) })
    expect([busy.detail, calm.detail]).toEqual(['hangs up at once', ''])
  })

  test('a port that nobody listens on is closed', async () => {
    const server = page(200)
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await askPort(HERE, port, STRANGER)).toEqual({ port, protocol: 'tcp', kind: 'closed', detail: '' })
  })
})

describe('a UDP port', () => {
  async function bind(answer: ((message: Buffer) => Buffer | string) | null): Promise<number> {
    const socket = createSocket('udp4')
    closing.push(() => socket.close())
    socket.on('message', (message, { address, port }) => {
      if (answer !== null) socket.send(answer(message), port, address)
    })
    await new Promise<void>((resolve) => socket.bind(0, HERE, resolve))
    return socket.address().port
  }

  test('a name server tells its code, another program its first word, a silent one nothing', async () => {
    const dns = await bind((question) => {
      const answer = Buffer.from(question)
      answer.writeUInt16BE(0x8005, 2)
      return answer
    })
    const other = await bind(() => 'pong\n')
    const silent = await bind(null)
    const asked = await Promise.all([dns, other, silent].map((port) => askUdp(HERE, port, null)))
    expect(asked.map(({ kind, detail }) => `${kind} ${detail}`.trim())).toEqual([
      'answer DNS, code 5',
      'answer pong',
      'bound',
    ])
  })

  test('a name server that lost the first question of its own is one all the same, whatever it says to others', async () => {
    let asked = 0
    const port = await bind((question) => {
      const answer = Buffer.from(question)
      answer.writeUInt16BE(0x8001, 2)
      const isLost = asked++ === 0
      return isLost ? Buffer.from('OP\x80\x01 not here', 'latin1') : answer
    })
    expect(await askUdp(HERE, port, null)).toMatchObject({ kind: 'answer', detail: 'DNS, code 1' })
  })

  test.each<[string, RegExp, string, string]>([
    ['STUN', /^000100002112/, '0101000c2112a442000000000000000000000000002000080001a1472112a443', 'type 257'],
    ['SIP', /^4f5054494f4e53/, Buffer.from('SIP/2.0 404 Not here\r\n\r\n').toString('hex'), 'code 404'],
    ['NTP', /^23(00){47}$/, `24${'00'.repeat(47)}`, ''],
    ['SNMP', /7075626c6963a0/, '30818c02010104067075626c6963a2', ''],
  ])('a server that understands %s and nothing else', async (protocol, question, answer, detail) => {
    const socket = createSocket('udp4')
    closing.push(() => socket.close())
    socket.on('message', (message, { address, port }) => {
      if (question.test(message.toString('hex'))) socket.send(Buffer.from(answer, 'hex'), port, address)
    })
    await new Promise<void>((resolve) => socket.bind(0, HERE, resolve))
    const asked = await askUdp(HERE, socket.address().port, null)
    expect(asked).toMatchObject({ kind: 'answer', detail: [protocol, detail].filter(Boolean).join(', ') })
  })

  test('a question of SIP is another one each time, else it is taken for one that was sent again', () => {
    const [one, other] = [sipOptions('UDP'), sipOptions('UDP')].map((question) => question.toString())
    for (const name of [/branch=(\S+);/, /tag=(\S+)/, /Call-ID: (\S+)/])
      expect(name.exec(one ?? '')?.[1]).not.toBe(name.exec(other ?? '')?.[1])
  })

  test('a port that nobody listens on is closed', async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, HERE, resolve))
    const { port } = socket.address()
    await new Promise<void>((resolve) => socket.close(resolve))
    expect(await askUdp(HERE, port, null)).toMatchObject({ kind: 'closed' })
  })
})

test('what is listened on and cannot be reached is bound, what was there before and is gone is closed', async () => {
  const listeners = [
    { port: 1, protocol: 'tcp', loopback: true },
    { port: 2, protocol: 'udp', loopback: true },
    { port: 40_000, protocol: 'tcp', loopback: false },
  ] as const
  const known = new Map([['tcp 3', { kind: 'bound', detail: '' }]] as const)
  const asked = { ...STRANGER, listeners, expected: [], known }
  const answers = await askPorts({ local: true }, { ...running, address: HERE }, asked)
  expect(answers.map(({ protocol, port, kind }) => `${protocol} ${port} ${kind}`)).toEqual([
    'tcp 1 bound',
    'tcp 3 closed',
    'udp 2 bound',
  ])
})

test('of a thousand open ports some are asked, at each look those that should be there, and the others say that they were not', async () => {
  const listeners = Array.from(
    { length: 1000 },
    (_, at) => ({ protocol: 'tcp', port: 8000 + at, loopback: false }) as const,
  )
  const asked: number[] = []
  const reach = {
    ...directReach,
    connect: (_: string, port: number) => {
      asked.push(port)
      return Promise.reject(new Error('refused'))
    },
  }
  const state = { ...running, address: HERE }
  const signal = new AbortController().signal
  const options = { ports: [8990, 8500], portNames: new Map(), signal }
  const questions = questionsTo({ local: true, reach } as unknown as Engine, options, {
    watched: () => null,
    isOver: async () => false,
  })
  await questions.ask(state, listeners)
  const first = Array.from({ length: bounds.askedPorts - 2 }, (_, at) => 8000 + at)
  expect([...new Set(asked)].sort()).toEqual([...first, 8500, 8990])
  const unasked = questions.answers().filter((answer) => answer.unasked === true)
  expect(unasked).toHaveLength(1000 - bounds.askedPorts)
  expect(new Set(unasked.map(({ kind }) => kind))).toEqual(new Set(['bound']))
})

test('no port of a program that has ended is asked again, since another container may have its address', async () => {
  let asked = 0
  const connect = (): Promise<never> => {
    asked += 1
    return Promise.reject(new Error('refused'))
  }
  const engine = { local: true, reach: { ...directReach, connect } } as unknown as Engine
  await askPorts(
    engine,
    { ...running, address: HERE },
    {
      ...STRANGER,
      listeners: [{ protocol: 'tcp', port: 8000, loopback: false }],
      expected: [8000],
      known: new Map([['tcp 8000', { kind: 'greeting', detail: 'hello' }]] as const),
      isOver: async () => true,
    },
  )
  // A question is two connections.
  expect(asked).toBe(2)
})

/** The answer of a server that treats its first connections in one way, and all others in another. */
async function answerOf(
  known: PortAnswer,
  early: Server,
  late: (socket: Socket) => void,
): Promise<PortAnswer | undefined> {
  // A question is two connections: one that asks, one that waits for a greeting.
  let met = 0
  const server = tcp((socket) => {
    met += 1
    if (met <= 2) early.emit('connection', socket)
    else late(socket)
  })
  const port = await listen(server)
  const engine = { local: true, reach: directReach } as unknown as Engine
  const listeners = [{ protocol: 'tcp', port, loopback: false } as const]
  const asked = {
    listeners,
    expected: [],
    known: new Map([[`tcp ${port}`, known]]),
    watched: () => resting(Number.POSITIVE_INFINITY),
  }
  const [answer] = await askPorts(engine, { ...running, address: HERE }, asked)
  return answer
}

const speaks = (socket: Socket): void => void socket.on('data', () => socket.write('SPAMD/1.0 76 x\r\n'))
const mute = tcp((socket) => socket.resume())
const spamd: PortAnswer = { port: 1, protocol: 'tcp', kind: 'answer', detail: 'SPAMD/1.0' }

test('an answer that differs from the known one is asked for again before it counts', async () => {
  expect(await answerOf(spamd, mute, speaks)).toMatchObject({ kind: 'answer', detail: 'SPAMD/1.0' })
  expect(await answerOf(spamd, mute, (socket) => socket.resume())).toMatchObject({ kind: 'open' })
})

test('an error page counts at once', async () => {
  const known: PortAnswer = { port: 1, protocol: 'tcp', kind: 'http', detail: '200' }
  const good = page(200)
  expect(await answerOf(known, page(500), (socket) => good.emit('connection', socket))).toMatchObject({ detail: '500' })
})
