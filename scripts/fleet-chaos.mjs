// A fleet under kill -9: the same plan is run by one calm worker, by an array of Slurm's and by GNU parallel, both of which have
// workers killed at random. Nothing may be lost, nothing done again that had a result, and all three reports are the same bytes.
// Slurm is Debian's own (slurmctld, slurmd, slurm-client, munge), started here for the run and ended with it.
//   node scripts/fleet-chaos.mjs [--static 10000] [--proofs 60] [--kills 50] [--between SECONDS] [--dir DIR] ENGINE…
// Each ENGINE is a DOCKER_HOST; workers take turns with them. Without one there are no proofs. As root, as slurmd is.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals: engines } = parseArgs({
  allowPositionals: true,
  options: {
    static: { type: 'string', default: '10000' },
    proofs: { type: 'string', default: '60' },
    kills: { type: 'string', default: '50' },
    between: { type: 'string', default: '8' },
    dir: { type: 'string' },
  },
})
const statics = Number(values.static)
const proofs = engines.length === 0 ? 0 : Number(values.proofs)
const kills = Number(values.kills)
const between = Number(values.between)
const top = values.dir ?? mkdtempSync(join(tmpdir(), 'fleet-chaos-'))
const cli = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'cli.js')
const began = performance.now()

/** @param {string} line */
function say(line) {
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`)
}

/** @param {string} program @param {readonly string[]} args @param {import('node:child_process').SpawnSyncOptions} [options] */
function call(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: top,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    ...options,
  })
  if (error) throw error
  return { status, stdout: String(stdout), stderr: String(stderr) }
}

/** @param {boolean} isTrue @param {string} what */
function check(isTrue, what) {
  say(`${isTrue ? 'yes' : 'NO '}  ${what}`)
  if (!isTrue) process.exitCode = 1
}

function plantTargets() {
  const bases = ['debian:trixie-slim', 'node:22-alpine', 'python:3.13-slim', 'nginx:1.27', 'alpine:3.20']
  for (let i = 0; i < statics; i++) {
    const folder = join(top, 'repos', `r${i % 200}`, `service-${i}`)
    mkdirSync(folder, { recursive: true })
    const volume = i % 3 === 0 ? `RUN mkdir -p /data/${i}\nVOLUME /data/${i}\n` : ''
    const port = i % 7 === 0 ? 80 : 3000
    const base = bases[i % bases.length]
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${base}\nWORKDIR /app\nCOPY app.js /app/\n${volume}EXPOSE ${port}\nCMD ["node", "app.js"]\n`,
    )
    writeFileSync(join(folder, 'app.js'), `require('fs').writeFileSync('/var/lib/app/${i}', 'x')\n`)
  }
  for (let i = 0; i < Math.min(200, statics); i++) {
    mkdirSync(join(top, 'repos', `r${i}`, '.git'))
    writeFileSync(join(top, 'repos', `r${i}`, '.git', 'HEAD'), 'ref: refs/heads/main\n')
  }
  for (let i = 0; i < proofs; i++) {
    const folder = join(top, 'proofs', `p${i}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM debian:trixie-slim\nRUN mkdir -p /srv/state-${i}\nCMD ["sh", "-c", "echo ${i} > /srv/state-${i}/up; while :; do sleep 1; done"]\n`,
    )
  }
}

function makePlan() {
  const planned = [['--offline', '--engine=none', 'repos']]
  if (proofs > 0) planned.push(['--prove', 'proofs'])
  const texts = planned.map((args) => {
    const { status, stdout, stderr } = call(process.execPath, [cli, 'fleet', 'plan', ...args], { env: envOf(0) })
    if (status !== 0) throw new Error(stderr)
    return stdout
  })
  writeFileSync(join(top, 'plan.ndjson'), texts.join(''))
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => String(JSON.parse(line).key))
}

/** @param {number} worker */
function envOf(worker) {
  const engine = engines[worker % Math.max(1, engines.length)]
  return { ...process.env, ...(engine === undefined ? {} : { DOCKER_HOST: engine }) }
}

// One worker: its pid is where the killer finds it, and what it says is kept.
const worker = `#!/bin/bash
# worker RESULTS INDEX COUNT
cd ${top}
engines=(${engines.join(' ')})
[ \${#engines[@]} = 0 ] || export DOCKER_HOST=\${engines[$(($2 % \${#engines[@]}))]}
${process.execPath} ${cli} fleet run -q --plan plan.ndjson --shard "$2/$3" --results "$1" 2>>"$1.log" &
echo $! >"pids/$1-$2"
wait $!
`

