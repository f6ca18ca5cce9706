// What is refused before any work: exit 2, one line that says why and one that says what to do, nothing on stdout.

import { describe, expect, test } from '@jest/globals'
import { formatNames } from '../../src/report/format.ts'
import { tree } from '../repository/tree.ts'
import { call } from './call.ts'

const files = { Dockerfile: 'FROM a\n', 'b/Dockerfile': 'FROM b\n' }

const refused: readonly (readonly [string, string, string?])[] = [
  ['--wirte', 'there is no flag --wirte', 'did you mean --write?'],
  ['--fromat=json', 'there is no flag --fromat', 'did you mean --format?'],
  ['-wx', 'there is no flag -x'],
  ['inspect --write Dockerfile', 'inspect has no flag --write'],
  ['--user', '--user needs a value'],
  ['--user=', '--user must be a name'],
  ['--user root', '--user must be another user than root'],
  ['--user 0', '--user must be another user than root'],
  ['--user 0:5', '--user must be another user than root'],
  ['--user 2147483648', 'is larger'],
  ['--user a:b', '--user must be a name'],
  ['--user a --user b', '--user is given twice'],
  ['--own all', '--own must be one of minimal, workdir, copied, not "all"'],
  ['--ports open', '--ports must be one of keep, raise'],
  ['--writable data', '--writable "data" must be an absolute path'],
  ['--writable /proc/x', '--writable "/proc/x" must not be of /proc, which the runtime makes anew'],
  ['--writable /dev', 'must not be of /dev'],
  ['--engine lxc', '--engine must be one of'],
  ['--jobs 0', '--jobs must be a whole number from 1 to 64, not 0'],
  ['--jobs 1.5', '--jobs must be a whole number from 1 to 64'],
  ['--jobs many', '--jobs must be a whole number from 1 to 64'],
  ['--jobs 1 --jobs 2', '--jobs is given twice'],
  ['--platform arm', '--platform must be OS/ARCH'],
  ['--format yaml', `--format must be one of ${formatNames.join(', ')}, not "yaml"`],
  ['inspect Dockerfile --format diff', '--format must be one of text, json'],
  ['--check --write', '--check and --write exclude each other'],
  ['--interactive --check', '--interactive and --check exclude each other'],
  ['--interactive --format json', '--interactive and --format exclude each other'],
  ['review --port 0', '--port takes a port, not 0'],
  ['review -w', 'review has no flag -w'],
  ['explain set-usr', 'no finding has the name set-usr', 'did you mean set-user?'],
  ['explain nothing-like-it', 'no finding has the name', 'harden-image explain lists them'],
  ['explain set-user set-home', 'explain takes one name, but got set-home too'],
  ['nginx --check -o out', '--check and --output exclude each other'],
  ['nginx -o -', '--output takes a folder, not -', 'without --output the Dockerfile of an image is printed'],
  ['-t app:1', '--tag needs a build', 'add --build'],
  ['--build -t App Dockerfile', '--tag: "App" is not an image reference'],
  ['--build -t app:1 .', '--tag names one image, and there are 2 targets'],
  ['--smoke true', '--smoke needs a proof', 'add --prove'],
  ['--prove --cap-add sys_admin', '--cap-add "sys_admin" must be a capability in capital letters'],
  ['--build-arg V-1', '--build-arg "V-1" must be NAME=VALUE'],
  ['--build-arg V --build Dockerfile', 'V has no value', 'set V, or write V=VALUE'],
  ['-e V --prove Dockerfile', 'V has no value', 'set V, or write V=VALUE'],
  ['--cap-add SYS_ADMIN', '--cap-add needs a proof', 'add --prove'],
  ['--network Dockerfile', '--network needs a proof', 'add --prove'],
  ['--builder farm Dockerfile', '--builder needs a build', 'add --prove or --build'],
  ['--emit bake --builder farm Dockerfile', '--builder needs a build', 'docker buildx bake --builder farm'],
  ['--build --builder a/b Dockerfile', '--builder takes the name of a builder, not "a/b"', 'docker buildx ls'],
  ['--build --builder=-f Dockerfile', '--builder takes the name of a builder, not "-f"'],
  ['fleet plan --builder farm Dockerfile', 'fleet plan has no flag --builder'],
  ['--minimize', '--minimize needs a proof', 'add --prove'],
  ['--prove --engine none', 'a proof needs an engine'],
  ['--build --engine none', '--build needs an engine'],
  ['-w nginx', '--write changes Dockerfiles in place, and nginx is an image', 'write its Dockerfile with -o DIR'],
  ['-w -', '--write changes files, and - is stdin'],
  ['-o out Dockerfile', '--output takes the Dockerfile of one image, and there is none'],
  ['-o out nginx redis', '--output takes the Dockerfile of one image, and there are 2'],
  ['nginx redis', 'stdout can carry the Dockerfile of one image, and there are 2'],
  ['inspect', 'inspect needs a target'],
  ['inspect a b', 'inspect takes one target, but got a second one: b'],
  ['prove', 'prove needs an image'],
  ['prove Dockerfile', 'prove takes an image, and Dockerfile is not one', 'harden-image --prove Dockerfile builds and'],
  ['prove Dockerfile --platform linux/arm64', 'is not one', 'harden-image --prove --platform linux/arm64 Dockerfile'],
  ['prove nginx --baseline Nginx', '--baseline: "Nginx" is not an image reference'],
  ['transforms all', 'transforms takes no target'],
  ['clean --engine lxc', '--engine must be one of'],
  ['clean -w', 'clean has no flag -w', 'harden-image clean --help'],
  ['clean --dryrun', 'there is no flag --dryrun', 'did you mean --dry-run?'],
  ['clean nowhere --engine none', 'nowhere cannot be read: it does not exist'],
  ['clean Dockerfile --engine none', 'clean takes folders, and Dockerfile is not one'],
  ['profile nginx', 'profile needs to know what for', 'add --for and one of docker, compose, kubernetes'],
  ['profile nginx --for swarm', '--for must be one of docker, compose, kubernetes, not "swarm"'],
  ['profile --for docker', 'profile needs a target'],
  ['profile . --for docker', 'profile takes one target, and there are 2'],
  ['profile nginx --for docker --file a.yaml', '--file is a Compose file or a manifest'],
  ['profile nginx --for compose -w', '--write changes a file that --file names, and none is named'],
  ['profile nginx --for compose --service web', '--service names a service of a Compose file'],
  ['profile nginx --for compose --file a.yaml --container web', '--container names a container of a manifest'],
  ['profile nginx --for docker --image Nginx', '--image: "Nginx" is not an image reference'],
  [
    '--format dockerfile nginx redis',
    '--format dockerfile prints one Dockerfile, and there are 2',
    'run once for each',
  ],
  ['inspect Dockerfile -w', 'inspect has no flag -w', 'harden-image inspect --help'],
  ['prove nginx --user x', 'prove has no flag --user', 'harden-image prove --help'],
  ['--dry-run Dockerfile', 'there is no flag --dry-run', 'without -w nothing is written'],
  ['--json Dockerfile', 'there is no flag --json', '--format json'],
  ['inspec Dockerfile', 'there is no file, folder or verb inspec', 'did you mean harden-image inspect?'],
  ['profil nginx', 'there is no file, folder or verb profil', 'did you mean harden-image profile?'],
  ['--check=yes Dockerfile', '--check takes no value, but got "yes"', 'leave it out'],
  ['--context nowhere Dockerfile', 'the build context nowhere (--context) is not a folder', 'it would be /'],
  ['--config nowhere.yaml', 'nowhere.yaml cannot be read: it does not exist'],
]

