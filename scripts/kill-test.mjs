// Kills the command at random moments, and looks for what it leaves. By hand, on an engine that nobody else uses meanwhile:
//   node scripts/kill-test.mjs write 200            over -w on a tree of 40 Dockerfiles; needs no engine
//   node scripts/kill-test.mjs prove 60             over --prove of an image that it builds from debian:trixie-slim
//   node scripts/kill-test.mjs batch 20 --files 200   over -w --prove of so many Dockerfiles, gone on with --resume
//   … --seed N    the same moments again      … --shared    others use the engine: only what carries this tool's labels counts
// It needs dist/ (npm run build) and Linux. Exit code 1: a file that is neither the old nor the new one, or something is left.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    shared: { type: 'boolean', default: false },
    files: { type: 'string', default: '200' },
  },
})
const [mode = '', count = '60'] = positionals
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const cli = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'cli.js')
const scratch = mkdtempSync(join(tmpdir(), 'harden-image-kill-'))
const temporary = join(scratch, 'tmp')
mkdirSync(temporary)

/** @typedef {'SIGINT' | 'SIGTERM' | 'SIGKILL'} Signal */
/** @param {number} index @returns {Signal} */
const signalAt = (index) => (index % 3 === 0 ? 'SIGINT' : index % 3 === 1 ? 'SIGTERM' : 'SIGKILL')
const CODES = { SIGINT: 130, SIGTERM: 143, SIGKILL: null }
/** @type {string[]} */
const problems = []
const random = randomFrom(seed)

/** mulberry32. @param {number} state */
function randomFrom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** @param {string[]} args @param {string} cwd */
function start(args, cwd) {
  const env = {
    ...process.env,
    TMPDIR: temporary,
    XDG_CACHE_HOME: join(scratch, 'cache'),
    XDG_STATE_HOME: join(scratch, 'state'),
  }
  const child = spawn(process.execPath, [cli, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
      if (stream === child.stdout) printed += text
    })
  /** `said`: on both streams, as they came. @type {Promise<{ code: number | null, said: string, printed: string }>} */
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, said, printed })))
  return { pid: child.pid ?? 0, ended, kill: (/** @type {Signal} */ signal) => child.kill(signal) }
}

/** @param {ReturnType<typeof start>} run */
async function timed(run) {
  const begun = performance.now()
  const ended = await run.ended
  return { ...ended, milliseconds: performance.now() - begun }
}

/** What a run of this pid has still: its calls of the engine's CLI among all processes of this machine. @param {number} pid */
function processesOf(pid) {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1')
      return new RegExp(`HARDEN_IMAGE_RUN=[0-9a-f]+-\\d+-${pid}-`).test(environment)
    } catch {
      return false
    }
  })
}

/** Waits for it to become true: a process that was killed takes its time to go. @param {() => boolean} isTrue */
async function becomes(isTrue) {
  for (let tries = 0; tries < 50; tries += 1) {
    if (isTrue()) return true
    await delay(100)
  }
  return false
}

/** @param {string} folder */
function below(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
}

// --- over -w

const BEFORE =
  'FROM debian:trixie-slim\nWORKDIR /app\nCOPY . .\nRUN mkdir -p /var/lib/app\nEXPOSE 80\nCMD ["./server"]\n'
const FILES = Array.from({ length: 40 }, (_, index) => `d${String(index).padStart(2, '0')}/Dockerfile`)
const [first = ''] = FILES
const WRITE = ['-w', '--engine', 'none', '--offline', '.']

/** @param {string} folder */
function makeTree(folder) {
  for (const file of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), BEFORE)
  }
}

