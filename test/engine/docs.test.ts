// What the README and the pages in docs/ show is what happens: blocks below `<!-- run -->` are run, page by page, in a folder of its own,
// which has what stands below `<!-- file: NAME -->`.
// Shown lines must come in this order; spaces do not count, `…` stands for anything, and more may be said than is shown.
import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { REPOSITORY } from './support/cli.ts'
import { TEST_LABEL } from './support/images.ts'
import { retryOnce } from './support/retry.ts'
import { removeProject, STACKS } from './support/stack.ts'

retryOnce()

interface Run {
  readonly command: string
  readonly shown: readonly string[]
}

const DOCS = join(REPOSITORY, 'docs')
const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !path.startsWith('contributing/'))
  .sort()
pages.push('../README.md')
const textOf = (page: string) => readFileSync(join(DOCS, page), 'utf8')

function runsOf(text: string): readonly Run[] {
  const blocks = [...text.matchAll(/^<!-- run -->\n```console\n([\s\S]*?)\n```$/gm)].map((match) => match[1] ?? '')
  return blocks.flatMap((block) => {
    const runs: { command: string; shown: string[] }[] = []
    for (const line of block.split('\n')) {
      if (line.startsWith('$ ')) runs.push({ command: line.slice(2), shown: [] })
      else runs.at(-1)?.shown.push(line)
    }
    return runs
  })
}

function filesOf(text: string): readonly (readonly [string, string])[] {
  const blocks = text.matchAll(/^<!-- file: ([\w.]+) -->\n```\w+\n([\s\S]*?)^```$/gm)
  return [...blocks].map(([, name = '', content = '']) => [name, content])
}

/** The first shown line that did not come, or null. */
function missing(shown: readonly string[], output: string): string | null {
  const squeezed = (text: string) => text.trim().replace(/\s+/g, ' ')
  const lines = output.split('\n').map(squeezed)
  let from = 0
  for (const line of shown) {
    if (line.trim() === '…' || line.trim() === '') continue
    const parts = squeezed(line)
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const pattern = new RegExp(`^${parts.join('.*')}$`)
    const found = lines.findIndex((candidate, index) => index >= from && pattern.test(candidate))
    if (found < 0) return line
    from = found + 1
  }
  return null
}

let tools: string

beforeAll(() => {
  tools = mkdtempSync(join(tmpdir(), 'hi-docs-'))
  const script = (name: string, lines: string[]) => {
    writeFileSync(join(tools, name), `#!/bin/sh\n${lines.join('\n')}\n`)
    chmodSync(join(tools, name), 0o755)
  }
  script('harden-image', [`exec '${process.execPath}' '${join(REPOSITORY, 'dist', 'cli.js')}' "$@"`])
  // What the pages make is known as the tests' own.
  script('docker', [
    `PATH='${process.env.PATH}'`,
    `case $1 in build|run) verb=$1; shift; exec docker "$verb" --label ${TEST_LABEL} "$@";; esac`,
    `case "$1 $2" in 'volume create') shift 2; exec docker volume create --label ${TEST_LABEL} "$@";; esac`,
    'exec docker "$@"',
  ])
})

afterAll(() => rmSync(tools, { recursive: true }))

function shell(command: string, cwd: string): Promise<string> {
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}`, NO_COLOR: '1', FORCE_COLOR: '' }
  return new Promise((resolve) => {
    // Some commands are shown because they fail: what they say is compared, not how they end.
    execFile('sh', ['-c', `exec 2>&1\n${command}`], { cwd, env, timeout: 180_000 }, (_, stdout) => resolve(stdout))
  })
}

/** The project that a page is about, which its reader has a copy of. */
const STACK_OF: Readonly<Record<string, string>> = { 'how-to/stack.md': 'jobs' }

/** Commands that only look at a container. */
const LOOKS = /^docker (top|logs|inspect|ps) /

describe('the runs of', () => {
  test.concurrent.each(pages.filter((page) => runsOf(textOf(page)).length > 0))('%s', async (page) => {
    // Compose names a project after its folder, and knows no capital letters.
    const folder = join(
      tools,
      basename(mkdtempSync(join(tools, `${basename(page)}-`)))
        .toLowerCase()
        .replace('.', '-'),
    )
    mkdirSync(folder, { recursive: true })
    const stack = STACK_OF[page]
    if (stack !== undefined) bringStack(stack, folder)
    for (const [name, text] of filesOf(textOf(page))) writeFileSync(join(folder, name), text)
    try {
      await expectRuns(page, folder)
    } finally {
      if (stack !== undefined) await removeProject(basename(folder))
    }
  })
})

async function expectRuns(page: string, folder: string): Promise<void> {
  for (const { command, shown } of runsOf(textOf(page))) {
    let output = await shell(command, folder)
    // A reader's container has started long before its next line is typed.
    for (const end = Date.now() + 10_000; LOOKS.test(command) && missing(shown, output) && Date.now() < end; ) {
      await delay(200)
      output = await shell(command, folder)
    }
    expect({ command, missing: missing(shown, output), ...(missing(shown, output) && { output }) }).toEqual({
      command,
      missing: null,
    })
    // A command that is shown without any output must not complain.
    if (shown.length === 0) expect({ command, output }).toEqual({ command, output: '' })
  }
}

/** Of test/engine/stacks, at a port that is free. */
function bringStack(stack: string, folder: string): void {
  cpSync(join(STACKS, stack), folder, { recursive: true, filter: (path) => basename(path) !== 'checks.json' })
  const file = join(folder, 'compose.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/- "\d+:(\d+)"/g, '- "127.0.0.1::$1"'))
}
