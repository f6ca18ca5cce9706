import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type Maker, thisRun, tokenOf } from '../../src/made-by.ts'
import { replaceText, tidy } from '../../src/repository/files.ts'
import {
  removeTemporary,
  temporaryBeside,
  temporaryFiles,
  temporaryFolder,
  temporaryFolders,
  withTemporaryFolder,
} from '../../src/temporary.ts'
import { listOf } from '../support/run-list.ts'
import { tree } from './tree.ts'

const own = thisRun()
const dead: Maker = { ...own, pid: 4_194_303 }
/** A name that this run gives, as `maker` would have given it. */
const madeBy = (maker: Maker, name: string) => name.replace(tokenOf(own), tokenOf(maker))

const fileNote = (name: string) => ({ kind: 'file', name }) as const

describe('folders', () => {
  test('of this run go with their use, whatever comes of it', async () => {
    const used = await withTemporaryFolder('id', async (folder) => {
      writeFileSync(join(folder, 'id'), 'x')
      return folder
    })
    await expect(withTemporaryFolder('id', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(used)).toBe(false)
    expect(basename(used)).toContain(`harden-image-${tokenOf(own)}-id-`)
  })

  test('of a run that is over are removed by the next one, and nothing else is', async () => {
    const root = tree()
    const mine = await temporaryFolder('build', root)
    const victim = tree({ keep: '' })
    const left = madeBy(dead, mine)
    mkdirSync(join(left, 'context'), { recursive: true })
    // What a program put there may lead anywhere.
    symlinkSync(victim, join(left, 'context/link'))
    symlinkSync(victim, madeBy(dead, mine).replace('-build-', '-logs-'))
    mkdirSync(join(root, 'harden-image-build-abc123'))
    mkdirSync(madeBy({ ...dead, host: '0123456789ab' }, mine))
    writeFileSync(madeBy(dead, mine).replace('-build-', '-id-'), 'a file')
    const before = readdirSync(root)
    expect(await removeTemporary(await temporaryFolders(root))).toEqual([])
    expect(before.filter((name) => !readdirSync(root).includes(name))).toEqual([basename(left)])
    expect(readdirSync(victim)).toEqual(['keep'])
  })
})

describe('files beside those that they replace', () => {
  test('of a run that was killed are removed by the next one over that folder, and nothing else is', async () => {
    const cwd = tree({ Dockerfile: 'old', 'b/Dockerfile': 'old' })
    const path = join(cwd, 'Dockerfile')
    const name = temporaryBeside(path)
    const left = madeBy(dead, name)
    const others = [
      madeBy({ ...dead, host: '0123456789ab' }, name),
      madeBy({ ...own, pid: process.ppid, started: 't1' }, name).replace('.tmp', '.temp'),
      join(cwd, '.Dockerfile.0123456789ab.tmp'),
      join(cwd, 'Dockerfile.tmp'),
      name,
    ]
    // Such a name can come with a repository.
    const shipped = madeBy(dead, temporaryBeside(path))
    others.push(shipped)
    for (const file of [left, ...others]) writeFileSync(file, 'half')
    const link = madeBy(dead, temporaryBeside(path))
    symlinkSync(path, link)
    const noted = listOf(dead, ...[left, link, ...others.filter((one) => one !== shipped)].map(fileNote))
    expect((await temporaryFiles(cwd)).map((one) => one.path)).toContain(left)
    await tidy(cwd)
    expect(existsSync(left)).toBe(false)
    expect(others.filter((file) => !existsSync(file))).toEqual([])
    expect(readFileSync(path, 'utf8')).toBe('old')
    noted.remove()
  })

  test('are removed where a file is written too', async () => {
    const cwd = tree({ Dockerfile: 'old' })
    const path = join(cwd, 'Dockerfile')
    const left = madeBy(dead, temporaryBeside(path))
    writeFileSync(left, 'half')
    const noted = listOf(dead, fileNote(left))
    await replaceText(path, 'Dockerfile', 'old', 'new')
    expect(readdirSync(cwd)).toEqual(['Dockerfile'])
    noted.remove()
  })

  test('fit into a name of any length', async () => {
    const name = `${'ü'.repeat(120)}.Dockerfile`
    const cwd = tree({ [name]: 'old' })
    await replaceText(join(cwd, name), name, 'old', 'new')
    expect(readFileSync(join(cwd, name), 'utf8')).toBe('new')
  })
})
