import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { buildContexts, startedFiles } from '../../src/repository/context.ts'
import { tree } from './tree.ts'

describe('texts of the build context', () => {
  test('small files of an unknown suffix are read, assets, secrets and binaries are not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'context-'))
    const names = ['shop.vhost', 'page.html', 'tls.key', '.htpasswd', 'db-password.cfg2', 'program.elf']
    for (const name of names) await writeFile(join(folder, name), name === 'program.elf' ? 'a\0b' : 'listen 80;')
    const { entries } = await buildContexts()(folder, join(folder, 'Dockerfile'), [''])
    expect(names.filter((name) => entries.get(name)?.text != null)).toEqual(['shop.vhost'])
  })

  test('the list of the modules of a program of Go is read, also a long one', async () => {
    const folder = tree({ 'go.mod': 'x'.repeat(40_000), 'go.sum': 'x'.repeat(40_000) })
    const { entries } = await buildContexts()(folder, null, [''])
    expect([...entries].flatMap(([path, { text }]) => (text === null ? [] : [path]))).toEqual(['go.mod'])
  })

  test('of another folder: what is left out is said beside the Dockerfile, else there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'context-'))
    await mkdir(join(folder, 'api'))
    for (const name of ['a.txt', 'b.txt', 'api/Dockerfile', '.dockerignore'])
      await writeFile(join(folder, name), name === '.dockerignore' ? 'b.txt\n' : 'x')
    const listed = async () => {
      const { entries } = await buildContexts()(folder, join(folder, 'api/Dockerfile'), [''])
      return ['a.txt', 'b.txt', 'api/Dockerfile'].filter((name) => entries.has(name))
    }
    expect(await listed()).toEqual(['a.txt', 'api/Dockerfile'])
    await writeFile(join(folder, 'api/Dockerfile.dockerignore'), 'a.txt\n')
    expect(await listed()).toEqual(['b.txt', 'api/Dockerfile'])
  })

  test('what nothing is copied from is not looked into', async () => {
    const folder = tree({ 'docker/a/start.sh': '', 'docs/page.txt': '', 'b.txt': '' })
    const { entries, partial } = await buildContexts()(folder, null, ['docker/a/start.sh', 'b.txt'])
    expect([...entries.keys()].sort()).toEqual(['b.txt', 'docker', 'docker/a', 'docker/a/start.sh', 'docs'])
    expect(partial).toBe(false)
  })

  test('what a COPY or the start names comes before what a folder of thousands has', async () => {
    const many = Object.fromEntries(Array.from({ length: 20_100 }, (_, at) => [`data/${at}.lua`, '']))
    const folder = tree({ ...many, 'docker/data/start.sh': 'exec app', 'x/y/run.sh': 'exec app', 'x/y/z.sh': 'exec z' })
    const listed = async (sources: readonly string[], started: readonly string[]) => {
      const { entries, partial, cutAt } = await buildContexts()(folder, null, sources, started)
      expect([partial, cutAt]).toEqual([true, 20_000])
      return ['docker/data/start.sh', 'x/y/run.sh', 'x/y/z.sh'].filter((path) => entries.get(path)?.text != null)
    }
    expect(await listed([''], [])).toEqual([])
    expect(await listed(['data', 'docker/data/start.sh'], [])).toEqual(['docker/data/start.sh'])
    expect(await listed([''], ['x/y/run.sh', 'y/run.sh'])).toEqual(['x/y/run.sh'])
    // Nothing is copied from there.
    expect(await listed(['data'], ['x/y/run.sh'])).toEqual([])
  })

  test('where a script that is started may be', () => {
    const files = (lines: string) => startedFiles(parseDockerfile(`FROM a\n${lines}\n`))
    expect(files('ENTRYPOINT ["/app/docker/start.sh"]\nCMD ["serve"]')).toEqual([
      'app/docker/start.sh',
      'docker/start.sh',
      'start.sh',
      'serve',
    ])
    expect(files('CMD ./run.sh --port=$PORT')).toEqual(['run.sh'])
    expect(files('CMD ["../up.sh"]')).toEqual([])
  })

  test.each([
    ['nothing in it', ['target', ''], ['target']],
    ['a file', ['target/supervisor/main.conf'], ['target', 'target/supervisor', 'target/supervisor/main.conf']],
  ])('of a folder of generated files that names %s, no more than that is listed', async (_, sources, paths) => {
    const folder = tree({ 'target/supervisor/main.conf': '', 'target/classes/a.class': '' })
    const { entries } = await buildContexts()(folder, null, sources)
    expect([...entries.keys()].sort()).toEqual(paths)
  })

  test('several Dockerfiles of one context: each file is read once, and each has what its own .dockerignore leaves it', async () => {
    const folder = tree({ 'a.txt': 'first', 'b.txt': 'first', 'Other.dockerignore': 'b.txt\n' })
    const read = buildContexts()
    await read(folder, join(folder, 'Dockerfile'), [''])
    await writeFile(join(folder, 'a.txt'), 'later')
    const { entries } = await read(folder, join(folder, 'Other'), [''])
    expect([...entries.keys()]).toEqual(['Other.dockerignore', 'a.txt'])
    expect(entries.get('a.txt')?.text).toBe('first')
    expect((await buildContexts()(folder, null, [''])).entries.get('a.txt')?.text).toBe('later')
  })
})
