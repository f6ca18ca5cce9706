// A tree whose images are built upon each other, proved in one go on an engine that has none of them.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { TargetResult } from '../../src/report/report.ts'
import { harden } from './support/cli.ts'
import { docker, ensureImage } from './support/images.ts'
import { retryOnce } from './support/retry.ts'

retryOnce()

const program = (folder: string) => `import http.server
open("${folder}/written", "a").close()
http.server.ThreadingHTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever(None)
`
let folder = ''

// Each try begins with the files as they are before.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harden-image-neighbours-'))
  const started = 'EXPOSE 8000\nENTRYPOINT []\nCMD ["python3", "/srv/program.py"]\n'
  const files = {
    '.git/HEAD': '',
    Makefile: 'all:\n\tdocker build -t harden-image-test.local/shop/server server\n',
    'server/program.py': program('/srv/state'),
    'server/Dockerfile': `FROM ${await ensureImage('python-static')}\nCOPY program.py /srv/\nRUN mkdir /srv/state\n${started}`,
    'app/program.py': program('/srv/more'),
    'app/Dockerfile':
      'FROM harden-image-test.local/shop/server\nUSER root\nRUN mkdir /srv/more\nCOPY program.py /srv/\n',
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
})

afterEach(() => rm(folder, { recursive: true }))

test('a child is proved upon its hardened base, and both are written', async () => {
  const { code, stdout } = await harden(['app', 'server', '--prove', '-w', '--format', 'json'], { cwd: folder })
  const [app, server] = JSON.parse(stdout).results as readonly TargetResult[]
  expect([server?.verdict, app?.verdict, code]).toEqual(['hardened', 'hardened', 0])
  expect(server?.user).toMatchObject({ from: 'created', uid: 10001 })
  expect(app?.user).toMatchObject({ from: 'image', uid: 10001 })
  expect([server?.proof?.passed, app?.proof?.passed]).toEqual([true, true])
  const text = await readFile(join(folder, 'app/Dockerfile'), 'utf8')
  expect(text).toContain('/srv/more')
  expect(text).not.toMatch(/useradd|\/srv\/state/)
  // Built for the proof alone, by no name that anybody would take it by.
  expect(await docker(['image', 'ls', '--quiet', 'harden-image-test.local/shop/server'])).toBe('')
})