/** @param {string} results */
function merged(results) {
  const { status, stderr } = call(process.execPath, [
    ...[
      cli,
      'fleet',
      'merge',
      '--results',
      results,
      '--plan',
      'plan.ndjson',
      '--format',
      'json',
      '-o',
      `${results}.json`,
    ],
  ])
  const report = readFileSync(join(top, `${results}.json`))
  return {
    status,
    stderr,
    digest: createHash('sha256').update(report).digest('hex').slice(0, 16),
    bytes: report.length,
  }
}

/**
 * Kills one living worker now and then, until there are none or it has done so often enough.
 * @param {string} results @param {number} most @param {() => boolean} isOver
 */
async function killAtRandom(results, most, isOver) {
  let killed = 0
  while (!isOver() && killed < most) {
    await delay(2000 * between * Math.random())
    const pids = readdirSync(join(top, 'pids'))
      .filter((name) => name.startsWith(`${results}-`))
      .map((name) => Number(readFileSync(join(top, 'pids', name), 'utf8')))
      .filter((pid) => pid > 0 && commandOf(pid).includes('plan.ndjson'))
    const pid = pids[Math.floor(Math.random() * pids.length)]
    if (pid === undefined) continue
    process.kill(pid, 'SIGKILL')
    killed += 1
  }
  return killed
}

/** @param {number} pid */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Nothing is begun that had a result: no attempt is younger than the result that was there.
 * @param {string} results @param {readonly string[]} keys
 */
function begunAgain(results, keys) {
  let again = 0
  let attempts = 0
  for (const key of keys) {
    const place = (/** @type {string} */ part) => join(top, results, part, key.slice(0, 2))
    const of = (/** @type {string} */ part) =>
      existsSync(place(part)) ? readdirSync(place(part)).filter((name) => name.startsWith(key)) : []
    const [result] = of('results')
    if (result === undefined) continue
    const since = statSync(join(place('results'), result)).mtimeMs
    const begun = of('attempts').filter((name) => /\.\d+$/.test(name))
    attempts += begun.length
    again += begun.filter((name) => statSync(join(place('attempts'), name)).mtimeMs > since).length
  }
  return { again, attempts }
}

function startSlurm() {
  const at = (/** @type {string} */ name) => join(top, 'slurm.d', name)
  for (const name of ['', 'state', 'spool', 'munge']) mkdirSync(at(name), { recursive: true, mode: 0o755 })
  writeFileSync(at('munge/key'), createHash('sha512').update(String(Math.random())).digest(), { mode: 0o400 })
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  writeFileSync(at('cgroup.conf'), 'CgroupPlugin=disabled\n')
  const conf = [
    ...['ClusterName=chaos', `SlurmctldHost=${hostname()}(127.0.0.1)`, 'SlurmUser=root', 'SlurmdUser=root'],
    ...[`SlurmctldPort=${port}`, `SlurmdPort=${port + 1}`, 'AuthType=auth/munge', 'CredType=cred/munge'],
    ...[`AuthInfo=socket=${at('munge/socket')}`, `StateSaveLocation=${at('state')}`, `SlurmdSpoolDir=${at('spool')}`],
    ...[`SlurmctldPidFile=${at('slurmctld.pid')}`, `SlurmdPidFile=${at('slurmd.pid')}`],
    ...[`SlurmctldLogFile=${at('slurmctld.log')}`, `SlurmdLogFile=${at('slurmd.log')}`],
    ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'SelectType=select/cons_tres', 'MpiDefault=none'],
    ...['SchedulerType=sched/builtin', 'ReturnToService=2'],
    `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1024 State=UNKNOWN`,
    'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
  ]
  writeFileSync(at('slurm.conf'), `${conf.join('\n')}\n`)
  const env = { ...process.env, SLURM_CONF: at('slurm.conf') }
  const munge = ['--foreground', '--force', `--key-file=${at('munge/key')}`, `--socket=${at('munge/socket')}`]
  const files = ['pid', 'log', 'seed'].map((name) => `--${name}-file=${at(`munge/${name}`)}`)
  const log = at('daemons.log')
  /** @param {string} program @param {readonly string[]} args */
  const daemon = (program, args) =>
    spawn('sh', ['-c', 'exec "$0" "$@" >>"$LOG" 2>&1', program, ...args], {
      env: { ...env, LOG: log },
      stdio: 'ignore',
    })
  const daemons = [daemon('munged', [...munge, ...files])]
  return {
    env,
    async begin() {
      await delay(1000)
      daemons.push(daemon('slurmctld', ['-D', '-i']))
      await delay(1000)
      daemons.push(daemon('slurmd', ['-D']))
      for (let tries = 0; tries < 60; tries++) {
        await delay(1000)
        if (/\bidle\b/.test(call('sinfo', ['-h', '-o', '%T'], { env }).stdout)) return
      }
      throw new Error(`Slurm does not begin: ${readFileSync(log, 'utf8')}`)
    },
    async end() {
      for (const child of daemons.reverse()) {
        child.kill('SIGTERM')
        await Promise.race([new Promise((resolve) => child.once('exit', resolve)), delay(10_000)])
      }
    },
  }
}

