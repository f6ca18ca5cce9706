import { hiddenIn } from '../borders/terminal.ts'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'

/** What the page works on: all of it text that somebody typed, or that a link carried. */
export interface PlaygroundInput {
  readonly dockerfile: string
  /** Files of its build context, in the order of the tabs. */
  readonly files: readonly (readonly [path: string, text: string])[]
}

export const DOCKERFILE = 'Dockerfile'

/** What keeps a path from being that of one more file, for people; null where nothing does. */
export function pathProblem(path: string, others: readonly string[]): string | null {
  if (path === '') return 'a file needs a path, such as start.sh or conf/site.conf'
  if (path.length > bounds.sharedPath) return `a path has at most ${bounds.sharedPath} characters`
  if (hiddenIn(path) !== null) return 'a path has no hidden characters'
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'a path begins in the folder of the Dockerfile, and no part of it is empty, . or ..'
  if (path === DOCKERFILE || others.includes(path)) return `there is a ${path} already`
  if (others.length >= bounds.sharedFiles) return `there are at most ${bounds.sharedFiles} files beside the Dockerfile`
  return null
}

/** The input as the fragment of a link: deflated JSON in base64url. Throws HardenError `too-large`. */
export async function packed(input: PlaygroundInput): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify([input.dockerfile, input.files]))
  const link = base64url(await bytesOf(json, new CompressionStream('deflate-raw'), json.length + SLACK))
  if (json.length > bounds.sharedText || link.length > bounds.sharedLink)
    throw new HardenError('too-large', 'the texts are too large for a link', {
      hint: 'remove a file, or shorten one',
    })
  return link
}

/** What deflate adds to a text that it cannot make smaller. */
const SLACK = 1024

/** The input of such a fragment, which anybody may have written. Throws HardenError `unreadable` or `too-large`. */
export async function unpacked(link: string): Promise<PlaygroundInput> {
  if (link.length > bounds.sharedLink) throw tooLarge()
  try {
    const bytes = Uint8Array.from(atob(link.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
    const json = await bytesOf(bytes, new DecompressionStream('deflate-raw'), bounds.sharedText)
    return checked(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)))
  } catch (thrown) {
    if (thrown instanceof HardenError) throw thrown
    throw unreadable(thrown)
  }
}

function checked(value: unknown): PlaygroundInput {
  const [dockerfile, files] = Array.isArray(value) ? value : []
  if (typeof dockerfile !== 'string' || !Array.isArray(files)) throw unreadable()
  const taken: (readonly [string, string])[] = []
  for (const file of files) {
    const [path, text] = Array.isArray(file) ? file : []
    if (typeof path !== 'string' || typeof text !== 'string') throw unreadable()
    const paths = taken.map(([before]) => before)
    if (pathProblem(path, paths) !== null) throw unreadable()
    taken.push([path, text])
  }
  return { dockerfile, files: taken }
}

function unreadable(cause?: unknown): HardenError {
  return new HardenError('unreadable', 'the link could not be read: it is damaged, or was not made here', { cause })
}

function tooLarge(): HardenError {
  return new HardenError('too-large', 'the link was not read: it holds more than this page takes')
}

/** Stops at the first byte too many: a few bytes of a link may stand for gigabytes. */
async function bytesOf(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader()
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw tooLarge()
    }
    parts.push(value)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function base64url(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
