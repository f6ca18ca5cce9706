import { describe, expect, test } from '@jest/globals'
import { deriveFacts } from '../../src/dockerfile/derived-image.ts'
import { parseDockerfile, stageWalks } from '../../src/dockerfile/index.ts'
import { unknownFacts } from '../../src/image/config.ts'
import type { ImageConfig } from '../../src/image/facts.ts'

const base: ImageConfig = {
  user: 'base',
  entrypoint: ['/base-entry'],
  cmd: ['base-cmd'],
  env: new Map([
    ['PATH', '/bin'],
    ['X', 'base'],
  ]),
  exposedPorts: [{ port: 80, protocol: 'tcp' }],
  volumes: ['/data'],
  workdir: '/base',
  healthcheck: { test: ['CMD', 'x'] },
  onbuild: [],
  shell: null,
  stopSignal: 'SIGQUIT',
  labels: new Map([['a', 'b']]),
}

function configOf(text: string, config: Partial<ImageConfig> = {}): ImageConfig {
  const dockerfile = parseDockerfile(text)
  const value = { ...base, ...config }
  const state = stageWalks(dockerfile, () => ({ known: true, value })).end(dockerfile.stages.length - 1)
  const created = { users: [], groups: [] }
  return deriveFacts({ base: { ...unknownFacts('a', 'not looked at'), config: value }, state, created }).config
}

describe('what the stage makes of the base image', () => {
  test('a stage that changes nothing is as its base image', () => {
    expect(configOf('FROM a\nRUN x\n')).toEqual(base)
  })

  // Measured with docker inspect, BuildKit of Docker 26.1.
  test.each<[string, Partial<ImageConfig>]>([
    ['USER app', { user: 'app' }],
    ['WORKDIR sub', { workdir: '/base/sub' }],
    ['WORKDIR /x/../y/\nWORKDIR z', { workdir: '/y/z' }],
    ['WORKDIR $X/$NO', { workdir: '/base/base' }],
    ['CMD ["c"]', { cmd: ['c'] }],
    ['CMD c  "d"', { cmd: ['/bin/sh', '-c', 'c  "d"'] }],
    ['SHELL ["/x"]\nCMD c', { shell: ['/x'], cmd: ['/x', 'c'] }],
    ['ENTRYPOINT ["e"]', { entrypoint: ['e'], cmd: null }],
    ['CMD ["c"]\nENTRYPOINT ["e"]', { entrypoint: ['e'], cmd: ['c'] }],
    ['ENTRYPOINT e', { entrypoint: ['/bin/sh', '-c', 'e'], cmd: null }],
    ['ENTRYPOINT []', { entrypoint: null, cmd: null }],
    ['HEALTHCHECK NONE', { healthcheck: { test: ['NONE'] } }],
    [
      'HEALTHCHECK --interval=1m5s --timeout=500ms --retries=2 CMD a  b',
      { healthcheck: { test: ['CMD-SHELL', 'a  b'], intervalMs: 65_000, timeoutMs: 500, retries: 2 } },
    ],
    [
      'HEALTHCHECK --start-period=2s --start-interval=1s CMD ["a", "b"]',
      { healthcheck: { test: ['CMD', 'a', 'b'], startPeriodMs: 2_000, startIntervalMs: 1_000 } },
    ],
    ['STOPSIGNAL 9', { stopSignal: '9' }],
    [
      'ENV X=1 Y=$X',
      {
        env: new Map([
          ['PATH', '/bin'],
          ['X', '1'],
          ['Y', 'base'],
        ]),
      },
    ],
    [
      'ARG X=5\nENV Y=$X',
      {
        env: new Map([
          ['PATH', '/bin'],
          ['X', 'base'],
          ['Y', '5'],
        ]),
      },
    ],
    ['VOLUME /data /v$X', { volumes: ['/data', '/vbase'] }],
    ['VOLUME ["/a b"]', { volumes: ['/data', '/a b'] }],
    ['ONBUILD RUN  x', { onbuild: ['RUN  x'] }],
  ])('%j', (lines, changed) => {
    expect(configOf(`FROM a\n${lines}\n`)).toEqual({ ...base, ...changed })
  })

  test('EXPOSE takes a protocol, a variable and a range', () => {
    const ports = configOf('FROM a\nENV P="443 53/udp"\nEXPOSE 80/TCP $P 8000-8002\n').exposedPorts
    expect(ports.map(({ port, protocol }) => `${port}/${protocol}`)).toEqual([
      '80/tcp',
      '443/tcp',
      '53/udp',
      '8000/tcp',
      '8001/tcp',
      '8002/tcp',
    ])
  })

  test('the ONBUILD triggers of the base image run first', () => {
    const onbuild = ['USER trigger', 'ENV T=1', 'not an instruction']
    expect(configOf('FROM a\nWORKDIR /$T\n', { onbuild })).toMatchObject({
      user: 'trigger',
      workdir: '/1',
      onbuild: [],
    })
  })

  test('a parent stage hands on what it set, but not its CMD past a new ENTRYPOINT', () => {
    const config = configOf('FROM a AS p\nUSER app\nCMD ["p"]\nFROM p\nENTRYPOINT ["e"]\n')
    expect(config).toMatchObject({ user: 'app', entrypoint: ['e'], cmd: null })
  })

  test('a stage from scratch begins with nothing', () => {
    const config = configOf('FROM scratch\nCMD ["/app"]\n')
    expect(config).toMatchObject({ user: '', entrypoint: null, cmd: ['/app'], workdir: '/', exposedPorts: [] })
  })
})

describe('what is not known', () => {
  const dockerfile = parseDockerfile('FROM a\nARG U\nUSER $U\nWORKDIR sub\nCMD x\nENTRYPOINT ["e"]\n')
  const state = stageWalks(dockerfile, () => ({ known: false, reason: 'no engine' })).end(0)

  test('has a reason, and what is set is known all the same', () => {
    expect(state.unknownBase).toBe('no engine')
    expect(state.user.value).toMatchObject({ known: false, reason: expect.stringContaining('U has no default') })
    expect(state.user.instruction?.line).toBe(3)
    expect(state.workdir.value).toEqual({ known: false, reason: 'no engine' })
    // Hardly any image changes SHELL.
    expect(state.cmd.value).toEqual({ known: true, value: ['/bin/sh', '-c', 'x'] })
    expect(state.entrypoint.value).toEqual({ known: true, value: ['e'] })
  })
})

const portsOf = (spec: string) =>
  stageWalks(parseDockerfile(`FROM scratch\nEXPOSE ${spec}\n`), () => ({ known: false, reason: 'none' })).end(0)
    .exposedPorts

test.each([
  ['80', [80]],
  ['8080:80', [80]],
  ['1-3/udp', [1, 2, 3]],
])('EXPOSE %s', (spec, ports) => {
  expect(portsOf(spec).map(({ value }) => (value.known ? value.value.port : null))).toEqual(ports)
})

test.each(['x', '3-1', '70000', '1-65535', '80/icmp'])('EXPOSE %j is not known', (spec) => {
  expect(portsOf(spec)).toMatchObject([{ value: { known: false } }])
})