/** @param {number} runs */
async function overWriting(runs) {
  const tree = join(scratch, 'tree')
  makeTree(tree)
  const reference = start(WRITE, tree)
  const firstAt = firstChange(tree, performance.now() + 60_000)
  const begun = performance.now()
  const whole = await timed(reference)
  const writing = performance.now() - begun - (await firstAt).after
  const after = readFileSync(join(tree, first), 'utf8')
  if (after === BEFORE) throw new Error(`nothing was written:\n${whole.said}`)
  console.log(
    `${FILES.length} files; a run takes ${Math.round(whole.milliseconds)} ms, ${Math.round(writing)} of them to write`,
  )
  const sums = new Map()
  for (let index = 0; index < runs; index += 1) {
    const signal = signalAt(index)
    rmSync(tree, { recursive: true, force: true })
    makeTree(tree)
    const run = start(WRITE, tree)
    // Every second one while files are written, which is a small part of the time.
    if (index % 2 === 0) await delay(random() * whole.milliseconds)
    else {
      await firstChange(tree, performance.now() + 10_000)
      await delay(random() * writing)
    }
    run.kill(signal)
    const { code, said } = await run.ended
    const texts = FILES.map((file) => readFileSync(join(tree, file), 'utf8'))
    const written = texts.filter((text) => text === after).length
    const broken = texts.filter((text) => text !== after && text !== BEFORE).length
    const temporaries = () => [...below(tree).filter((name) => name.endsWith('.tmp')), ...below(temporary)]
    const left = temporaries().length
    const sum = sums.get(signal) ?? {
      runs: 0,
      'ended by it': 0,
      partly: 0,
      whole: 0,
      untouched: 0,
      broken: 0,
      'left at once': 0,
      'left after the next': 0,
    }
    sums.set(signal, sum)
    sum.runs += 1
    if (code === CODES[signal]) sum['ended by it'] += 1
    sum[written === 0 ? 'untouched' : written === FILES.length ? 'whole' : 'partly'] += 1
    sum.broken += broken
    sum['left at once'] += left
    const about = `${signal} ${index}`
    if (broken > 0) problems.push(`${about}: ${broken} files are neither old nor new`)
    if (signal !== 'SIGKILL') {
      if (left > 0) problems.push(`${about}: left ${temporaries()}`)
      const told = /interrupted: (\d+) files? written/.exec(said)?.[1]
      if (written > 0 && code === CODES[signal] && Number(told ?? written) !== written)
        problems.push(`${about}: says ${told} files, and ${written} are`)
      if (written > 0 && written < FILES.length && told === undefined)
        problems.push(`${about}: does not say what was written`)
    }
    // In its first and last moments a signal does what it does to any program.
    const isEarly = written === 0 && said === ''
    const isLate = written === FILES.length && said.includes('wrote ')
    const isAsUsual = code === null && (isEarly || isLate)
    if (code !== CODES[signal] && code !== 0 && !isAsUsual) problems.push(`${about}: exit code ${code}\n${said}`)
    if (signal !== 'SIGKILL') continue
    await start(WRITE, tree).ended
    const after2 = FILES.filter((file) => readFileSync(join(tree, file), 'utf8') !== after).length
    if (after2 > 0) problems.push(`${about}: the next run left ${after2} files unwritten`)
    sum['left after the next'] += temporaries().length
    if (temporaries().length > 0) problems.push(`${about}: left after the next run ${temporaries()}`)
  }
  return sums
}

/** Resolves when a file of the tree is a new one; `after`: milliseconds since it was asked. @param {string} tree @param {number} until */
async function firstChange(tree, until) {
  const begun = performance.now()
  const old = BEFORE.length
  while (performance.now() < until) {
    try {
      if (readFileSync(join(tree, first), 'utf8').length !== old) break
    } catch {
      // Between two trees.
    }
    await delay(1)
  }
  return { after: performance.now() - begun }
}

// --- over --prove

const IMAGE = 'harden-image-kill-test:latest'
const DOCKERFILE = `FROM debian:trixie-slim
RUN mkdir -p /srv/data /srv/state && useradd --system worker
VOLUME /srv/data /srv/state
CMD ["sh", "-c", "echo 1 > /run/app.pid; echo x > /srv/data/x; exec sleep infinity"]
`
const KINDS = {
  container: ['ps', '--all', '--quiet', '--no-trunc'],
  image: ['image', 'ls', '--all', '--quiet', '--no-trunc'],
  volume: ['volume', 'ls', '--quiet'],
  network: ['network', 'ls', '--quiet', '--no-trunc'],
}

