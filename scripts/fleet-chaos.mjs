// A fleet under kill -9: the same plan is run by one calm worker, by GNU parallel and by an array of Slurm's, as the documents have
// them, with workers killed at random. Nothing may be lost, nothing done again that had a result, and all reports are the same bytes.
// Slurm is Debian's own (slurmctld, slurmd, slurm-client, munge), started here for the run and ended with it.
//   node scripts/fleet-chaos.mjs [--static 10000] [--proofs 60] [--kills 50] [--between SECONDS] [--ways calm,parallel,slurm] [--dir DIR] ENGINE…
// A DIR that has a plan already is gone on with: what has been run there is only compared.
// Each ENGINE is a DOCKER_HOST, and each of the workers at a time has one for itself. Without one there are no proofs. As root, as slurmd is.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
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
    ways: { type: 'string', default: 'calm,parallel,slurm' },
    dir: { type: 'string' },
  },
})
const statics = Number(values.static)
const proofs = engines.length === 0 ? 0 : Number(values.proofs)
const kills = Number(values.kills)
const between = Number(values.between)
const top = values.dir ?? mkdtempSync(join(tmpdir(), 'fleet-chaos-'))
const repository = dirname(dirname(fileURLToPath(import.meta.url)))
const cli = join(repository, 'dist', 'cli.js')
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
    writeFileSync(join(folder, 'server.pl'), server)
    const [dockerfile, start] = servers[i % servers.length]?.(i) ?? ['', '']
    writeFileSync(join(folder, 'start.sh'), start)
    writeFileSync(join(folder, 'Dockerfile'), `FROM debian:trixie-slim\nCOPY server.pl start.sh /srv/\n${dockerfile}\n`)
  }
}

// An HTTP server in what each Debian has: its port, and the file that it keeps what it is asked for in.
const server = `use IO::Socket::INET;
my ($port, $state) = @ARGV;
my $socket = IO::Socket::INET->new(LocalPort => $port, Listen => 9, ReuseAddr => 1) or die "port $port: $!\n";
$SIG{TERM} = sub { exit 0 };
print STDERR "listening on $port\n";
while (my $client = $socket->accept) {
  my $line = <$client> // '';
  open(my $file, '>>', $state) or die "$state: $!\n";
  print $file $line;
  close $file;
  print $client "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
  close $client;
}
`

/** What follows FROM and COPY, and a start script; by kind. @type {readonly ((i: number) => readonly [string, string])[]} */
const servers = [
  // Its state lies in a folder of its own.
  (i) => [
    `RUN mkdir -p /var/lib/app-${i}\nEXPOSE ${8000 + i}\nCMD ["perl", "/srv/server.pl", "${8000 + i}", "/var/lib/app-${i}/asked"]`,
    '',
  ],
  // Below 1024, and its log is where logs are.
  (i) => [
    `RUN mkdir -p /var/log/app-${i}\nEXPOSE 80\nCMD ["perl", "/srv/server.pl", "80", "/var/log/app-${i}/access.log"]`,
    '',
  ],
  // A start script with a pid file, and the step down to who does the work.
  (i) => [
    `EXPOSE 8080\nENTRYPOINT ["sh", "/srv/start.sh"]`,
    `set -e\nmkdir -p /data/${i}\nchown www-data:www-data /data/${i}\necho $$ > /run/app-${i}.pid\nexec setpriv --reuid=33 --regid=33 --clear-groups perl /srv/server.pl 8080 /data/${i}/asked\n`,
  ],
  // No server, and a volume.
  (i) => [`VOLUME /srv/state-${i}\nCMD ["sh", "-c", "while :; do date > /srv/state-${i}/now; sleep 1; done"]`, ''],
  // It runs as it should already.
  (i) => [
    `RUN mkdir /home/app-${i} && chown 1000:1000 /home/app-${i}\nEXPOSE 8080\nUSER 1000:1000\nCMD ["perl", "/srv/server.pl", "8080", "/home/app-${i}/asked"]`,
    '',
  ],
  // It does not build.
  (i) => [`RUN echo ${i} && false\nCMD ["sleep", "infinity"]`, ''],
]

function makePlan() {
  const planned = statics > 0 ? [['--offline', '--engine=none', 'repos']] : []
  if (proofs > 0) planned.push(['--prove', 'proofs'])
  const texts = planned.map((args) => {
    const { status, stdout, stderr } = call(process.execPath, [cli, 'fleet', 'plan', ...args], {
      env: { ...process.env, ...(engines[0] === undefined ? {} : { DOCKER_HOST: engines[0] }) },
    })
    if (status !== 0) throw new Error(stderr)
    return stdout
  })
  writeFileSync(join(top, 'plan.ndjson'), texts.join(''))
  return keysOf(texts.join(''))
}

