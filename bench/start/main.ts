// npm run bench:start [-- RUNS]: how long a start takes, as a ratio to `node -e 0` of the same minute: all kinds of runs take
// turns, and the median of each counts. Of dist/, as it was built.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const LEAST_RUNS = 15
const FILES = 200

interface Kind {
  readonly name: string
  readonly args: readonly string[]
  /** How many times the median of the first may be taken. */
  readonly limit: number
}

export function main([runs = '']: readonly string[]): number {
  const cli = resolve('dist/cli.js')
  if (!existsSync(cli)) throw new Error('there is no dist/cli.js: run npm run build first')
  const folder = mkdtempSync(join(tmpdir(), 'harden-image-bench-start-'))
  try {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM debian:12\nCMD ["/x"]\n')
    const static_ = [cli, '--engine', 'none', '--offline']
    const kinds: readonly Kind[] = [
      { name: 'node -e 0', args: ['-e', '0'], limit: 1 },
      { name: '--version', args: [cli, '--version'], limit: 1.6 },
      { name: 'one small file', args: [...static_, 'Dockerfile'], limit: 2.4 },
      { name: `${FILES} files of a tree`, args: [...static_, treeIn(folder)], limit: 8 },
    ]
    return compared(kinds, folder, Math.max(LEAST_RUNS, Number(runs) || 0))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function compared(kinds: readonly Kind[], cwd: string, runs: number): number {
  const times = kinds.map((): number[] => [])
  for (let round = 0; round <= runs; round += 1)
    for (const [index, { args }] of kinds.entries()) {
      const since = performance.now()
      const { status, stderr } = spawnSync(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 })
      // The first round fills the caches of the machine.
      if (round > 0) times[index]?.push(performance.now() - since)
      if (status !== 0) throw new Error(`node ${args.join(' ')} has ended with ${status}:\n${stderr}`)
    }
  const medians = times.map(median)
  const unit = medians[0] ?? Number.NaN
  let over = 0
  for (const [index, { name, limit }] of kinds.entries()) {
    const ms = medians[index] ?? Number.NaN
    const ratio = ms / unit
    const isOver = ratio > limit
    if (isOver) over += 1
    const row = `${name.padEnd(24)} ${ms.toFixed(0).padStart(6)} ms  ${ratio.toFixed(2).padStart(6)}`
    console.log(index === 0 ? row : `${row}  at most ${limit.toFixed(1)}${isOver ? '  OVER' : ''}`)
  }
  console.log(`medians of ${runs} runs each, in turns`)
  return over === 0 ? 0 : 1
}

/** Services of a few kinds, each in its folder. */
function treeIn(folder: string): string {
  const texts: readonly ((n: number) => string)[] = [
    (n) => `FROM node:22\nWORKDIR /srv/app${n}\nCOPY . .\nRUN npm ci\nEXPOSE ${3000 + n}\nCMD ["node", "server.js"]\n`,
    (n) =>
      `FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ["gunicorn", "app${n}:app"]\n`,
    (n) =>
      `FROM golang:1.24 AS build\nRUN go build -o /x${n}\nFROM debian:12\nCOPY --from=build /x${n} /x\nCMD ["/x"]\n`,
    (n) => `FROM nginx:1.27\nCOPY site${n} /usr/share/nginx/html\n`,
  ]
  for (let n = 0; n < FILES; n += 1) {
    const service = join(folder, 'services', `service-${n}`)
    mkdirSync(service, { recursive: true })
    writeFileSync(join(service, 'Dockerfile'), texts[n % texts.length]?.(n) ?? '')
  }
  return 'services'
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