/** @param {readonly string[]} args @param {string} [input] */
function docker(args, input) {
  const { status, stdout, stderr } = spawnSync('docker', args, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${args[0]}: ${stderr}`)
  return stdout
}

/** `kind id` of all that the engine has; shared with others: of what the run of this pid has labelled. @param {number} pid */
function inventory(pid) {
  return Object.entries(KINDS).flatMap(([kind, args]) => {
    if (!values.shared)
      return docker(args)
        .split('\n')
        .filter(Boolean)
        .map((id) => `${kind} ${id}`)
    const label = `harden-image.${kind === 'image' ? 'image' : 'run'}`
    const ids = docker([...args, '--filter', `label=${label}`])
      .split('\n')
      .filter(Boolean)
    return ids.flatMap((id) => {
      const { status, stdout } = spawnSync('docker', [kind, 'inspect', id], { encoding: 'utf8' })
      return status === 0 && new RegExp(`"${label}": "[0-9a-f]+-\\d+-${pid}-`).test(stdout) ? [`${kind} ${id}`] : []
    })
  })
}

/** @param {number} runs */
async function overProving(runs) {
  const folder = join(scratch, 'project')
  mkdirSync(folder)
  writeFileSync(join(folder, 'Dockerfile'), 'FROM debian:trixie-slim\nCMD ["sleep", "1"]\n')
  docker(['build', '--quiet', '--tag', IMAGE, '-'], DOCKERFILE)
  const PROVE = ['prove', IMAGE, '--offline', '--engine', 'docker']
  const HARDEN = [IMAGE, '--prove', '--offline', '--engine', 'docker']
  const NEXT = ['Dockerfile', '--build', '--offline', '--engine', 'docker']
  // What it keeps for the next ones (the tracer's image) is there from now on.
  const whole = await timed(start(HARDEN, folder))
  if (whole.code !== 0) throw new Error(`the proof itself ends with ${whole.code}:\n${whole.said}`)
  const again = await timed(start(HARDEN, folder))
  await start(NEXT, folder).ended
  console.log(`a proof takes ${Math.round(again.milliseconds)} ms`)
  const sums = new Map()
  for (let index = 0; index < runs; index += 1) {
    // In a row of four: two that are killed.
    const signal = runs >= 10 ? signalAt(index) : index % 2 === 1 ? 'SIGKILL' : signalAt((index / 2) % 2)
    const before = new Set(inventory(0))
    const run = start(index % 5 === 4 ? PROVE : HARDEN, folder)
    await delay(300 + random() * again.milliseconds)
    const killed = performance.now()
    run.kill(signal)
    const { code, said } = await run.ended
    const took = performance.now() - killed
    const left = () => inventory(run.pid).filter((one) => !before.has(one))
    const all = () => [
      ...left(),
      ...below(temporary).filter((name) => !name.includes('/')),
      ...processesOf(run.pid).map((pid) => `process ${pid}`),
    ]
    const sum = sums.get(signal) ?? {
      runs: 0,
      'ended by it': 0,
      'slowest end, ms': 0,
      'runs that left something': 0,
      'left at once': 0,
      'left after the next': 0,
    }
    sums.set(signal, sum)
    sum.runs += 1
    if (code === CODES[signal]) sum['ended by it'] += 1
    sum['slowest end, ms'] = Math.max(sum['slowest end, ms'], Math.round(took))
    const about = `${signal} ${index}`
    if (signal === 'SIGKILL') {
      const atOnce = all()
      sum['left at once'] += atOnce.length
      if (atOnce.length > 0) sum['runs that left something'] += 1
      const next = await start(NEXT, folder).ended
      if (next.code !== 0) problems.push(`${about}: the next run ends with ${next.code}\n${next.said}`)
    } else {
      await becomes(() => processesOf(run.pid).length === 0)
      const atOnce = all()
      sum['left at once'] += atOnce.length
      if (atOnce.length > 0) problems.push(`${about}: left ${atOnce.join(', ')}\n${said}`)
    }
    const atEnd = all()
    sum['left after the next'] += atEnd.length
    if (signal === 'SIGKILL' && atEnd.length > 0)
      problems.push(`${about}: left after the next run: ${atEnd.join(', ')}`)
    // In its first moments a signal does what it does to any program; the verb `prove` finds that this image is root.
    const isEarly = code === null && said === ''
    if (code !== CODES[signal] && code !== 0 && code !== 1 && !isEarly)
      problems.push(`${about}: exit code ${code}\n${said}`)
  }
  docker(['image', 'rm', '--force', IMAGE])
  return sums
}

