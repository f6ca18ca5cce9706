import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { readBuildContext } from '../../src/workspace/context.ts'

describe('texts of the build context', () => {
  test('small files of an unknown suffix are read, assets, secrets and binaries are not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'context-'))
    const names = ['shop.vhost', 'page.html', 'tls.key', '.htpasswd', 'db-password.cfg2', 'program.elf']
    for (const name of names) await writeFile(join(folder, name), name === 'program.elf' ? 'a\0b' : 'listen 80;')
    const { entries } = await readBuildContext(join(folder, 'Dockerfile'))
    expect(names.filter((name) => entries.get(name)?.text != null)).toEqual(['shop.vhost'])
  })
})
