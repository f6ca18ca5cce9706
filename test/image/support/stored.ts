import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'

export type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer }

export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

export interface Made {
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Buffer>
  readonly manifest: { readonly digest: string; readonly size: number; readonly mediaType: string }
  readonly config: string
}

/** Of what a layer unpacks to; of zstd none that is checked. */
function diffIdOf(layer: Buffer): string {
  if (layer[0] === 0x1f) return digestOf(gunzipSync(layer))
  return layer[0] === 0x28 ? 'x' : digestOf(layer)
}

/** An image of these layers, as they come (tars, compressed or not). */
export function imageOf(layers: readonly Buffer[], config: object = {}, architecture = 'amd64'): Made {
  const blobs = new Map(layers.map((layer) => [digestOf(layer), layer]))
  const rootfs = { type: 'layers', diff_ids: layers.map(diffIdOf) }
  const text = Buffer.from(JSON.stringify({ os: 'linux', architecture, config, rootfs }))
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { digest: digestOf(text), size: text.length },
      layers: layers.map((layer) => ({ digest: digestOf(layer), size: layer.length })),
    }),
  )
  blobs.set(digestOf(text), text)
  blobs.set(digestOf(manifest), manifest)
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  return { blobs, manifest: { digest: digestOf(manifest), size: manifest.length, mediaType }, config: digestOf(text) }
}

/** Files of an OCI image layout by their paths. */
export function layoutOf(images: readonly (Made & { readonly descriptor?: object })[]): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const { blobs } of images)
    for (const [digest, blob] of blobs) files.set(`blobs/${digest.replace(':', '/')}`, blob)
  const manifests = images.map(({ manifest, descriptor }) => ({ ...manifest, ...descriptor }))
  files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })))
  files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
  return files
}

export async function writeFolder(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

export function named(name: string): { readonly annotations: object } {
  return { annotations: { 'org.opencontainers.image.ref.name': name } }
}
