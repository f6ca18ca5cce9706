import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { extract, pack } from 'tar-stream'
import type { Engine } from '../../../src/engine/engine.ts'
import { HardenError } from '../../../src/errors.ts'

export const debian = 'debian:trixie-slim'

let counter = 0

/** A tag of this session alone. */
export function tagFor(engine: Engine, name: string): string {
  counter += 1
  return `harden-image-test/${name}:${engine.session}-${counter}`
}

/** Builds a Dockerfile's text with nothing as its context and gives the tag. */
export async function buildText(engine: Engine, name: string, dockerfile: string): Promise<string> {
  const tag = tagFor(engine, name)
  await engine.build({ dockerfile, context: null, tag })
  return tag
}

/** The error that a promise is rejected with; fails when it is not, or when it is not one of ours. */
export async function failureOf(promise: Promise<unknown>): Promise<HardenError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof HardenError) return error
  throw error
}

export interface TarEntry {
  readonly name: string
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device'
  readonly uid?: number
  readonly gid?: number
  readonly mode?: number
  readonly link?: string
  readonly content?: string
}

/** Writes a tar for ADD, with owners and types that a context on disk could not have. */
export async function writeTar(folder: string, name: string, entries: readonly TarEntry[]): Promise<void> {
  const tar = pack()
  for (const { name: path, type = 'file', uid = 0, gid = 0, mode = 0o644, link, content = '' } of entries) {
    const header = { name: path, type, uid, gid, mode, ...(link !== undefined && { linkname: link }) }
    if (type === 'file') tar.entry(header, content)
    else tar.entry(header)
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  await writeFile(join(folder, name), Buffer.concat(chunks))
}

/** Names and contents of a tar, those of directories without the slash that only some engines write. */
export async function readAll(tar: NodeJS.ReadableStream): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const reader = extract()
  tar.pipe(reader)
  for await (const entry of reader) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    found.set(entry.header.name.replace(/\/$/, ''), Buffer.concat(chunks).toString())
  }
  return found
}
