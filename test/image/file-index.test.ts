import { describe, expect, test } from '@jest/globals'
import { createFileModel } from '../../src/image/file-index.ts'
import type { FileEntry } from '../../src/image/file-model.ts'

const file: FileEntry = { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 3, link: null }
const directory: FileEntry = { type: 'directory', uid: 7, gid: 7, mode: 0o750, size: 0, link: null }
const link = (target: string): FileEntry => ({ type: 'symlink', uid: 0, gid: 0, mode: 0o777, size: 0, link: target })

const model = createFileModel(
  new Map([
    ['/bin', link('usr/bin')],
    ['/usr/bin/sh', link('dash')],
    ['/usr/bin/dash', file],
    ['/var/run', link('/run')],
    ['/run', directory],
    ['/run/x.pid', file],
    ['/etc/alternatives/java', link('../../opt/./jdk/bin/java')],
    ['/opt/jdk/bin/java', file],
    ['/opt/current', link('jdk')],
    ['/a', link('b')],
    ['/b', link('a')],
    ['/dangling', link('/nowhere/x')],
    ['/log', link('/dev/stdout')],
    ['/up', link('../../../..')],
    ['/etc/app.conf', file],
    ['/etc/alias.conf', link('app.conf')],
  ]),
  new Map([['/etc/app.conf', 'a=1']]),
)

describe('paths', () => {
  test.each<[string, string | null]>([
    ['/bin/sh', '/usr/bin/dash'],
    ['/var/run/x.pid', '/run/x.pid'],
    ['/var/run/new', '/run/new'],
    ['/var/run/../run/./x.pid', '/run/x.pid'],
    ['/opt/current/../../run', '/run'],
    ['/opt/current/bin/', '/opt/jdk/bin'],
    ['//opt//current', '/opt/jdk'],
    ['/etc/alternatives/java', '/opt/jdk/bin/java'],
    ['/up/run', '/run'],
    ['/', '/'],
    ['/a', null],
    ['/a/x', null],
    ['/dangling', null],
    ['/missing/x', null],
    ['/missing', '/missing'],
    ['/etc/app.conf/x', null],
    ['/etc/app.conf/..', null],
  ])('%s is %s', (path, expected) => {
    expect(model.resolve(path)).toBe(expected)
  })

  test('the last symlink is not followed by entry, parents are', () => {
    expect(model.entry('/bin/sh')).toMatchObject({ type: 'symlink', link: 'dash' })
    expect(model.entry('/bin')).toMatchObject({ type: 'symlink' })
    expect(model.entry('/bin/nothing')).toBeNull()
  })

  test('missing parents are root’s directories', () => {
    expect(model.entry('/opt/jdk')).toMatchObject({ type: 'directory', uid: 0, mode: 0o755 })
    expect(model.entry('/')).toMatchObject({ type: 'directory', mode: 0o755 })
  })

  test('lists, texts and existence follow symlinks', () => {
    expect(model.list('/bin')).toEqual(['dash', 'sh'])
    expect(model.list('/etc/app.conf')).toEqual([])
    expect(model.text('/etc/alias.conf')).toBe('a=1')
    expect(model.text('/usr/bin/dash')).toBeNull()
    expect(model.exists('/dangling')).toBe(false)
    expect(model.texts()).toEqual(['/etc/app.conf'])
  })
})

describe('changes', () => {
  test('are seen in the new model only, through symlinks', () => {
    const changed = model.with(new Map([['/var/run/app/app.pid', file]]), new Map([['/var/run/app/app.pid', 'x']]))
    expect(changed.entry('/run/app')).toMatchObject({ type: 'directory', uid: 0, mode: 0o755 })
    expect(changed.text('/var/run/app/app.pid')).toBe('x')
    expect(changed.list('/run')).toEqual(['app', 'x.pid'])
    expect(changed.list('/')).toEqual(model.list('/'))
    expect(model.list('/run')).toEqual(['x.pid'])
    expect(changed.entry('/run')).toEqual(directory)
  })

  test('removing takes all below away; what is made again starts empty', () => {
    const removed = model.with(new Map([['/opt/jdk', null]]))
    expect(removed.exists('/opt/jdk/bin/java')).toBe(false)
    expect(removed.list('/opt')).toEqual(['current'])
    expect([...removed.paths()].some((path) => path.startsWith('/opt/jdk'))).toBe(false)
    const again = removed.with(new Map([['/opt/jdk', directory]]))
    expect(again.list('/opt/jdk')).toEqual([])
    expect(again.resolve('/opt/current')).toBe('/opt/jdk')
  })

  test('a directory that becomes a file or link loses what was in it; one that changes owner does not', () => {
    const replaced = model.with(new Map([['/run', link('/opt')]]))
    expect(replaced.resolve('/var/run/jdk')).toBe('/opt/jdk')
    expect(replaced.entry('/run/x.pid')).toBeNull()
    const owned = model.with(new Map([['/run', { ...directory, uid: 9 }]]))
    expect(owned.entry('/run/x.pid')).toEqual(file)
    expect(owned.entry('/var/run/.')?.uid).toBe(9)
  })

  test('a replaced file loses its old text', () => {
    expect(model.with(new Map([['/etc/app.conf', file]])).text('/etc/app.conf')).toBeNull()
    expect(model.with(new Map(), new Map([['/etc/alias.conf', 'b=2']])).text('/etc/app.conf')).toBe('b=2')
  })

  test('many on a large model are all in it', () => {
    const large = createFileModel(new Map(Array.from({ length: 100_000 }, (_, i) => [`/srv/d${i % 1000}/f${i}`, file])))
    let current = large
    for (let i = 0; i < 300; i += 1) current = current.with(new Map([[`/srv/d${i}/new`, file]]))
    expect(current.exists('/srv/d299/new')).toBe(true)
    expect(current.list('/srv/d5')).toHaveLength(101)
  })
})