/** @param {string} plan */
function keysOf(plan) {
  const lines = plan.split('\n').filter((line) => line !== '')
  return lines.map((line) => String(JSON.parse(line).key))
}

// What the documents call harden-image: a worker whose pid is where the killer finds it, with an engine that nobody else has meanwhile.
const worker = `#!/bin/bash
engines=(${engines.join(' ')})
while [ \${#engines[@]} -gt 0 ]; do
  for number in \${!engines[@]}; do
    exec 9>${top}/engine-$number.lock
    flock -n 9 && export DOCKER_HOST=\${engines[$number]} && break 2
  done
  sleep 0.2
done
${process.execPath} ${cli} "$@" 2>>${top}/workers.log 9>&- &
echo $! >${top}/pids/$$
wait $!
`

/** @param {string} way */
function merged(way) {
  const args = ['--results', `results-${way}`, '--plan', 'plan.ndjson', '--format', 'json', '-o', `${way}.json`]
  const { status, stderr } = call(process.execPath, [cli, 'fleet', 'merge', ...args])
  const report = readFileSync(join(top, `${way}.json`))
  const verdicts = new Map()
  for (const { verdict } of JSON.parse(report.toString()).results)
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
  return {
    status,
    stderr,
    verdicts: [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(', '),
    isPoisoned: report.includes('poison: '),
    digest: createHash('sha256').update(report).digest('hex').slice(0, 16),
    bytes: report.length,
  }
}

/** What two reports say otherwise of a target, a line each. @param {string} way @param {string} other */
function differences(way, other) {
  const [left, right] = [way, other].map((one) => JSON.parse(readFileSync(join(top, `${one}.json`), 'utf8')).results)
  const byTarget = new Map(right.map((/** @type {any} */ result) => [result.target, result]))
  return left.flatMap((/** @type {any} */ result) => {
    const pairs = differing(result, byTarget.get(result.target) ?? null, '')
    return pairs.length === 0 ? [] : [`${result.target}: ${pairs.slice(0, 4).join('; ').slice(0, 400)}`]
  })
}

/** @param {any} left @param {any} right @param {string} path @returns {readonly string[]} */
function differing(left, right, path) {
  if (JSON.stringify(left) === JSON.stringify(right)) return []
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object')
    return [`${path}: ${JSON.stringify(left)} and ${JSON.stringify(right)}`]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    differing(left[key], right[key], `${path}.${key}`),
  )
}

/**
 * Kills one living worker now and then, until there are none or it has done so often enough.
 * @param {number} most @param {() => boolean} isOver
 */
