// In the shells themselves: what stands on a command line, and what they offer for its last word.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { commandHelp, parseArguments } from '../../src/cli/arguments.ts'
import { completion, takesOf } from '../../src/cli/completion.ts'
import { manual } from '../../src/cli/manual.ts'
import { formatNames } from '../../src/report/format.ts'
import { available } from '../support/available.ts'

const folder = mkdtempSync(join(tmpdir(), 'harden-image-test-'))
writeFileSync(join(folder, 'only-file.yaml'), '')
for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(join(folder, `script.${shell}`), completion(shell))

const run = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, TERM: 'dumb' },
  })

/** As readline does it: the words, those that `=` ends apart. */
function inBash(line: string): readonly string[] {
  const words = line.split(/ |(?<==)|(?==)/)
  const script = `source ./script.bash
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
_harden_image harden-image "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "\${COMPREPLY[@]}"`
  return run('bash', ['--norc', '-euc', script]).split('\n').filter(Boolean)
}

function inFish(line: string): readonly string[] {
  const text = run('fish', ['--no-config', '-c', `source script.fish; complete -C '${line}'`])
  return text
    .split('\n')
    .filter(Boolean)
    .map((one) => one.split('\t')[0] ?? '')
}

/** Through a terminal of its own (zsh/zpty): Tab lists what there is, each on a line by itself. */
function inZsh(line: string): readonly string[] {
  const script = `zmodload zsh/zpty
zpty shell "PS1= zsh -f -i"
zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; source ./script.zsh; zstyle ":completion:*" list-prompt ""; LISTMAX=10000'
zpty -w shell 'compadd () { builtin compadd -O found "$@"; print -r -- "<\${(j: :)found}>" >> ./offered; builtin compadd "$@" }'
zpty -w shell 'print -r -- "re""ady"'
zpty -r -m shell seen '*ready*'
zpty -n -w shell '${line}'$'\\t'
sleep 1.5
zpty -d shell`
  writeFileSync(join(folder, 'offered'), '')
  run('zsh', ['-f', '-c', script])
  return [...new Set(run('cat', ['offered']).match(/[^\s<>]+/g))]
}

const formats = [...formatNames]
const rows = (complete: (line: string) => readonly string[]) => {
  test('offers the values of a flag, as the help has them', () => {
    expect(complete('harden-image --format ')).toEqual(expect.arrayContaining(formats))
    expect(complete('harden-image inspect --format ')).toEqual(expect.arrayContaining(['text', 'json']))
    expect(complete('harden-image inspect --format ')).not.toContain('sarif')
    expect(complete('harden-image profile --for ')).toEqual(expect.arrayContaining(['docker', 'compose', 'kubernetes']))
  })

  test('offers the flags of the verb that is there, and verbs first', () => {
    expect(complete('harden-image --wri')).toEqual(expect.arrayContaining(['--write', '--writable']))
    expect(complete('harden-image prove --bas')).toEqual(['--baseline'])
    expect(complete('harden-image prove --writ')).toEqual([])
    expect(complete('harden-image comp')).toContain('completion')
  })

  test('offers the words that a verb takes', () => {
    expect(complete('harden-image userns ')).toEqual(expect.arrayContaining(['check', 'plan', 'apply', 'revert']))
    expect(complete('harden-image completion f')).toEqual(['fish'])
  })
}

describe('bash', () => {
  rows(inBash)

  test('offers values behind = too, and leaves files to the shell', () => {
    expect(inBash('harden-image --own=w')).toEqual(['workdir'])
    expect(inBash('harden-image --config ')).toEqual([])
    expect(inBash('harden-image -w ')).toContain('inspect')
  })
})

available('zsh').describe('zsh', () => rows(inZsh))

available('fish').describe('fish', () => {
  rows(inFish)

  test('offers files to a flag that takes one', () => {
    expect(inFish('harden-image --config only')).toEqual(['only-file.yaml'])
  })
})

describe('what is completed', () => {
  const choices = commandHelp().commands.flatMap(({ name, flags }) =>
    Object.entries(flags).flatMap(([flag, definition]) => {
      const takes = takesOf(definition)
      return takes.kind === 'values' ? [{ name, flag, values: takes.values }] : []
    }),
  )
  /** What each needs beside the flag. */
  const beside: Readonly<Record<string, readonly string[]>> = {
    inspect: ['inspect', 'x'],
    prove: ['prove', 'x:1'],
    profile: ['profile', 'x'],
    userns: ['userns', 'check'],
    fleet: ['fleet', 'plan'],
    verify: ['verify', 'x', '--image', 'x:1'],
  }

  test.each(choices)('$name --$flag: every value is taken, and no other one', ({ name, flag, values }) => {
    expect(values.length).toBeGreaterThan(1)
    const given = (value: string) => {
      const argv = [...(beside[name ?? ''] ?? (name === null ? [] : [name])), `--${flag}`, value]
      return parseArguments(name === 'profile' && flag !== 'for' ? [...argv, '--for', 'docker'] : argv)
    }
    const problem = (value: string): string => {
      try {
        given(value)
        return ''
      } catch (error) {
        return String(error)
      }
    }
    // That a value makes no sense beside the verb is another matter.
    for (const value of values) expect(problem(value)).not.toMatch(`--${flag} must be`)
    expect(problem('none-of-these')).toMatch(`--${flag} must be`)
  })

  test('has every flag and every verb', () => {
    expect(choices.length).toBeGreaterThan(15)
    for (const shell of ['bash', 'zsh', 'fish'] as const)
      for (const { name, flags } of commandHelp().commands)
        for (const word of [...(name === null ? [] : [name]), ...Object.keys(flags)])
          expect([shell, word, completion(shell).includes(word)]).toEqual([shell, word, true])
  })
})

describe('the page of the manual', () => {
  test('has every verb, every flag and every example', () => {
    const page = manual().replaceAll('\\-', '-').replaceAll('\\e', '\\')
    for (const { name, flags, examples } of commandHelp().commands) {
      if (name !== null) expect(page).toContain(`.SS ${name}\n`)
      for (const flag of Object.keys(flags)) expect(page).toContain(`\\fB--${flag}\\fR`)
      for (const [example] of examples)
        expect(page).toContain(example.replaceAll('$0', 'harden-image').replaceAll('…', '...'))
    }
  })

  const page = join(folder, 'harden-image.1')
  writeFileSync(page, manual())

  available('man').test('is formatted by man without a warning', () => {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', page], {
      encoding: 'utf8',
      env: { ...process.env, MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
    })
    expect([stderr, stdout.includes('harden-image userns check|plan|apply|revert')]).toEqual(['', true])
  })

  available('mandoc').test(
    'is taken by mandoc, which misses nothing but the date that no page made again and again has',
    () => {
      const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', page], { encoding: 'utf8' })
      expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([])
    },
  )
})
