import { chmodSync, mkdirSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { discover } from '../../src/repository/discover.ts'
import { projectRoot } from '../../src/repository/project-root.ts'
import { originIn } from '../../src/repository/repository.ts'
import { tree } from './tree.ts'

/** The root of what surrounds `folder`, by its path from the top of these files. */
function rootIn(
  files: readonly string[],
  folder: string,
  given: string | null = null,
  home: string | null = null,
): string {
  const top = tree(Object.fromEntries(files.map((file) => [file, ''])))
  const root = projectRoot(
    join(top, folder),
    given === null ? null : join(top, given),
    home === null ? '/nobody' : join(top, home),
  )
  return relative(top, root) || '.'
}

describe('the root of what surrounds a Dockerfile', () => {
  test.each<[string, readonly string[], string, string | null, string]>([
    ['its repository', ['a/.git/HEAD', 'a/api/Dockerfile', 'a/api/README.md'], 'a/api', 'a/api', 'a'],
    ['the folder that is named', ['a/api/Dockerfile', 'a/web/Dockerfile'], 'a/api', 'a', 'a'],
    ['a project above the folder that is named', ['a/compose.yaml', 'a/api/Dockerfile'], 'a/api', 'a/api', 'a'],
    ['a project above a file', ['a/LICENSE', 'a/docker/web/Dockerfile'], 'a/docker/web', null, 'a'],
    ['the topmost of several', ['a/README.md', 'a/api/Dockerfile', 'a/api/package.json'], 'a/api', null, 'a'],
    ['its own folder without any sign', ['a/api/Dockerfile', 'a/web/Dockerfile'], 'a/api', null, 'a/api'],
    ['no folder of repositories', ['x/.git/HEAD', 'y/.git/HEAD', 'README.md', 'z/api/go.mod'], 'z/api', null, 'z/api'],
    ['nor where it is named', ['x/.git/HEAD', 'y/.git/HEAD', 'z/api/Dockerfile'], 'z/api', '.', 'z'],
    [
      'no folder of unpacked archives that is named',
      ['x/README.md', 'x/LICENSE', 'y/README', 'y/.gitignore', 'y/api/Dockerfile'],
      'y/api',
      '.',
      'y',
    ],
    [
      'a project whose parts look like some',
      ['README.md', 'x/README.md', 'x/LICENSE', 'y/README', 'y/LICENSE', 'y/Dockerfile'],
      'y',
      null,
      '.',
    ],
    ['a project that holds one repository', ['m/.git/HEAD', 'compose.yaml', 'z/Dockerfile'], 'z', null, '.'],
  ])('%s', (_, files, folder, given, root) => {
    expect(rootIn(files, folder, given)).toBe(root)
  })

  test('not the home folder, though it is a repository or named', () => {
    const files = ['me/.git/HEAD', 'me/README.md', 'me/work/a/Dockerfile', 'me/work/compose.yaml']
    expect(rootIn(files, 'me/work/a', null, 'me')).toBe('me/work')
    expect(rootIn(files, 'me/work/a', 'me', 'me')).toBe('me/work')
  })

  test('no folder that anybody writes into', () => {
    const top = tree({ 'all/README.md': '', 'all/a/Dockerfile': '' })
    chmodSync(join(top, 'all'), 0o1777)
    expect(projectRoot(join(top, 'all/a'))).toBe(join(top, 'all/a'))
  })
})

test('a target is told the same by any name, from any folder', async () => {
  const files = {
    'shelf/README.md': '    docker run -v /srv/data:/data acme/shelf\n',
    'shelf/LICENSE': '',
    'shelf/docker/Dockerfile': 'FROM debian:13\nVOLUME /data\nCMD ["/shelf"]\n',
    'shelf/deploy/compose.yaml':
      'services:\n  shelf:\n    build: { context: .., dockerfile: docker/Dockerfile }\n    volumes: ["./data:/data"]\n',
    'other/k8s.yaml':
      'kind: Deployment\nmetadata: { name: docker }\nspec: { template: { spec: { containers: [{ name: shelf, image: acme/shelf, securityContext: { runAsUser: 1007 } }] } } }\n',
  }
  const top = realpathSync(tree(files))
  const elsewhere = tree()
  mkdirSync(join(top, 'shelf/deep'))
  const told = async (cwd: string, target: string) => {
    const { found } = await discover([target], cwd)
    const item = found.find(({ path }) => path === join(top, 'shelf/docker/Dockerfile'))
    return {
      runs: item?.surroundings?.runs.map(({ kind, mounts }) => [kind, mounts[0]?.target]),
      users: item?.surroundings?.users.length,
      root: item?.root,
    }
  }
  const expected = {
    runs: [
      ['service', '/data'],
      ['command', '/data'],
    ],
    users: 0,
    root: join(top, 'shelf'),
  }
  for (const [cwd, target] of [
    ['shelf', '.'],
    ['shelf', 'docker/Dockerfile'],
    ['shelf/docker', 'Dockerfile'],
    ['shelf/deep', '../docker'],
    ['.', 'shelf'],
    ['.', 'shelf/docker/Dockerfile'],
    [elsewhere, join(top, 'shelf')],
    [elsewhere, join(top, 'shelf/docker/Dockerfile')],
  ] as const)
    expect([cwd, target, await told(cwd.startsWith('/') ? cwd : join(top, cwd), target)]).toEqual([
      cwd,
      target,
      expected,
    ])
})

test.each([
  ['https://example.org/Acme/Web.git', { owner: 'acme', name: 'web' }],
  ['git@example.org:acme/web.git', { owner: 'acme', name: 'web' }],
  ['ssh://git@example.org:2222/group/acme/web', { owner: 'acme', name: 'web' }],
  ['https://example.org/acme/web/', { owner: 'acme', name: 'web' }],
  ['/srv/git/web.git', null],
  ['../web', null],
])('a repository is called as its remote %s says', (url, origin) => {
  const config = `[core]\n\tbare = false\n[remote "fork"]\n\turl = https://example.org/x/y\n[remote "origin"]\n\turl = ${url}\n`
  expect(originIn(config)).toEqual(origin)
})
