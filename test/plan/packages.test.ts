import { describe, expect, test } from '@jest/globals'
import { packages } from '../../catalogue/index.ts'
import { evidenceOf } from '../../src/evidence/index.ts'
import { packages as provider } from '../../src/evidence/packages.ts'
import { broughtFiles, installedPackages, listedServers } from '../../src/evidence/servers.ts'
import type { FileModel } from '../../src/image/file-model.ts'
import { atOnce } from '../../src/in-turn.ts'
import { catalogue, partOf } from '../evidence/view.ts'
import { files, image } from './image.ts'
import { shipped } from './shipped.ts'

/** What the provider claims where these programs are started; of no image that was looked into but for these files. */
function evidence(
  text: string,
  own: FileModel,
  { programs, opaque = false, listed = false }: { programs: readonly string[]; opaque?: boolean; listed?: boolean },
) {
  const contents = shipped(text)
  const installed = installedPackages(contents.steps)
  const servers = listedServers({ rules: packages, installed, files: own, programs, opaque, listed })
  const found = atOnce(evidenceOf(partOf({ contents, own, servers }), catalogue, [provider]))
  return { ...found, needs: found.assumed, files: broughtFiles(servers) }
}

describe('packages that RUN lines install', () => {
  const of = (text: string, programs: readonly string[]) => evidence(text, files(), { programs })

  test('count only when they are started', () => {
    const text = 'RUN apt-get update && apt-get install -y nginx=1.26* redis-server'
    expect(of(text, ['nginx']).needs.map((need) => need.path)).toContain('/var/lib/nginx')
    expect(of(text, ['node']).needs).toEqual([])
    expect(of(text, ['nginx']).accounts.map((account) => account.uid)).toEqual([33])
    expect(of(text, ['redis-server']).accounts).toEqual([])
  })

  test('a stock configuration that a RUN touches is not moved', () => {
    expect([...of('RUN apt-get install -y nginx', ['nginx']).moves.keys()]).toEqual([80])
    expect([
      ...of('RUN apk add nginx && sed -i s/80/81/ /etc/nginx/http.d/default.conf', ['nginx']).moves.keys(),
    ]).toEqual([])
  })

  test('the version is that of the package or the program', () => {
    expect(of('RUN apt-get install -y php8.2-fpm', ['php-fpm8.2']).needs.map((need) => need.path)).toContain(
      '/var/log/php8.2-fpm.log',
    )
  })

  test('examples are what the patterns do', () => {
    for (const rule of packages)
      for (const edit of [...(rule.edits ?? []), ...(rule.ports ?? []).flatMap((move) => move.edits ?? [])]) {
        const pattern = new RegExp(edit.pattern.replaceAll('[[:space:]]', String.raw`\s`))
        expect(edit.example.before).toMatch(pattern)
        const after =
          edit.remove === true
            ? null
            : edit.example.before.replace(
                pattern,
                (edit.replacement ?? '').replaceAll('\\n', '\n').replace(/\\(\d)/g, '$$$1'),
              )
        expect(after).toBe(edit.example.after)
      }
  })
})

describe('packages that are in an image already', () => {
  const of = (image: FileModel, programs: readonly string[], opaque = false, listed = false) =>
    evidence('', image, { programs, opaque, listed })
  const debian = files(
    '-rw-r--r-- 0:0 /var/lib/dpkg/info/nginx.list',
    '-rw-r--r-- 0:0 /var/lib/dpkg/info/libc6:amd64.list',
    'drwxr-xr-x 0:0 /var/lib/nginx',
  )

  test('need what they need, where it is as they brought it', () => {
    const { needs, accounts, files: brought, moves } = of(debian, ['nginx'])
    // The log files that the package makes are gone.
    expect(needs.map(({ access, path }) => [access, path])).toEqual([
      ['keep-state', '/var/lib/nginx'],
      ['create-file', '/run/nginx.pid'],
    ])
    expect(needs[0]?.evidence.detail).toBe('package nginx (in the image): temporary files of requests and proxies')
    // All that the image tells by itself.
    expect([accounts, [...brought], [...moves]]).toEqual([[], [], []])
  })

  test('count only when they are started for certain', () => {
    expect(of(debian, ['node']).needs).toEqual([])
    expect(of(debian, ['start.sh'], true).needs).toEqual([])
    expect(of(files('drwxr-xr-x 0:0 /var/lib/nginx'), ['nginx']).needs).toEqual([])
    // The catalogue knows the image.
    expect(of(debian, ['nginx'], false, true).needs).toEqual([])
  })

  test('their configuration is changed where it says what the change is for', () => {
    const haproxy = (text: string) =>
      withText('-rw-r--r-- 0:0 /var/lib/dpkg/info/haproxy.list', '/etc/haproxy/haproxy.cfg', text)
    expect(of(haproxy('global\n\tchroot /var/lib/haproxy\n'), ['haproxy']).fileEdits.map(({ path }) => path)).toEqual([
      '/etc/haproxy/haproxy.cfg',
    ])
    expect(of(haproxy('global\n\tdaemon\n'), ['haproxy']).fileEdits).toEqual([])
  })

  test("apk's are read from its database", () => {
    const alpine = withText(
      'drwxr-xr-x 0:0 /var/lib/nginx',
      '/lib/apk/db/installed',
      'C:Q1\nP:nginx\nV:1.28\n\nP:musl\n',
    )
    expect(of(alpine, ['nginx']).needs.map(({ path }) => path)).toEqual(['/var/lib/nginx'])
  })
})

function withText(line: string, path: string, text: string): FileModel {
  const { files: known } = image({ files: [line], texts: { [path]: text.split('\n') } })
  if (!known.known) throw new Error('a fixture has files')
  return known.value
}