/** @param {string} results */
function calm(results) {
  call(join(top, 'worker'), [results, '1', '1'])
  return 0
}

/** @param {string} results @param {number} count */
async function bySlurm(results, count) {
  const slurm = startSlurm()
  try {
    await slurm.begin()
    // A task that was killed begins again where it was.
    const script = `#!/bin/bash\nfor try in $(seq 200); do ${top}/worker ${results} $SLURM_ARRAY_TASK_ID ${count} && exit; sleep 1; done\nexit 1\n`
    writeFileSync(join(top, 'array.sh'), script)
    const args = [
      `--array=1-${count}%2`,
      '--ntasks=1',
      '--mem=100',
      `--chdir=${top}`,
      '--output=slurm-%a.out',
      'array.sh',
    ]
    const { stdout, stderr, status } = call('sbatch', ['--parsable', ...args], { env: slurm.env })
    if (status !== 0) throw new Error(stderr)
    let isOver = false
    const waiting = (async () => {
      while (call('squeue', ['-h', '-j', stdout.trim()], { env: slurm.env }).stdout.trim() !== '') await delay(1000)
      isOver = true
    })()
    const killed = await killAtRandom(results, Math.ceil(kills / 2), () => isOver)
    await waiting
    return killed
  } finally {
    call('scancel', ['--full', '--user=root'], { env: slurm.env })
    await slurm.end()
  }
}

/** @param {string} results @param {number} count */
async function byParallel(results, count) {
  const shards = Array.from({ length: count }, (_, index) => String(index + 1))
  const child = spawn(
    'parallel',
    ['--will-cite', '-j2', '--retries', '200', join(top, 'worker'), results, '{}', String(count), ':::', ...shards],
    { cwd: top, stdio: 'ignore' },
  )
  let isOver = false
  const over = new Promise((resolve) => child.once('exit', resolve)).then(() => {
    isOver = true
  })
  const killed = await killAtRandom(results, Math.floor(kills / 2), () => isOver)
  await over
  return killed
}

mkdirSync(join(top, 'pids'), { recursive: true })
writeFileSync(join(top, 'worker'), worker, { mode: 0o755 })
plantTargets()
const keys = makePlan()
say(`planned ${keys.length} targets in ${top}: ${statics} static, ${proofs} proofs`)
const reports = []
/** @type {readonly (readonly [string, () => Promise<number>])[]} */
const ways = [
  ['calm', async () => calm('calm')],
  ['slurm', () => bySlurm('slurm', 3)],
  ['parallel', () => byParallel('parallel', 7)],
]
for (const [results, how] of ways) {
  const since = performance.now()
  const killed = await how()
  const seconds = ((performance.now() - since) / 1000).toFixed(0)
  const report = merged(results)
  const { again, attempts } = begunAgain(results, keys)
  say(
    `${results}: ${seconds} s, ${killed} workers killed, ${attempts} attempts at ${keys.length} targets, report ${report.digest} of ${report.bytes} bytes`,
  )
  check(!/no result/.test(report.stderr), `${results}: nothing is lost`)
  check(again === 0, `${results}: nothing was begun that had a result (${again})`)
  check(!/flaky/.test(report.stderr), `${results}: no two results of one target`)
  reports.push(report.digest)
}
check(new Set(reports).size === 1, 'the three reports are the same bytes')
if (values.dir === undefined && process.exitCode === undefined) rmSync(top, { recursive: true, force: true })
