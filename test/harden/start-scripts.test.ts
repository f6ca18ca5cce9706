// What is done to a start script leaves one that a shell can read: generated scripts, with the real `sh` and `sed`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { harden } from '../../src/app/harden-text.ts'

const RUNS = { numRuns: Number(process.env.FUZZ_RUNS ?? 150) }
const folder = mkdtempSync(join(tmpdir(), 'harden-scripts-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Few words, so that one command is often how another begins, or ends.
const path = fc.constantFrom('/data', '/data/logs', '"$DATA"')
const owner = fc.constantFrom('www-data', '"$OWNER"')
const command = fc.oneof(
  fc.tuple(owner, path).map(([who, at]) => `chown -R ${who} ${at}`),
  fc.tuple(owner, path, path).map(([who, at, more]) => `chown ${who} ${at} ${more}`),
  path.map((at) => `find ${at} ! -user www-data -exec chown www-data {} +`),
  path.map((at) => `mkdir -p ${at}`),
  path.map((at) => `chmod 755 ${at}`),
  fc.constantFrom('usermod -u 1000 www-data', 'gosu www-data true', 'su www-data -s /bin/sh -c "echo hi"', 'echo done'),
)
const line = fc.oneof(
  command,
  fc.tuple(command, command).map(([one, other]) => `${one} && ${other}`),
  fc.tuple(command, command).map(([one, other]) => `{ ${one}; ${other}; }`),
  command.map((one) => `X=1 ${one}`),
  command.map((one) => `! ${one}`),
  command.map((one) => `${one} >/dev/null 2>&1`),
  command.map((one) => `${one} || true`),
  command.map((one) => `if [ "$(id -u)" = 0 ]; then ${one}; fi`),
  command.map((one) => `for d in a b; do ${one}; done`),
  command.map((one) => `case "$1" in x) ${one} ;; esac`),
  command.map((one) => `f() { ${one}; }\nf`),
)
const last = fc.constantFrom(
  'exec "$@"',
  'exec gosu www-data server',
  'su www-data -c "exec server"',
  'chown -R www-data /data && exec gosu www-data server',
)
const script = fc
  .tuple(fc.constantFrom('set -e\n', 'set -eu\n', ''), fc.array(line, { minLength: 2, maxLength: 6 }), last)
  .map(([options, lines, end]) => `${options}DATA=/data\n${lines.join('\n')}\n${end}\n`)

/** What a shell has to say of a text that it does not run. */
const complaint = (text: string): string => spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' }).stderr

test('a start script can be read after its edits', () => {
  const file = join(folder, 'start.sh')
  fc.assert(
    fc.property(script, (body) => {
      const text = `#!/bin/sh\n${body}`
      writeFileSync(file, text)
      const dockerfile = `FROM debian:trixie-slim\nCOPY --chmod=755 <<"END" /start.sh\n${text}END\nCMD ["/start.sh"]\n`
      const [edit] = /\bsed -i .*\/start\.sh/.exec(harden({ dockerfile }).output) ?? []
      if (edit !== undefined) {
        const { status, stderr } = spawnSync('sh', ['-c', edit.replace('/start.sh', file)], { encoding: 'utf8' })
        expect({ edit, status, stderr }).toEqual({ edit, status: 0, stderr: '' })
        expect(readFileSync(file, 'utf8')).not.toBe(text)
      }
      expect(complaint(readFileSync(file, 'utf8'))).toBe('')
    }),
    RUNS,
  )
})

test('and so can the text of a command', () => {
  fc.assert(
    fc.property(script, fc.constantFrom('-c', '-ec'), (body, option) => {
      const dockerfile = `FROM debian:trixie-slim\nCMD ${JSON.stringify(['sh', option, body])}\n`
      const [, words] = /^CMD (\[.*\])$/m.exec(harden({ dockerfile }).output) ?? []
      const [shell, , text] = JSON.parse(words ?? '[]') as readonly string[]
      expect(shell).toBe('sh')
      expect(complaint(text ?? '(')).toBe('')
    }),
    RUNS,
  )
})
