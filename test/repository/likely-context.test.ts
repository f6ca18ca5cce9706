import { mkdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { likelyContext } from '../../src/repository/context.ts'
import { projectRoot } from '../../src/repository/project-root.ts'
import { tree } from './tree.ts'

/** Path of the context from the top of a repository with these files; null for the Dockerfile's own folder. */
function contextOf(text: string, path: string, files: readonly string[], isRepository = true): string | null {
  const top = tree(Object.fromEntries([...files, path].map((file) => [file, ''])))
  if (isRepository) mkdirSync(join(top, '.git'))
  const own = join(top, path)
  const found = likelyContext(parseDockerfile(text), own, projectRoot(dirname(own)))
  return found === null ? null : relative(top, found)
}

const starts = 'FROM a\nCOPY docker/start.sh /\nCMD ["/start.sh"]\n'

test('the nearest folder above that has what is copied', () => {
  expect(contextOf(starts, 'docker/Dockerfile', ['docker/start.sh'])).toBe('')
  expect(contextOf('FROM a\nCOPY src /src\n', 'x/y/z/Dockerfile', ['x/y/src/a', 'src/b'])).toBe('x/y')
  expect(contextOf('FROM a\nADD ["conf/*.conf", "/etc/"]\n', 'x/Dockerfile', ['conf/a.conf'])).toBe('')
  expect(
    contextOf('FROM a\nRUN --mount=type=bind,source=uv.lock,target=uv.lock x\n', 'x/Dockerfile', ['uv.lock']),
  ).toBe('')
})

test('the folder in which a pattern finds what a COPY of it alone needs', () => {
  expect(contextOf('FROM a\nCOPY go.* ./\nCOPY . ./\n', 'cmd/a/Dockerfile', ['go.mod', 'cmd/a/main.go'])).toBe('')
  expect(contextOf('FROM a\nCOPY go.* ./\nCOPY . ./\n', 'cmd/a/Dockerfile', ['go.mod', 'cmd/a/go.mod'])).toBeNull()
  // Beside others it may well find nothing, and all folders have something.
  expect(contextOf('FROM a\nCOPY a.json yarn* ./\n', 'x/Dockerfile', ['x/a.json', 'a.json', 'yarn.lock'])).toBeNull()
  expect(contextOf('FROM a\nCOPY * ./\n', 'x/Dockerfile', ['start.sh'])).toBeNull()
})

test('the folder of whose sources people compile what is copied', () => {
  const at = (files: Readonly<Record<string, string>>): string | null => {
    const top = tree({ 'docker/release/Dockerfile': '', ...files })
    const text = 'FROM a\nCOPY depot /usr/bin/\n'
    const found = likelyContext(parseDockerfile(text), join(top, 'docker/release/Dockerfile'), top)
    return found === null ? null : relative(top, found)
  }
  const module = 'module example.org/team/depot\n'
  expect(at({ 'go.mod': module, 'main.go': 'package main\n' })).toBe('')
  expect(at({ 'go.mod': 'module example.org/suite\n', 'cmd/depot/main.go': 'package main\n' })).toBe('')
  expect(at({ 'go.mod': module, 'depot.go': 'package depot\n' })).toBeNull()
  expect(at({ 'go.mod': 'module example.org/suite\n', 'main.go': 'package main\n' })).toBeNull()
})

test('the folder in whose copy a script lies that is started, or that a RUN takes', () => {
  const at = (lines: string): string | null =>
    contextOf(`FROM a\nCOPY ./ /work\nWORKDIR /work\n${lines}\n`, 'services/mail/Dockerfile', [
      'services/mail/start.sh',
      'services/mail/bin/up.sh',
    ])
  expect(at('ENTRYPOINT ["/work/services/mail/bin/up.sh"]')).toBe('')
  expect(at('CMD ./services/mail/start.sh --all')).toBe('')
  expect(at('RUN cp ./services/mail/start.sh /start.sh')).toBe('')
  expect(at('CMD ["./bin/up.sh"]')).toBeNull()
  expect(at('CMD ["/opt/services/mail/start.sh"]')).toBeNull()
  expect(at('RUN curl https://example.org/services/mail/start.sh')).toBeNull()
})

test('no folder that has what is copied, and not what is started of it', () => {
  const at = (text: string, files: Readonly<Record<string, string>>): string | null => {
    const top = tree({ 'docker/Dockerfile': '', ...files })
    const found = likelyContext(parseDockerfile(text), join(top, 'docker/Dockerfile'), top)
    return found === null ? null : relative(top, found)
  }
  const sources = { 'node/build.gradle': '', 'node/src/Main.java': '' }
  const copied = 'FROM a\nCOPY node /opt/node/\n'
  expect(at(`${copied}ENTRYPOINT ["/opt/node/bin/node"]\n`, sources)).toBeNull()
  expect(at(`${copied}RUN adduser -D x\nENV PATH="/opt/node/bin:$PATH"\n`, sources)).toBeNull()
  expect(at(`${copied}ENTRYPOINT ["/opt/node/bin/node"]\n`, { 'node/bin/node': '' })).toBe('')
  // It may have been made there, or somewhere else.
  expect(at(`${copied}WORKDIR /opt/node\nRUN ./gradlew\nCMD ["/opt/node/bin/node"]\n`, sources)).toBe('')
  expect(at(`${copied}RUN make /opt/node/bin\nCMD ["/opt/node/bin/node"]\n`, sources)).toBe('')
  expect(at(`${copied}COPY --from=b /x /opt/node/bin/\nCMD ["/opt/node/bin/node"]\n`, sources)).toBe('')
  expect(at(`${copied}ENTRYPOINT ["/opt/other/bin/node"]\n`, sources)).toBe('')

  const project = 'FROM a\nWORKDIR /app\nCOPY ./package.json yarn.lock ./\nRUN yarn install\nCOPY . .\n'
  const tools = { 'package.json': '{"scripts": {"lint": "eslint ."}}', 'yarn.lock': '' }
  const own = { ...tools, 'package.json': '{"scripts": {"build": "tsc", "start": "node ."}}' }
  expect(at(`${project}RUN yarn build\n`, tools)).toBeNull()
  expect(at(`${project}CMD ["npm", "run", "serve"]\n`, tools)).toBeNull()
  expect(at(`${project}RUN yarn build\nCMD ["yarn", "start"]\n`, own)).toBe('')
  expect(at(`${project}RUN yarn tsc\n`, tools)).toBe('')
  expect(at(`${project}RUN cd web && yarn build\n`, tools)).toBe('')
  expect(at(`${project}WORKDIR web\nCMD ["yarn", "start"]\n`, tools)).toBe('')
})

test('its own folder where that is as good, or has what the other has not', () => {
  expect(contextOf(starts, 'Dockerfile', ['docker/start.sh'])).toBeNull()
  expect(contextOf('FROM a\nCOPY . .\n', 'x/Dockerfile', ['start.sh'])).toBeNull()
  expect(contextOf('FROM a\nCOPY a b /\n', 'x/Dockerfile', ['x/a', 'b'])).toBeNull()
  // Built before: nowhere yet.
  expect(contextOf('FROM a\nCOPY dist /dist\nCOPY app.conf /\n', 'x/Dockerfile', ['x/app.conf'])).toBeNull()
  expect(
    contextOf('FROM a\nCOPY --from=b start.sh /\nADD https://x/start.sh /\n', 'x/Dockerfile', ['start.sh']),
  ).toBeNull()
})

test('never above the repository; without one, of the project', () => {
  expect(contextOf(starts, 'docker/Dockerfile', ['docker/start.sh'], false)).toBeNull()
  const outer = tree({ 'docker/start.sh': '', 'inner/docker/Dockerfile': '' })
  mkdirSync(join(outer, 'inner/.git'))
  const dockerfile = parseDockerfile(starts)
  const path = join(outer, 'inner/docker/Dockerfile')
  expect(likelyContext(dockerfile, path, projectRoot(dirname(path), outer))).toBeNull()
  const plain = tree({ 'docker/start.sh': '', 'docker/Dockerfile': '' })
  expect(likelyContext(dockerfile, join(plain, 'docker/Dockerfile'), plain)).toBe(plain)
})

test('never the home folder, nor one above it', () => {
  const home = tree({
    '.ssh/key': '',
    'Downloads/x/Dockerfile': '',
    'work/app/docker/Dockerfile': '',
    'work/app/src/a': '',
  })
  const at = (text: string, path: string, above: string) =>
    likelyContext(parseDockerfile(text), join(home, path), above, home)
  const hostile = 'FROM a\nCOPY .ssh /x\n'
  expect(at(hostile, 'Downloads/x/Dockerfile', home)).toBeNull()
  mkdirSync(join(home, '.git'))
  expect(at(hostile, 'Downloads/x/Dockerfile', '/elsewhere')).toBeNull()
  expect(likelyContext(parseDockerfile(hostile), join(home, 'Downloads/x/Dockerfile'), home, '/elsewhere')).toBe(home)
  expect(at('FROM a\nCOPY src /x\n', 'work/app/docker/Dockerfile', home)).toBe(join(home, 'work/app'))
})