async function killAtRandom(most, isOver) {
  let killed = 0
  while (!isOver() && killed < most) {
    await delay(2000 * between * Math.random())
    const pids = readdirSync(join(top, 'pids'))
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

/** How many of the keys have one. @param {string} results @param {readonly string[]} keys */
function resultsIn(results, keys) {
  const place = join(top, results, 'results')
  const names = existsSync(place) ? readdirSync(place, { recursive: true, encoding: 'utf8' }) : []
  const found = new Set(names.map((name) => name.slice(3, 67)))
  return keys.filter((key) => found.has(key)).length
}

/**
 * Nothing is begun that had a result: no attempt is younger than the result that was there.
 * @param {string} way @param {readonly string[]} keys
 */
function begunAgain(way, keys) {
  let again = 0
  let attempts = 0
  let several = 0
  for (const key of keys) {
    const place = (/** @type {string} */ part) => join(top, `results-${way}`, part, key.slice(0, 2))
    const of = (/** @type {string} */ part) =>
      existsSync(place(part)) ? readdirSync(place(part)).filter((name) => name.startsWith(key)) : []
    const [result, ...others] = of('results')
    several += others.length
    if (result === undefined) continue
    const since = statSync(join(place('results'), result)).mtimeMs
    const begun = of('attempts').filter((name) => /\.\d+$/.test(name))
    attempts += begun.length
    again += begun.filter((name) => statSync(join(place('attempts'), name)).mtimeMs > since).length
  }
  return { again, attempts, several }
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
    // Each of two tasks at a time asks for two cores, however many there are.
    ...['SchedulerType=sched/builtin', 'ReturnToService=2', 'SlurmdParameters=config_overrides'],
    `NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=4 RealMemory=8192 State=UNKNOWN`,
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

/** As the documents have it, with another number of shards. @param {string} text @param {number} count */
function divided(text, count) {
  const shards = Array.from({ length: count }, (_, index) => index + 1).join(' ')
  return text.replace('1 2 3 4 5 6 7', shards).replaceAll(/(\/|--shards )7\b/g, `$1${count}`)
}

const path = `${join(top, 'bin')}:${process.env.PATH}`

function calm() {
  call('harden-image', ['fleet', 'run', '-q', '--plan', 'plan.ndjson', '--results', 'results'], {
    env: { ...process.env, PATH: path },
  })
  return 0
}

/** @param {number} count @param {number} most */
async function bySlurm(count, most) {
  const slurm = startSlurm()
  try {
    await slurm.begin()
    const script = readFileSync(join(repository, 'examples', 'fleet', 'slurm-array.sh'), 'utf8')
    writeFileSync(join(top, 'slurm-array.sh'), divided(script, count))
    const args = [`--array=1-${count}`, '--output=slurm-%a.out', 'slurm-array.sh']
    const env = { ...slurm.env, PATH: path }
    const { stdout, stderr, status } = call('sbatch', ['--parsable', ...args], { env })
    if (status !== 0) throw new Error(stderr)
    let isOver = false
    const waiting = (async () => {
      while (call('squeue', ['-h', '-j', stdout.trim()], { env: slurm.env }).stdout.trim() !== '') await delay(1000)
      isOver = true
    })()
    const killed = await killAtRandom(most, () => isOver)
    await waiting
    return killed
  } finally {
    call('scancel', ['--full', '--user=root'], { env: slurm.env })
    await slurm.end()
  }
}

/** @param {number} count @param {number} most */
async function byParallel(count, most) {
  const page = readFileSync(join(repository, 'docs', 'how-to', 'fleet.md'), 'utf8')
  const [line] = /^parallel .*fleet run.*$/m.exec(page) ?? []
  if (line === undefined) throw new Error('the page has no line for GNU parallel')
  const child = spawn('sh', ['-c', divided(line, count).replace(/^parallel/, 'parallel --will-cite')], {
    cwd: top,
    stdio: 'ignore',
    env: { ...process.env, PATH: path },
  })
  let isOver = false
  const over = new Promise((resolve) => child.once('exit', resolve)).then(() => {
    isOver = true
  })
  const killed = await killAtRandom(most, () => isOver)
  await over
  return killed
}

for (const name of ['pids', 'bin']) mkdirSync(join(top, name), { recursive: true })
writeFileSync(join(top, 'bin', 'harden-image'), worker, { mode: 0o755 })
const isNew = !existsSync(join(top, 'plan.ndjson'))
if (isNew) plantTargets()
const keys = isNew ? makePlan() : keysOf(readFileSync(join(top, 'plan.ndjson'), 'utf8'))
say(`planned ${keys.length} targets in ${top}`)
/** Each with the number of its shards, and how many workers are killed. @type {Readonly<Record<string, readonly [(most: number) => number | Promise<number>, number]>>} */
const all = {
  calm: [() => calm(), 0],
  parallel: [(most) => byParallel(3, most), Math.floor(kills / 2)],
  slurm: [(most) => bySlurm(7, most), Math.ceil(kills / 2)],
}
const ways = values.ways.split(',')
const reports = []
for (const way of ways) {
  const since = performance.now()
  const isRun = existsSync(join(top, `results-${way}`))
  const [run, most] = all[way] ?? [calm, 0]
  const killed = isRun ? 0 : await run(most)
  // Who has died more often than the line forgives is begun again, as a person would.
  let runs = 1
  while (!isRun && runs < 4 && resultsIn('results', keys) < keys.length) {
    runs += 1
    await run(0)
  }
  const seconds = ((performance.now() - since) / 1000).toFixed(0)
  if (!isRun) renameSync(join(top, 'results'), join(top, `results-${way}`))
  const report = merged(way)
  const { again, attempts, several } = begunAgain(way, keys)
  say(
    `${way}: ${seconds} s, ${killed} workers killed, begun ${runs} times, ${attempts} attempts at ${keys.length} targets, report ${report.digest} of ${report.bytes} bytes`,
  )
  say(`${way}: ${report.verdicts}`)
  check(!/no result/.test(report.stderr), `${way}: nothing is lost`)
  check(again === 0, `${way}: nothing was begun that had a result (${again})`)
  check(several === 0 && !/flaky/.test(report.stderr), `${way}: no two results of one target`)
  check(!report.isPoisoned, `${way}: no target is blamed for the deaths`)
  reports.push(report.digest)
}
check(new Set(reports).size === 1, 'all reports are the same bytes')
for (const way of ways.slice(1)) for (const line of differences(ways[0] ?? '', way).slice(0, 20)) say(`${way}: ${line}`)
if (values.dir === undefined && process.exitCode === undefined) rmSync(top, { recursive: true, force: true })
