// Images of one tree that are built upon each other: the base changes first, and its children are planned on what it becomes.
import { expect, test } from '@jest/globals'
import { givenIn } from '../support/given.ts'
import { type Files, worked } from './worked.ts'

/** Starts a program of its own, so that it is changed although others are built on it. */
const base = 'FROM debian:trixie-slim\nCOPY tool /usr/local/bin/\nEXPOSE 3000\nENTRYPOINT ["tool"]\n'
const child = (name: string, user = 'USER root\n') => `FROM ${name}\n${user}RUN mkdir /data\nCMD ["serve"]\n`
const makefile = 'all:\n\tdocker build -t acme/server server\n\tdocker build -t acme/app app\n'
const files: Files = {
  'server/Dockerfile': base,
  'server/tool': '',
  'app/Dockerfile': child('acme/server'),
  Makefile: makefile,
}
const makesAccount = /useradd|adduser/

test('a child is planned on the result of its base, whichever comes first', async () => {
  for (const targets of [['.'], ['app', 'server'], ['server', 'app']]) {
    const results = await worked(files, targets)
    expect([...results.keys()]).toEqual(
      targets[0] === '.' ? ['app/Dockerfile', 'server/Dockerfile'] : targets.map((one) => `${one}/Dockerfile`),
    )
    expect(results.get('server/Dockerfile')?.output).toMatch(makesAccount)
    // The account is there by then: made again, it would not build.
    const app = results.get('app/Dockerfile')
    expect(app?.output).not.toMatch(makesAccount)
    expect(app?.user).toMatchObject({ uid: 10001, gid: 10001, from: 'image' })
    expect(app?.findings).toContainEqual(
      expect.objectContaining({
        outcome: 'note',
        message: 'server/Dockerfile changes in the same run: this is planned on the result',
      }),
    )
  }
})

test('alone it is planned on its base as that is', async () => {
  expect((await worked(files, ['app'])).get('app/Dockerfile')?.output).toMatch(makesAccount)
})

test('so is a chain, from the first to the last', async () => {
  const results = await worked({
    ...files,
    'a/Dockerfile': child('acme/app'),
  })
  for (const name of ['a/Dockerfile', 'app/Dockerfile']) expect(results.get(name)?.output).not.toMatch(makesAccount)
  expect(results.get('a/Dockerfile')?.user).toMatchObject({ uid: 10001 })
})

test('a child that counts on root says so itself, where the same run works on both', async () => {
  const counting = { ...files, 'app/Dockerfile': child('acme/server', '') }
  expect((await worked(counting, ['server'])).get('server/Dockerfile')?.changed).toBe(false)
  const results = await worked(counting)
  expect(results.get('server/Dockerfile')?.output).toContain('USER 10001:10001')
  expect(results.get('app/Dockerfile')?.output).toMatch(/^FROM acme\/server\n(?:#.*\n)*USER (?:0|root)\S*\nRUN mkdir/m)
})

test('who is built on what changes is told of it', async () => {
  const said = async (targets: readonly string[]) =>
    (await worked(files, targets))
      .get('server/Dockerfile')
      ?.findings.flatMap(({ message, hint }) => (message.includes('built on it') ? [[message, hint]] : []))
  const message = 'app/Dockerfile (line 1) is built on it, and starts from what changes here'
  const from = (await said(['.']))?.[0]?.[0]?.replace(/^\S*\/(?=app)/, '')
  expect([from, (await said(['.']))?.[0]?.[1]]).toEqual([message, undefined])
  expect((await said(['server']))?.[0]?.[1]).toMatch(
    /^work on both at once: harden-image server\/Dockerfile \S*app\/Dockerfile$/,
  )
})

test('two that are built on each other end all the same', async () => {
  const results = await worked({
    'one/Dockerfile': child('acme/two'),
    'two/Dockerfile': child('acme/one'),
    Makefile: 'all:\n\tdocker build -t acme/one one\n\tdocker build -t acme/two two\n',
  })
  expect([...results.keys()]).toEqual(['one/Dockerfile', 'two/Dockerfile'])
})

const notes = {
  'server/Dockerfile': 'FROM python:3.13\nWORKDIR /srv\nCOPY . .\nCMD ["python", "server.py"]\n',
  'server/server.py': 'import os, sys\nos.makedirs("/srv/notes/pages")\nopen(sys.argv[1], "w")\n',
  'app/Dockerfile': 'FROM acme/server\nENV COLOUR=blue\nCMD ["python", "server.py", "--quiet"]\n',
  'app/readme.txt': '',
  Makefile: makefile,
}

test('what an image needs is needed by the one that is built upon it with another context', async () => {
  const alone = (await worked(notes, ['app'])).get('app/Dockerfile')
  expect(givenIn(alone?.output ?? '')).toContain('/srv/notes')
  expect(alone?.verdict).toBe('rewritten')
  expect(alone?.findings.map(({ message }) => message).join()).toContain('server.py line 3 (open)')
  const other = { ...notes, 'server/server.py': 'print("up")\n' }
  expect(givenIn((await worked(other, ['app'])).get('app/Dockerfile')?.output ?? '')).toEqual([])
})

test('what the base gives already in the same run is not given again', async () => {
  const own = 'FROM acme/server\nUSER root\nRUN mkdir /opt/more\nCMD ["python", "server.py", "--quiet"]\n'
  const source = 'import os\nos.makedirs("/srv/notes/pages")\n'
  const results = await worked({ ...notes, 'app/Dockerfile': own, 'server/server.py': source })
  expect(givenIn(results.get('server/Dockerfile')?.output ?? '').join(' ')).toContain('/srv/notes')
  expect(givenIn(results.get('app/Dockerfile')?.output ?? '')).not.toContain('/srv/notes')
})

test('of several ways to build the base the one with a context that holds its Dockerfile is meant', async () => {
  const files = {
    Dockerfile: notes['server/Dockerfile'],
    'server.py': notes['server/server.py'],
    'README.md': '```sh\ndocker build -t acme/server .\n```\n',
    'trial/README.md': '```sh\ndocker build -t acme/server .\n```\n',
    'trial/compose.yaml': 'services: { db: { image: "postgres:17" } }\n',
    'app/Dockerfile': notes['app/Dockerfile'],
  }
  expect(givenIn((await worked(files, ['app'])).get('app/Dockerfile')?.output ?? '')).toContain('/srv/notes')
})
