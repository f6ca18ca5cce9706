// Trees of files that are really on disk, as a kernel sees them.
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from '@jest/globals'
import fc from 'fast-check'
import { createFileModel } from '../../../src/image/file-index.ts'
import type { FileEntry, FileModel, Identity } from '../../../src/image/file-model.ts'

export const isRoot = process.getuid?.() === 0

/** For what only root can set up. Elsewhere it is left out and says so; where everything is required it fails. */
export function testAsRoot(name: string, run: () => void, timeout: number): void {
  if (isRoot) return void test(name, run, timeout)
  if (process.env.HARDEN_IMAGE_ENGINE_TESTS !== 'required') return void test.skip(`${name} (NOT RUN: needs root)`, run)
  test(name, () => {
    throw new Error('needs root, to become other users')
  })
}

/** Every file is a script that prints itself, so that executing it needs what executing scripts does. */
const SCRIPT = '#!/bin/cat\n'

export interface Node {
  readonly parent: number
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly target: number
}

const me = process.getuid?.() ?? 0
const ids = isRoot ? [0, 10001, 10002] : [me]
export const identities: readonly Identity[] = isRoot
  ? [
      { uid: 10001, gids: [10001] },
      { uid: 10001, gids: [10002, 0] },
      { uid: 10002, gids: [10001] },
    ]
  : [{ uid: me, gids: process.getgroups?.() ?? [] }]

export const arbitraryNode: fc.Arbitrary<Node> = fc.record({
  parent: fc.nat(7),
  kind: fc.constantFrom('file', 'directory', 'directory', 'symlink'),
  mode: fc.tuple(fc.nat(0o777), fc.constantFrom(0, 0, 0o1000)).map(([bits, sticky]) => bits | sticky),
  uid: fc.constantFrom(...ids),
  gid: fc.constantFrom(...(isRoot ? ids : [process.getgid?.() ?? 0])),
  target: fc.nat(9),
})

/** Makes the nodes below a new folder, which has the mode given. */
export function makeTree(root: string, nodes: readonly Node[], mode = 0o777): void {
  mkdirSync(root)
  const directories = [root]
  const all: string[] = [root]
  const made: { path: string; node: Node }[] = []
  nodes.forEach((node, i) => {
    const path = join(directories[node.parent % directories.length] ?? root, `n${i}`)
    if (node.kind === 'directory') mkdirSync(path)
    else if (node.kind === 'file') writeFileSync(path, SCRIPT)
    else symlinkSync(node.target % 3 === 0 ? `../n${node.target}` : (all[node.target % all.length] ?? 'x'), path)
    if (node.kind === 'directory') directories.push(path)
    all.push(path)
    if (node.kind !== 'symlink') made.push({ path, node })
  })
  chmodSync(root, mode)
  // The deepest first, so that a mode never stops the making when this is not root.
  for (const { path, node } of made.reverse()) {
    if (isRoot) chownSync(path, node.uid, node.gid)
    chmodSync(path, node.mode)
  }
}

/** The model of what is really there. `place`: where the image has it, and its links lead; default: where it is. */
export function readTree(from: string, place = from): FileModel {
  const entries = new Map<string, FileEntry>()
  const texts = new Map<string, string>()
  if (place === from) for (let at = from; at !== '/'; at = join(at, '..')) entries.set(at, entryOf(at))
  if (place === from) entries.set('/', entryOf('/'))
  const moved = (path: string): string => path.replace(from, place)
  const visit = (path: string): void => {
    const entry = entryOf(path)
    entries.set(moved(path), entry.link === null ? entry : { ...entry, link: moved(entry.link) })
    if (entry.type === 'file') texts.set(moved(path), SCRIPT)
    if (entry.type !== 'directory') return
    let names: string[] = []
    try {
      names = readdirSync(path)
    } catch {
      // Only without root: its own directory that it may not list. What lies in it is out of reach for it as well.
    }
    for (const child of names) visit(join(path, child))
  }
  visit(from)
  return createFileModel(entries, texts)
}

function entryOf(path: string): FileEntry {
  const { mode, uid, gid, size } = lstatSync(path)
  const type = (['directory', 'symlink', 'file'] as const)[[0o040000, 0o120000, 0o100000].indexOf(mode & 0o170000)]
  const link = type === 'symlink' ? readlinkSync(path) : null
  return { type: type ?? 'other', uid, gid, mode: mode & 0o7777, size: type === 'file' ? size : 0, link }
}
