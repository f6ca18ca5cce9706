// Archives as nobody's tool writes them: each header field is what the test says.
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'

export interface HostileEntry {
  /** Bytes where it is no UTF-8. */
  readonly name: string | Buffer
  /** The type flag of tar(5): `0` file, `1` hard link, `2` link, `3` device, `5` folder, `6` FIFO, `S` sparse, `x` pax. */
  readonly type?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly link?: string
  readonly content?: string | Buffer
  /** What the header says, where that is not the size of the content. */
  readonly size?: number
}

/** A field of octal digits and what ends it; a number that is too large for that in base 256, as GNU tar writes it. */
function octal(value: number, length: number): Buffer {
  const text = value.toString(8)
  if (value >= 0 && text.length < length) return Buffer.from(`${text.padStart(length - 1, '0')}\0`)
  const field = Buffer.alloc(length, value < 0 ? 0xff : 0)
  field.writeBigInt64BE(BigInt(value), length - 8)
  field[0] = value < 0 ? 0xff : 0x80
  return field
}

function header({ name, type = '0', mode = 0o644, uid = 0, gid = 0, link = '', size }: HostileEntry, length: number) {
  const block = Buffer.alloc(512)
  block.set(Buffer.from(name).subarray(0, 100), 0)
  block.set(octal(mode, 8), 100)
  block.set(octal(uid, 8), 108)
  block.set(octal(gid, 8), 116)
  block.set(octal(size ?? length, 12), 124)
  block.set(octal(0, 12), 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.set(Buffer.from(link).subarray(0, 100), 157)
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

/** A name or a link that a header has no room for comes in a pax header before it. */
function paxOf({ name, link = '' }: HostileEntry): readonly HostileEntry[] {
  const long = [
    ...(Buffer.from(name).length > 100 ? [`path=${String(name)}`] : []),
    ...(Buffer.from(link).length > 100 ? [`linkpath=${link}`] : []),
  ]
  return long.length === 0 ? [] : [{ name: 'pax', type: 'x', content: long.map(record).join('') }]
}

/** `27 path=…`: the length counts itself. */
export function record(text: string): string {
  const length = Buffer.byteLength(text) + 2
  const digits = String(length + String(length).length).length
  return `${length + digits} ${text}\n`
}

export function hostileTar(entries: readonly HostileEntry[], isWhole = true): Buffer {
  const blocks = entries.flatMap((entry) =>
    [...paxOf(entry), entry].flatMap((one) => {
      const content = Buffer.from(one.content ?? '')
      return [header(one, content.length), padded(content)]
    }),
  )
  return Buffer.concat(isWhole ? [...blocks, Buffer.alloc(1024)] : blocks)
}

export interface HostileImage {
  /** The `config` object of the image. */
  readonly config?: unknown
  /** Bytes are a layer as they are. */
  readonly layers?: readonly (readonly HostileEntry[] | Buffer)[]
  /** In place of what fits the layers. */
  readonly manifest?: unknown
  /** Text in place of the whole image config. */
  readonly document?: string
}

/** As `docker save` lays it out. */
export async function writeHostileArchive(path: string, image: HostileImage): Promise<void> {
  const layers = (image.layers ?? [[]]).map((layer) => (Buffer.isBuffer(layer) ? layer : hostileTar(layer)))
  const ids = layers.map((layer) => `sha256:${createHash('sha256').update(layer).digest('hex')}`)
  const document = image.document ?? {
    ...{ architecture: 'amd64', os: 'linux', config: image.config ?? {} },
    rootfs: { type: 'layers', diff_ids: ids },
  }
  const manifest = image.manifest ?? [
    { Config: 'config.json', RepoTags: ['hostile:1'], Layers: layers.map((_, index) => `layer${index}.tar`) },
  ]
  await writeFile(
    path,
    hostileTar([
      ...layers.map((content, index) => ({ name: `layer${index}.tar`, content })),
      { name: 'config.json', content: typeof document === 'string' ? document : JSON.stringify(document) },
      { name: 'manifest.json', content: JSON.stringify(manifest) },
    ]),
  )
}
