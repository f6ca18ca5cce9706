import { HardenError } from '../errors.ts'
import { table } from '../table.ts'

/** How a target says outright where its image is, as the help names it: containers-transports(5). */
export const transports = {
  docker: 'docker:// (a registry)',
  'docker-daemon': 'docker-daemon: (the engine)',
  'docker-archive': 'docker-archive:FILE',
  'oci-archive': 'oci-archive:FILE',
  oci: 'oci:FOLDER',
} as const

type Transport = keyof typeof transports

/** An image by name, in an engine or a registry. */
export interface ImageReference {
  readonly kind: 'image'
  /** How to reach it where the text said so: `docker://` or `docker-daemon:`. */
  readonly transport: Extract<Transport, 'docker' | 'docker-daemon'> | null
  /** As given, without the transport; safe to hand to an engine. */
  readonly text: string
  /** Registry host with its port; `docker.io` where the text has none. */
  readonly domain: string
  /** Path in the registry: `library/nginx`. */
  readonly path: string
  /** Domain and path: `docker.io/library/nginx`. */
  readonly repository: string
  /** As people write it: `nginx`, `bitnami/redis`, `quay.io/x/y`; without tag and digest. */
  readonly familiarName: string
  readonly tag: string | null
  /** `sha256:…`. */
  readonly digest: string | null
}

/** An image in a file or folder. */
export interface ArchiveReference {
  readonly kind: 'archive'
  readonly transport: Exclude<Transport, 'docker' | 'docker-daemon'>
  readonly text: string
  /** Path of the file or folder, as given. */
  readonly file: string
  /** Which image of it; null for the only one. */
  readonly image: string | null
}

export type Reference = ImageReference | ArchiveReference

// The grammar of github.com/distribution/reference, piece by piece so that an error can name the piece.
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const transportPattern = new RegExp(`^(${Object.keys(transports).join('|')}):(.*)$`, 's')
const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const digestLengths: Readonly<Record<string, number>> = table({ sha256: 64, sha384: 96, sha512: 128 })
const maximumNameLength = 255
const maximumTextLength = 1024

/**
 * Parses an image reference with the grammar that Docker uses, or one with a transport as in containers-transports(5).
 * Throws HardenError `bad-reference` for anything else.
 */
export function parseReference(text: string): Reference {
  const match = transportPattern.exec(text)
  const [, transport, rest] = match ?? []
  if (transport === 'docker' && rest?.startsWith('//')) return { ...parseImage(rest.slice(2)), transport }
  // `docker:27-dind` and `oci:1` are names with a tag as well; a folder or file always has more than a tag.
  if (rest === undefined || transport === undefined || transport === 'docker') return parseImage(text)
  if (transport === 'docker-daemon') return { ...parseImage(rest), transport }
  return parseArchive(text, transport as ArchiveReference['transport'], rest)
}

/** As parseReference, for places where only an image by name makes sense (FROM, an engine). */
export function parseImageReference(text: string): ImageReference {
  const reference = parseReference(text)
  if (reference.kind === 'image') return reference
  throw bad(text, `it names an archive (${reference.transport}:), not an image in an engine or a registry`)
}

function parseArchive(text: string, transport: ArchiveReference['transport'], rest: string): ArchiveReference {
  const at = rest.indexOf(':')
  const file = at < 0 ? rest : rest.slice(0, at)
  if (file === '' || file.includes('\0')) {
    throw bad(text, 'there is no path after the transport', `write it as ${transport}:PATH`)
  }
  return { kind: 'archive', transport, text, file, image: at < 0 ? null : rest.slice(at + 1) || null }
}

function parseImage(text: string): ImageReference {
  checkText(text)
  const at = text.indexOf('@')
  const digest = at < 0 ? null : text.slice(at + 1)
  const beforeDigest = at < 0 ? text : text.slice(0, at)
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1)
  const tag = colon < 0 ? null : beforeDigest.slice(colon + 1)
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon)
  if (digest !== null) checkDigest(text, digest)
  if (tag !== null && !tagPattern.test(tag)) {
    throw bad(text, `the tag "${tag}" is not 1 to 128 letters, digits, "_", "." and "-"`)
  }
  const { domain, path } = splitName(text, name)
  const repository = `${domain}/${path}`
  const familiarName = domain === 'docker.io' ? path.replace(/^library\/(?=[^/]+$)/, '') : repository
  return { kind: 'image', transport: null, text, domain, path, repository, familiarName, tag, digest }
}

function checkText(text: string): void {
  if (text === '') throw bad(text, 'it is empty', 'name an image such as nginx:1.27')
  if (text.startsWith('-')) {
    throw bad(
      text,
      'a name cannot start with a dash',
      'options go before the target, images start with a letter or digit',
    )
  }
  if (text.length > maximumTextLength) throw bad(text, `it is longer than ${maximumTextLength} characters`)
  if (/\s/.test(text)) throw bad(text, 'it has white space in it', 'give each image as an argument of its own')
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw bad(text, '64 hexadecimal digits are an image id, not a name', `write it as sha256:${text}`)
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw bad(text, 'it is a URL', 'leave out the scheme, or use docker:// for a registry')
  }
}

function checkDigest(text: string, digest: string): void {
  if (!digestPattern.test(digest)) {
    throw bad(text, `the digest "${digest}" is not of the form sha256:<64 hexadecimal digits>`)
  }
  const [algorithm = '', encoded = ''] = digest.split(':')
  const length = digestLengths[algorithm]
  if (length !== undefined && !(encoded.length === length && /^[0-9a-f]+$/.test(encoded))) {
    throw bad(text, `a ${algorithm} digest has ${length} lower-case hexadecimal digits, this one has ${encoded.length}`)
  }
}

function splitName(text: string, name: string): { domain: string; path: string } {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  // Docker's own rule: without a dot, a port or capital letters the first part is a path on Docker Hub.
  const isDomain = first !== '' && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const domain = isDomain ? first : 'docker.io'
  const rest = isDomain ? name.slice(slash + 1) : name
  if (!domainPattern.test(domain)) throw bad(text, `"${domain}" is not a registry host`)
  for (const part of rest.split('/')) checkPathPart(text, part)
  const hub = domain === 'docker.io' || domain === 'index.docker.io'
  const path = hub && !rest.includes('/') ? `library/${rest}` : rest
  const result = { domain: hub ? 'docker.io' : domain, path }
  if (result.domain.length + 1 + path.length > maximumNameLength) {
    throw bad(text, `the name is longer than ${maximumNameLength} characters`)
  }
  return result
}

function checkPathPart(text: string, part: string): void {
  if (pathPattern.test(part)) return
  if (part === '') throw bad(text, 'a part of the name is empty', 'remove the extra "/" or ":"')
  if (part !== part.toLowerCase() && pathPattern.test(part.toLowerCase())) {
    throw bad(text, `"${part}" has capital letters`, `image names are lower-case: ${part.toLowerCase()}`)
  }
  throw bad(
    text,
    `"${part}" may only have lower-case letters and digits, with single ".", "_", "__" or dashes between them`,
  )
}

function bad(text: string, reason: string, hint?: string): HardenError {
  const shown = text.length > 120 ? `${text.slice(0, 117)}...` : text
  return new HardenError(
    'bad-reference',
    `${JSON.stringify(shown)} is not an image reference: ${reason}`,
    hint ? { hint } : {},
  )
}
