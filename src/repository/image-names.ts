import { basename, dirname, join } from 'node:path'
import { isInside, textIn } from '../files-in.ts'
import { lookUp } from '../image/sources/catalogue.ts'
import { type GitOrigin, originIn, upwards } from './repository.ts'

/** For a regular expression of JavaScript. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Names for the image of a whole repository: its folder, and its name where it was cloned from. In lower case. */
export function namesOfWhole(root: string): readonly string[] {
  const origin = originOf(root)
  const folder = basename(root).toLowerCase()
  // Perhaps with its owner before it: `acme+wiki`, `acme_wiki`.
  const [last = ''] = folder.split(/[+_@~]/).slice(-1)
  return [...new Set([folder, ...(last.length < 3 ? [] : [last]), ...(origin === null ? [] : [origin.name])])]
}

export function originOf(root: string): GitOrigin | null {
  return originIn(textIn(root, join(root, '.git', 'config')) ?? '')
}

/** `acme` of `ghcr.io/acme/web`; '' for none. */
export function ownerIn(name: string): string {
  return lastPart(namespaceOf(name)).toLowerCase()
}

/** Nothing but a variable. */
export function isOpenImage(image: string | null): boolean {
  return image !== null && /^(?:\$\w+|\$\{[^{}]*\})(?::[^/]*)?$/.test(image)
}

export function tagOf(reference: string): string {
  const [plain = ''] = reference.split('@')
  const last = lastPart(plain)
  return last.includes('$') ? last : last.includes(':') ? last.slice(last.lastIndexOf(':') + 1) : ''
}

/** `docker-acme` is the repository of `acme`, as `acme-docker` is. */
export function endsWithWord(text: string, word: string): boolean {
  return text.endsWith(word) && !/[a-z\d]/.test(text.at(-word.length - 1) ?? '')
}

/** `Dockerfile.web`, `web.Dockerfile` */
export const VARIANT_OF = /^(?:docker|container)file[._-]|\.(?:docker|container)file$/i

/** Without transport, tag and digest. */
export function nameIn(reference: string): string {
  const plain = reference.replace(/@.*$/s, '').replace(/^(?:docker\.io|index\.docker\.io)\/(?:library\/)?/, '')
  // A tag begins at the colon behind the last slash, unless that colon is part of a variable.
  const slash = plain.lastIndexOf('/')
  return plain.slice(0, slash + 1) + plain.slice(slash + 1).replace(/(?<!\{\w*):(?![-+?]).*$/s, '')
}

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

export function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')))
}

/** Of names that hold variables what follows these; a registry of the machine itself holds what was built there. */
export function isSameName(said: string, named: string): boolean {
  const [one, other] = [said.replace(LOCAL, ''), named.replace(LOCAL, '')]
  if (one === other) return true
  if (!one.includes('$') && !other.includes('$')) return false
  const [a, b] = [behindVariables(one), behindVariables(other)]
  return a !== '' && b !== '' && (`/${one}`.endsWith(`/${b}`) || `/${other}`.endsWith(`/${a}`))
}

const LOCAL = /^(?:localhost|127\.0\.0\.1)(?::\d{1,5})?\//

function behindVariables(name: string): string {
  const parts = name.split('/')
  return parts.slice(parts.findLastIndex((part) => part.includes('$')) + 1).join('/')
}

/** An image that the catalogue knows is that one, whatever a folder is called. */
export function isListed(name: string): boolean {
  try {
    return !/[${]/.test(name) && lookUp(name) !== null
  } catch {
    return false
  }
}

/** Folders that name how something is built, not what. */
const NO_NAME =
  /^(\.?docker|dockerfiles?|containers?|images?|build|deploy(ment)?|\.?devcontainer|ci|infra|src|v?\d[\w.-]*|latest|canary|nightly|edge|unstable)$/i
/** Words that tell one Dockerfile from its variants. */
const VARIANT =
  /^(dev(elopment)?|prod(uction)?|test|ci|local|build|alpine|debian|ubuntu|slim|(go)?release(r)?|debug|canary|nightly|edge|unstable|a(md|rm)64\w*|x86_64|aarch64|arm(hf|v\d\w*)?|ppc64(le|el)?|s390x|riscv64|loong(arch)?64|i?386|v?\d[\w.-]*)$/i

/** What an image is called after: `core` of `core/Dockerfile`, `core/docker/Dockerfile`, `Dockerfile.core` and `core.Dockerfile`. */
export function namesAfter(path: string, root: string): readonly string[] {
  const file = basename(path)
  const suffix =
    /^(?:docker|container)file[._-]([\w.-]+)$/i.exec(file)?.[1] ??
    /^([\w.-]+)\.(?:docker|container)file$/i.exec(file)?.[1]
  if (suffix !== undefined && !VARIANT.test(suffix)) return [suffix.toLowerCase()]
  for (const folder of upwards(dirname(path))) {
    if (folder === root || !isInside(folder, root)) return []
    const name = basename(folder).toLowerCase()
    if (!NO_NAME.test(name)) return [name]
  }
  return []
}
