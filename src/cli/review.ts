import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TargetOutcome } from '../app/task.ts'
import { visible, visibleLine } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { applyEdits } from '../edit.ts'
import { asFailure, HardenError } from '../errors.ts'
import { type ChangeSet, choicesOf, subset, unprepared, wholeChange, withNeeds } from '../report/changes.ts'
import { fileDiff } from '../report/diff.ts'
import { REVIEW_POLICY, reviewPage } from '../report/html.ts'
import { counted, painter } from '../report/summary.ts'
import { replaceTexts, type TextChange } from '../repository/files.ts'
import { type Io, wantsColour } from './io.ts'
import type { Work } from './request.ts'
import { rendering } from './show.ts'
import type { Written } from './write-results.ts'

/** Indexes of accepted changes, by the index of their target; what they need is not yet among them. */
type Accepted = ReadonlyMap<number, readonly number[]>

/** What was written, and whether something that could have been accepted was not. */
export interface Reviewed extends Written {
  readonly isPartial: boolean
}

/**
 * Lets somebody choose, in the page or on the terminal, and writes what was accepted: all of it, or nothing. Throws HardenError
 * `bad-usage` where nobody can be asked, `unwritable` with nothing written; on the page that is told there, and it goes on.
 */
export async function reviewResults(
  choose: NonNullable<Work['choose']>,
  outcomes: readonly TargetOutcome[],
  io: Io,
  signal: AbortSignal,
): Promise<Reviewed> {
  const targets = outcomes.map((outcome) => ({ outcome, choices: choicesOf(rendering(outcome, io.cwd)) }))
  const total = targets.reduce((sum, { choices }) => sum + choices.length, 0)
  const isChosen = (accepted: Accepted): boolean => count(targets, accepted) === total
  const nothing = { outcomes, files: [], heldBack: [], notWritten: [], isPartial: total > 0 }
  if (total === 0) return nothing
  const write = async (accepted: Accepted): Promise<Reviewed> => {
    const changes = textsOf(targets, accepted, io.cwd)
    await replaceTexts(changes)
    return { ...nothing, files: changes.map(({ name }) => name), isPartial: !isChosen(accepted) }
  }
  const said = (reviewed: Reviewed, accepted: Accepted): string =>
    `wrote ${count(targets, accepted)} of ${counted(total, 'change')} in ${counted(reviewed.files.length, 'file')}`
  if (choose.by === 'terminal') {
    const accepted = await ask(targets, io, signal)
    if (accepted === null || signal.aborted) return nothing
    const reviewed = await write(accepted)
    if (reviewed.files.length > 0) io.stderr.write(`${said(reviewed, accepted)}\n`)
    return reviewed
  }
  let reviewed: Reviewed = nothing
  const page = reviewPage(outcomes.map((outcome) => rendering(outcome, io.cwd)))
  await serve(page, {
    port: choose.port,
    signal,
    tell: (url) => io.stderr.write(`review at ${url} (it ends there, or here with Ctrl-C, which writes nothing)\n`),
    decide: async (body) => {
      const accepted = acceptedOf(body, targets)
      reviewed = await write(accepted)
      const message = said(reviewed, accepted)
      io.stderr.write(`${message}\n`)
      return message
    },
  })
  return reviewed
}

interface Target {
  readonly outcome: TargetOutcome
  readonly choices: ChangeSet['all']
}

function count(targets: readonly Target[], accepted: Accepted): number {
  return targets.reduce(
    (sum, { choices }, index) => sum + withNeeds({ all: choices }, accepted.get(index) ?? []).length,
    0,
  )
}

/** Throws HardenError `unwritable` where one file would get two texts. */
function textsOf(targets: readonly Target[], accepted: Accepted, cwd: string): readonly TextChange[] {
  const texts = new Map<string, TextChange>()
  for (const [index, { outcome }] of targets.entries()) {
    const chosen = accepted.get(index) ?? []
    if (chosen.length === 0) continue
    for (const text of changedTexts(outcome, chosen, cwd)) {
      const other = texts.get(text.path)
      if (other !== undefined && other.after !== text.after)
        throw new HardenError('unwritable', `nothing was written: ${text.name} changes with two targets`, {
          hint: 'accept the changes of one of them',
        })
      texts.set(text.path, text)
    }
  }
  return [...texts.values()]
}

