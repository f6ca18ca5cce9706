import { bounds } from '../../src/bounds.ts'
import type { FileEntry } from '../../src/image/file-model.ts'
import { imageLimits } from '../../src/image/sources/image-limits.ts'
import { parseConfigDocument, parseManifest, parseSaved } from '../../src/image/sources/stored/documents.ts'
import { mergeLayers } from '../../src/image/sources/stored/facts.ts'
import { chooseImage } from '../../src/image/sources/stored/open-archive.ts'
import { readTar } from '../../src/image/sources/tar.ts'
import { lines } from './dockerfiles.ts'
import type { Input } from './input.ts'

/** What an archive or a registry answers. */
export const archives: readonly Input[] = [
  tar('files of a folder', (i) => ({ name: `srv/f${i}` })),
  tar('folders', (i) => ({ name: `srv/d${i}/`, type: '5' })),
  tar('files of folders that are not in it', (i) => ({ name: `d${i}/e${i}/f${i}` })),
  tar('files far below', (i) => ({ name: `${'d/'.repeat(40)}f${i}` })),
  tar('symbolic links', (i) => ({ name: `srv/l${i}`, type: '2', link: `l${i + 1}` })),
  tar('hard links to one file', (i) => (i === 0 ? { name: 'srv/f' } : { name: `srv/l${i}`, type: '1', link: 'srv/f' })),
  tar('hard links in a chain', (i) =>
    i === 0 ? { name: 'srv/l0' } : { name: `srv/l${i}`, type: '1', link: `srv/l${i - 1}` },
  ),
  tar('hard links to what is not there', (i) => ({ name: `srv/l${i}`, type: '1', link: `srv/l${i + 1}` })),
  tar('one file again and again', () => ({ name: 'srv/f' })),
  tar('texts', (i) => ({ name: `etc/app/f${i}.conf`, content: 'listen 80\n' })),
  tar('long names', (i) => ({ name: `f${i}`, long: `${'d/'.repeat(200)}f${i}` })),
  tar('extended headers', (i) => ({ name: `f${i}`, pax: `path=srv/f${i}` })),
  {
    name: 'archive: an extended header of many records',
    prepare: (n) => tarred(tarOf({ name: 'f', pax: lines(n, (i) => `k${i}=v`) })),
  },
  merged('layers that hide each other', (i) => [`/srv/.wh.f${i - 1}`, `/srv/f${i}`]),
  merged('layers that hide all below', (i) => [`/d${i % 8}/.wh..wh..opq`, `/d${i % 8}/f${i}`]),
  merged('layers of folders', (i) => [`/d${i}/e/f`]),
  document('manifest of layers', (n) => ({ config: descriptor(0), layers: each(n, descriptor) })),
  document('manifest of images', (n) => ({ manifests: each(n, descriptor) })),
  document('manifest of names', (n) => ({ manifests: [{ ...descriptor(0), annotations: pairs(n) }] })),
  document('manifest of brackets', (n) => `{"a":${'['.repeat(n)}${']'.repeat(n)}}`),
  document('manifest of objects', (n) => `{"a":${'{"a":'.repeat(n)}1${'}'.repeat(n)}}`),
  document('manifest of one long text', (n) => ({ mediaType: 'a'.repeat(n), layers: 1 })),
  config('variables', (n) => ({ Env: each(n, (i) => `A${i}=b`) })),
  config('ports', (n) => ({ ExposedPorts: pairs(n, (i) => `${i}/tcp`) })),
  config('ranges of ports', (n) => ({
    ExposedPorts: pairs(n, (i) => `${1 + (i % 60_000)}-${60_001 + Math.floor(i / 60_000)}/tcp`),
  })),
  config('volumes', (n) => ({ Volumes: pairs(n, (i) => `/srv/v${i}`) })),
  config('volumes in depth', (n) => ({ Volumes: { ['/a'.repeat(n)]: {} } })),
  config('labels', (n) => ({ Labels: pairs(n) })),
  config('a long user', (n) => ({ User: 'a:'.repeat(n) })),
  config('an Entrypoint in depth', (n) => `{"config":{"Entrypoint":${'['.repeat(n)}${']'.repeat(n)}}}`),
  config('history', (n) => JSON.stringify({ history: each(n, (i) => ({ created_by: `RUN ${i}` })) })),
  {
    name: 'archive: images of a docker save',
    prepare: (n) => {
      const bytes = Buffer.from(
        JSON.stringify(each(n, (i) => ({ Config: `${i}.json`, RepoTags: [`x:${i}`], Layers: [] }))),
      )
      return {
        bytes: bytes.length,
        work: () => {
          const candidates = parseSaved(bytes, place).map(({ names }) => ({ names, open: () => Promise.reject() }))
          chooseImage({ transport: 'docker-archive', file: 'x', image: `x:${n - 1}`, text: 'x' } as never, candidates)
        },
      }
    },
  },
]