test.each(refused)('%s', async (line, message, hint = '') => {
  const { code, stdout, stderr, items } = await call(line.split(' '), { cwd: tree(files) })
  expect(stderr.startsWith('harden-image: ')).toBe(true)
  expect(stderr).toContain(message)
  expect(stderr).toContain(hint)
  expect(stderr).not.toContain('bug')
  expect({ code, stdout, items }).toEqual({ code: 2, stdout: '', items: [] })
})

describe('what flags and files say', () => {
  const options = async (line: string, more: Readonly<Record<string, string>> = {}) => {
    const result = await call(line.split(' '), { cwd: tree({ ...files, ...more }) })
    expect(result.stderr).not.toContain('bug')
    // Targets are worked on side by side: who begins first is a matter of who was read first.
    const byTarget = result.items.map(({ target }, index) => [target, index] as const).sort()
    return byTarget.flatMap(([, index]) => result.options[index] ?? [])
  }

  test('without flags the defaults hold', async () => {
    expect(await options('Dockerfile')).toEqual([
      {
        policy: {
          user: null,
          own: 'minimal',
          ports: 'raise',
          writable: [],
          unsafe: false,
          ignore: [],
          target: null,
          today: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
        },
        failOn: 'incomplete',
        engine: 'auto',
        offline: false,
        platform: null,
        context: null,
        buildArg: [],
        smoke: [],
        trace: true,
        jobs: null,
        minimize: false,
        onlyDockerfile: false,
        env: [],
        capAdd: [],
        network: false,
        mode: { kind: 'harden', prove: false, build: false, tag: null },
      },
    ])
  })

  test('what every container of a proof gets, and the original alone', async () => {
    const line =
      '--prove -e A=1 -e B=2=3 --cap-add SYS_ADMIN --cap-add CAP_NET_ADMIN --minimize --build-arg V=1=2 Dockerfile'
    expect(await options(line)).toMatchObject([
      { env: ['A=1', 'B=2=3'], capAdd: ['SYS_ADMIN', 'NET_ADMIN'], minimize: true, buildArg: ['V=1=2'] },
    ])
  })

  test('build arguments and variables of the file come first, so that those of a flag hold', async () => {
    const config = 'buildArg: [A=1, B=1]\nenv: [A=1]\n'
    const line = '--prove -e A=2 --build-arg A=2 Dockerfile'
    expect(await options(line, { '.harden-image.yaml': config })).toMatchObject([
      { buildArg: ['A=1', 'B=1', 'A=2'], env: ['A=1', 'A=2'] },
    ])
  })

  test('a name alone has its value from the environment, in a file too', async () => {
    const cwd = tree({ ...files, '.harden-image.yaml': 'buildArg: [B]\n' })
    const line = '--prove -e A --build-arg C=1 --trust-config Dockerfile'
    const { options: given } = await call(line.split(' '), { cwd, env: { A: 'a=1', B: '' } })
    expect(given).toMatchObject([{ env: ['A=a=1'], buildArg: ['B=', 'C=1'] }])
    // Nothing is run that would need it.
    expect((await call(['Dockerfile', '-e', 'A'], { cwd })).options).toMatchObject([{ env: ['A'], buildArg: [] }])
  })

  test('exclude: of a file, of a flag beside it, of --config in place of the nearest', async () => {
    const cwd = tree({
      Dockerfile: 'FROM a\n',
      'vendor/Dockerfile': 'FROM a\n',
      'x/Dockerfile': 'FROM a\n',
      '.harden-image.yaml': 'exclude: [vendor]\n',
      'x/.harden-image.yaml': 'exclude: oops\n',
      'policy/central.yaml': 'exclude: [/x]\n',
    })
    const named = async (line: string) => {
      const { items } = await call(line.split(' '), { cwd })
      return items.map(({ target }) => target).sort()
    }
    expect(await named('.')).toEqual(['Dockerfile'])
    expect(await named('--exclude x --exclude none .')).toEqual(['Dockerfile'])
    expect(await named('--config policy/central.yaml .')).toEqual(['Dockerfile', 'vendor/Dockerfile'])
    expect((await call(['.'], { cwd })).stderr).toContain('exclude must be a list')
  })

  test('a switch may be said in words', async () => {
    expect(await options('--offline=true --unsafe=false --trace=false Dockerfile')).toMatchObject([
      { offline: true, policy: { unsafe: false }, trace: false },
    ])
  })

  test('every flag arrives', async () => {
    const line =
      '--user 1001:0 --own copied --ports keep --writable /a --writable /b/ --unsafe --target dev --build -t app:1 --prove --smoke true --jobs 3 --engine podman --offline --platform linux/arm64 Dockerfile'
    expect(await options(line)).toMatchObject([
      {
        policy: { user: '1001:0', own: 'copied', ports: 'keep', writable: ['/a', '/b/'], unsafe: true, target: 'dev' },
        engine: 'podman',
        offline: true,
        platform: 'linux/arm64',
        smoke: [{ kind: 'exec', name: 'smoke test', command: 'true', in: 'host', exitCode: 0 }],
        mode: { kind: 'harden', prove: true, build: true, tag: 'app:1' },
        jobs: 3,
      },
    ])
  })

  test('each verb asks for its own work', async () => {
    expect(await options('inspect nginx:1')).toMatchObject([{ mode: { kind: 'inspect' } }])
    expect(await options('--format json inspect nginx:1')).toMatchObject([{ mode: { kind: 'inspect' } }])
    expect(await options('prove app:2 --baseline app:1')).toMatchObject([
      { mode: { kind: 'prove-image', baseline: 'app:1' } },
    ])
  })

  test("the file's checks stay beside --smoke, each for its target", async () => {
    const config = { '.harden-image.yaml': 'smoke:\n  - tcp: { port: 1 }\n  - tcp: { port: 2 }\n    targets: [b/*]\n' }
    const all = await options('--prove --smoke true .', config)
    expect(all.map(({ smoke }) => smoke.map(({ name }) => name))).toEqual([
      ['smoke tcp :1', 'smoke test'],
      ['smoke tcp :1', 'smoke tcp :2', 'smoke test'],
    ])
  })

  test('a build context counts from where it is said', async () => {
    const config = { '.git/HEAD': '', 'b/.harden-image.yaml': 'context: ..\n', 'b/x/.keep': '' }
    const [root, below] = await options('.', config)
    expect(root?.context).toBeNull()
    expect(below?.context).toMatch(/^\/.*\/harden-image-test-\w+$/)
    const [flagged] = await options('--context b/x b/Dockerfile', config)
    expect(flagged?.context).toMatch(/^\/.*\/harden-image-test-\w+\/b\/x$/)
  })

  test('flags win over the nearest file, paths to write add up', async () => {
    const config = { 'b/.harden-image.yaml': 'own: workdir\nports: keep\nwritable: [/a]\nignore: [raise-ports]\n' }
    const [root, below] = await options('--own copied --writable /b .', config)
    expect(root?.policy).toMatchObject({ own: 'copied', ports: 'raise', writable: ['/b'], ignore: [] })
    expect(below?.policy).toMatchObject({
      own: 'copied',
      ports: 'keep',
      writable: ['/a', '/b'],
      ignore: ['raise-ports'],
    })
  })

  test('--no-unsafe takes back what the file says', async () => {
    const [first] = await options('--no-unsafe Dockerfile', { '.harden-image.yaml': 'unsafe: true' })
    expect(first?.policy.unsafe).toBe(false)
  })

  test('--config in place of the nearest', async () => {
    const config = { '.harden-image.yaml': 'own: workdir', 'other.json': '{"own": "copied"}' }
    expect((await options('--config other.json Dockerfile', config))[0]?.policy.own).toBe('copied')
  })

  test('a file with a mistake fails its targets only', async () => {
    const cwd = tree({ ...files, 'b/.harden-image.yaml': 'onw: workdir\n' })
    const { code, stderr, items } = await call(['.'], { cwd })
    expect(items.map(({ target }) => target)).toEqual(['Dockerfile'])
    expect(stderr).toContain('b/.harden-image.yaml:1: unknown setting "onw"')
    expect(code).toBe(2)
  })
})

describe('help and lists go to stdout, exit 0', () => {
  test.each([
    ['--help', ['--writable', 'Exit codes: 0', 'git apply', 'inspect', 'diff | dockerfile | concise | text | json']],
    ['-h', ['--writable']],
    ['inspect --help', ['inspect TARGET']],
    ['prove --help', ['--baseline']],
    ['clean --help', ['clean [FOLDER..]', '--dry-run', 'harden-image clean --all']],
    ['--version', ['0.']],
    ['transforms', ['set-user     Set the user.\nraise-ports  Move ports above 1024.\n']],
    ['transforms --format json', ['"name": "raise-ports"']],
    ['explain set-user', ['# set-user\n', '## How to leave it out\n']],
    ['explain', ['\nset-user\n', '\nread-build\n', '\nwrites\n']],
  ])('%s', async (line, parts) => {
    const { code, stdout, stderr } = await call(line.split(' '), { cwd: tree() })
    for (const part of parts) expect(stdout).toContain(part)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('every format is offered', async () => {
    const { stdout } = await call(['--help'], { cwd: tree() })
    expect(stdout.replace(/\s+/g, ' ')).toContain(formatNames.join(' | '))
  })
})