/** What changes in each file with the chosen changes; all of them together where they are in several files. */
export function changedTexts(outcome: TargetOutcome, chosen: readonly number[], cwd: string): readonly TextChange[] {
  const { result, source, path, files, changes = wholeChange(source, result.output, '') } = outcome
  if (files !== undefined)
    return files
      .filter(({ before, after }) => before !== after)
      .map((file, index) => ({ ...file, name: rendering(outcome, cwd).files?.[index]?.name ?? file.path }))
  const after = subset(changes, chosen)
  return path === null || after === source ? [] : [{ path, name: result.target, before: source, after }]
}

// The page.

interface Serving {
  /** Null for any that is free. */
  readonly port: number | null
  readonly signal: AbortSignal
  tell(url: string): void
  /** What was accepted, as it was sent; gives what the page is to say, or throws HardenError, and the review goes on. */
  decide(body: unknown): Promise<string>
}

/**
 * Serves the page on loopback until it is ended there, or by the signal. Whoever does not know the token in the path learns
 * nothing; a name that leads here (DNS rebinding) is no name of ours; and what changes something comes from the page itself.
 */
async function serve(page: string, { port, signal, tell, decide }: Serving): Promise<void> {
  const token = randomBytes(24).toString('base64url')
  const server = createServer()
  const ended = new Promise<void>((end) => {
    signal.addEventListener('abort', () => end(), { once: true })
    let isOver = false
    server.on('request', (request, response) => {
      answer(request, response).catch((error: unknown) => {
        const { code, message } = asFailure(error)
        reply(response, code === 'bug' ? 500 : code === 'bad-usage' ? 400 : 409, { message })
      })
    })
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { method, headers } = request
      const host = `127.0.0.1:${(server.address() as AddressInfo | null)?.port}`
      const [, given = '', path = ''] = /^\/([^/?]*)\/([^?]*)$/.exec(request.url ?? '') ?? []
      if (headers.host !== host || !isSame(given, token)) return reply(response, 403, { message: 'not for you' })
      if (method === 'GET' && path === '') return replyPage(response, page)
      if (method !== 'POST' || (path !== 'write' && path !== 'end'))
        return reply(response, 404, { message: 'not there' })
      if (headers.origin !== `http://${host}`) return reply(response, 403, { message: 'not from there' })
      const body = path === 'write' ? await bodyOf(request) : null
      if (isOver) throw new HardenError('unwritable', 'the review is over')
      // One decision at a time: files that are being written are not written again.
      isOver = true
      try {
        const message = path === 'write' ? await decide(body) : 'nothing was written'
        response.on('close', end)
        reply(response, 200, { message: `${message}; this page can be closed` })
      } catch (error) {
        isOver = false
        throw error
      }
    }
  })
  await listen(server, port)
  tell(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${token}/`)
  try {
    if (!signal.aborted) await ended
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function listen(server: Server, port: number | null): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once('error', (error) =>
      fail(new HardenError('bad-usage', `port ${port} cannot be used: ${error.message}`, { hint: 'leave out --port' })),
    )
    server.listen(port ?? 0, '127.0.0.1', done)
  })
}

const GUARDS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  connection: 'close',
} as const

function replyPage(response: ServerResponse, page: string): void {
  const policy = `${REVIEW_POLICY}; frame-ancestors 'none'`
  response.writeHead(200, { ...GUARDS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
  response.end(page)
}

function reply(response: ServerResponse, status: number, body: { readonly message: string }): void {
  response.writeHead(status, {
    ...GUARDS,
    'content-type': 'application/json',
    'content-security-policy': "default-src 'none'",
  })
  response.end(JSON.stringify(body))
}

/** Throws HardenError `bad-usage`. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > bounds.textBytes) throw badRequest()
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch {
    throw badRequest()
  }
}

function badRequest(): HardenError {
  return new HardenError('bad-usage', 'that is no choice of changes')
}

/** `{ accepted: [{ target: 0, changes: [0, 2] }] }`. Throws HardenError `bad-usage` for what was not there to be accepted. */
function acceptedOf(body: unknown, targets: readonly Target[]): Accepted {
  const { accepted } = Object(body) as { readonly accepted?: unknown }
  if (!Array.isArray(accepted)) throw badRequest()
  const entries = accepted.map((entry: unknown) => {
    const { target, changes } = Object(entry) as { readonly target?: unknown; readonly changes?: unknown }
    const choices = typeof target === 'number' ? targets[target]?.choices : undefined
    if (choices === undefined || !Array.isArray(changes)) throw badRequest()
    if (!changes.every((index: unknown) => typeof index === 'number' && choices[index] !== undefined))
      throw badRequest()
    return [target as number, changes as readonly number[]] as const
  })
  return new Map(entries)
}

// The terminal.

const HELP = [
  'y - accept this change',
  'n - leave it',
  'a - accept it and all later ones of this file',
  'd - leave it and all later ones of this file',
  'q - ask no more: what is accepted is written',
  '? - print help',
]

/** Null where it was ended by the signal. */
async function ask(targets: readonly Target[], io: Io, signal: AbortSignal): Promise<Accepted | null> {
  const accepted = new Map<number, number[]>()
  const colour = wantsColour(io.stderr, io.env)
  const answers = lines(io.stdin, signal)
  try {
    for (const [index, { outcome, choices }] of targets.entries()) {
      const taken: number[] = []
      accepted.set(index, taken)
      const isTaken = (change: number): boolean => withNeeds({ all: choices }, taken).includes(change)
      let rest: 'y' | 'n' | null = null
      // From the top of the file to its end.
      const order = [...choices.keys()].sort(
        (a, b) => (choices[a]?.edits[0]?.start ?? 0) - (choices[b]?.edits[0]?.start ?? 0),
      )
      for (const [nth, change] of order.entries()) {
        if (isTaken(change)) continue
        if (rest === null) io.stderr.write(told(outcome, choices, change, io.cwd, colour))
        let reply: string | null = rest
        while (reply === null) {
          io.stderr.write(painter(colour)('bold', `(${nth + 1}/${order.length}) accept this change [y,n,a,d,q,?]? `))
          const line = await answers.next()
          if (signal.aborted) return null
          const word: string = line.done === true ? 'q' : line.value.trim().toLowerCase()
          if (/^[ynadq]$/.test(word)) reply = word
          else io.stderr.write(`${HELP.join('\n')}\n`)
        }
        if (reply === 'q') return accepted
        if (reply === 'a' || reply === 'd') rest = reply === 'a' ? 'y' : 'n'
        if (reply !== 'y' && reply !== 'a') continue
        const before = withNeeds({ all: choices }, taken)
        taken.push(change)
        const along = withNeeds({ all: choices }, taken).filter((other) => other !== change && !before.includes(other))
        for (const other of along)
          io.stderr.write(`accepted too, as it is needed: ${visibleLine(choices[other]?.finding.message ?? '')}\n`)
      }
      for (const [change, without] of unprepared({ all: choices }, taken))
        io.stderr.write(
          `${visibleLine(outcome.result.target)}: ${visibleLine(choices[change]?.finding.message ?? '')}, without ${counted(without.length, 'change')} that prepared it: prove it\n`,
        )
    }
    return accepted
  } finally {
    // A pending read would keep the process alive.
    await answers.return(undefined)
  }
}

function told(
  { result, source, path, files }: TargetOutcome,
  choices: ChangeSet['all'],
  change: number,
  cwd: string,
  colour: boolean,
): string {
  const choice = choices[change]
  if (choice === undefined) return ''
  const own = { name: path ?? result.target, before: source, after: applyEdits(source, choice.edits) }
  const shown = (files ?? [own]).map((file) => fileDiff({ ...file, name: file.name.replace(`${cwd}/`, '') }, colour))
  const { finding } = choice
  const why = finding.evidence.map(({ source: from, subject, detail }) => `  ${from} ${subject}: ${detail}\n`)
  const hint = finding.hint === undefined ? '' : `  do: ${finding.hint}\n`
  return `${shown.map(colour ? (text) => text : visible).join('')}${visible(`${finding.message} (${finding.transform})\n${why.join('')}${hint}`)}`
}

/** Lines as they come; ends with the stream and with the signal. */
async function* lines(stream: Io['stdin'], signal: AbortSignal): AsyncGenerator<string, undefined> {
  const chunks = stream[Symbol.asyncIterator]()
  const aborted = new Promise<IteratorResult<never>>((end) => {
    signal.addEventListener('abort', () => end({ done: true, value: undefined }), { once: true })
  })
  let held = ''
  try {
    for (;;) {
      const { done = false, value } = await Promise.race([chunks.next(), aborted])
      if (done) break
      held += Buffer.from(value as Uint8Array).toString()
      for (let at = held.indexOf('\n'); at >= 0; at = held.indexOf('\n')) {
        yield held.slice(0, at)
        held = held.slice(at + 1)
      }
    }
  } finally {
    if (!signal.aborted) await chunks.return?.()
  }
  return undefined
}