const place = { blobs: { title: 'the archive x' }, name: 'manifest.json' }

function each<T>(n: number, make: (i: number) => T): readonly T[] {
  return Array.from({ length: n }, (_, i) => make(i))
}

function pairs(n: number, key: (i: number) => string = (i) => `a${i}`): Readonly<Record<string, object | string>> {
  return Object.fromEntries(each(n, (i) => [key(i), 'b']))
}

function descriptor(i: number): object {
  const digest = `sha256:${String(i).padStart(64, '0')}`
  return { digest, size: 1, mediaType: 'application/vnd.oci.image.layer.v1.tar', platform: { os: 'linux' } }
}

function document(name: string, make: (n: number) => object | string): Input {
  return {
    name: `registry: ${name}`,
    prepare: (n) => {
      const made = make(n)
      const bytes = Buffer.from(typeof made === 'string' ? made : JSON.stringify(made))
      return { bytes: bytes.length, work: () => void parseManifest(bytes, place) }
    },
    most: 4 * 1024 * 1024,
  }
}

function config(name: string, make: (n: number) => object | string): Input {
  return {
    name: `registry: config of ${name}`,
    prepare: (n) => {
      const made = make(n)
      const bytes = Buffer.from(typeof made === 'string' ? made : JSON.stringify({ config: made }))
      return {
        bytes: bytes.length,
        work: () => void parseConfigDocument(bytes, place),
      }
    },
    most: bounds.imageConfigBytes,
    // JSON.parse itself takes more than twice as long for twice as many names.
    bound: 'most',
  }
}

interface Entry {
  readonly name: string
  readonly type?: string
  readonly link?: string
  readonly content?: string
  /** A GNU long name that goes before it. */
  readonly long?: string
  /** Records of a pax header that goes before it, one a line. */
  readonly pax?: string
}

function tar(name: string, entry: (i: number) => Entry): Input {
  return {
    name: `archive: ${name}`,
    prepare: (n) => tarred(Buffer.concat(each(n, (i) => tarOf(entry(i))))),
    most: 64 * 1024 * 1024,
  }
}

function tarred(bytes: Buffer): ReturnType<Input['prepare']> {
  return {
    bytes: bytes.length,
    work: async () => {
      const source = (async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
      })()
      const limits = imageLimits()
      const read = async () => {
        const content = await readTar(source, { wanted: (path) => (path.endsWith('.conf') ? 'named' : null), limits })
        return mergeLayers([content], limits)
      }
      // What is no tar is refused where the archive is opened.
      await limits.within(read).catch(() => undefined)
    },
  }
}

function tarOf({ name, type = '0', link = '', content = '', long, pax }: Entry): Buffer {
  const records = (pax ?? '').split('\n').map((record) => recordOf(record))
  return Buffer.concat([
    ...(long === undefined ? [] : [block('././@LongLink', 'L', `${long}\0`)]),
    ...(pax === undefined ? [] : [block('pax', 'x', records.join(''))]),
    block(name, type, content, link),
  ])
}

/** `LENGTH key=value\n`, its own length in it. */
function recordOf(record: string): string {
  const rest = ` ${record}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

function block(name: string, type: string, content: string, link = ''): Buffer {
  const header = Buffer.alloc(512)
  header.write(name.slice(0, 100))
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write(link.slice(0, 100), 157)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)])
}

/** Some layers of `n` files in all. */
function merged(name: string, path: (i: number) => readonly string[]): Input {
  return {
    name: `archive: ${name}`,
    prepare: (n) => {
      const file: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 1, link: null }
      const layers = each(64, (layer) => ({
        entries: new Map(
          each(n >> 6 || 1, (i) => path(i * 64 + layer))
            .flat()
            .map((at) => [at, file] as const),
        ),
        texts: new Map<string, string>(),
        links: new Map<string, string>(),
      }))
      return { bytes: n * 512, work: () => void mergeLayers(layers, imageLimits()) }
    },
    most: 64 * 1024 * 1024,
  }
}