// --- over -w --prove of many

/** @param {number} runs */
async function overBatch(runs) {
  const names = Array.from(
    { length: Number(values.files) },
    (_, index) => `d${String(index).padStart(3, '0')}/Dockerfile`,
  )
  const makeBatch = (/** @type {string} */ folder) => {
    for (const [index, name] of names.entries()) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      const text = `FROM debian:trixie-slim\nRUN echo ${seed} ${index} >/srv/n\nCMD ["cat", "/srv/n"]\n`
      writeFileSync(join(folder, name), text)
    }
    return folder
  }
  const textsOf = (/** @type {string} */ folder) => names.map((name) => readFileSync(join(folder, name), 'utf8'))
  const BATCH = ['-w', '--prove', '--offline', '--engine', 'docker', '--format', 'json', '.']
  // What is kept for the next ones is there from now on, so that this one can be compared.
  await start(['d000/Dockerfile', '--prove', '--offline'], makeBatch(join(scratch, 'first'))).ended
  const whole = makeBatch(join(scratch, 'whole'))
  const before = textsOf(whole)
  const reference = await timed(start(BATCH, whole))
  const after = textsOf(whole)
  if (after.some((text, index) => text === before[index]))
    throw new Error(`not all are written:\n${reference.said.slice(-2000)}`)
  console.log(`${names.length} files take ${Math.round(reference.milliseconds)} ms`)

  const killed = makeBatch(join(scratch, 'killed'))
  const stands = () => textsOf(killed).filter((text, index) => text === after[index]).length
  const sum = { kills: 0, 'in the midst of it': 0, broken: 0 }
  /** The run that came to its end by itself. @type {Awaited<ReturnType<typeof start>['ended']> | null} */
  let last = null
  for (let index = 0; last === null; index += 1) {
    const run = start(index === 0 ? BATCH : [...BATCH, '--resume'], killed)
    // So that all of them come before the end, whatever else the machine does: a share of what is left.
    const left = (names.length - stands()) / names.length
    const soon = ((0.2 + random() * 1.6) * left * reference.milliseconds) / (runs + 1 - index)
    const timer = index < runs ? setTimeout(() => run.kill('SIGKILL'), soon) : undefined
    const ended = await run.ended
    clearTimeout(timer)
    const written = stands()
    if (ended.code !== null) {
      last = ended
      break
    }
    sum.kills += 1
    if (written > 0 && written < names.length) sum['in the midst of it'] += 1
    const broken = textsOf(killed).filter((text, at) => text !== after[at] && text !== before[at]).length
    sum.broken += broken
    if (broken > 0) problems.push(`kill ${index}: ${broken} files are neither old nor new`)
  }
  if (last?.code !== 0) problems.push(`the last run ends with ${last?.code}\n${last?.said.slice(-2000)}`)
  if (sum.kills < runs) problems.push(`only ${sum.kills} of ${runs} kills came before its end`)
  if (stands() < names.length) problems.push(`${names.length - stands()} files are other ones than without a kill`)
  const { results } = JSON.parse(last?.printed ?? '{}')
  const hardened = results.filter(
    (/** @type {{ verdict: string, changed: boolean }} */ one) => one.verdict === 'hardened' && one.changed,
  )
  if (hardened.length !== names.length)
    problems.push(`the report has ${hardened.length} of ${names.length} as hardened`)
  return new Map([['SIGKILL', sum]])
}

try {
  if (!['write', 'prove', 'batch'].includes(mode)) throw new Error('say write, prove or batch, and how often')
  console.log(
    `${count} signals over ${mode === 'write' ? '-w' : mode === 'prove' ? '--prove' : '-w --prove'}, --seed ${seed}`,
  )
  const over = mode === 'write' ? overWriting : mode === 'prove' ? overProving : overBatch
  const sums = await over(Number(count))
  console.table(Object.fromEntries(sums))
  for (const problem of problems) console.log(problem)
  console.log(problems.length === 0 ? 'nothing is broken, and nothing is left' : `${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
