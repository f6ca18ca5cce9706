import { expect, test } from '@jest/globals'
import { type ContainerInfo, containerReports } from '../../src/userns/containers.ts'
import { daemonArguments, flagsIn } from '../../src/userns/daemon-config.ts'

const one = (info: ContainerInfo) => containerReports([{ Id: 'f00', Name: '/web', ...info }], 65536)[0]

test.each([
  [{ HostConfig: { Privileged: true, CapAdd: ['SYS_TIME'] } }, ['--privileged']],
  [{ HostConfig: { PidMode: 'host' } }, ['--pid=host']],
  [{ HostConfig: { NetworkMode: 'host' } }, ['--network=host']],
  [{ HostConfig: { IpcMode: 'host' } }, ['--ipc=host']],
  [
    { HostConfig: { CapAdd: ['CAP_SYS_TIME', 'NET_ADMIN', 'sys_module'] } },
    ['--cap-add=SYS_TIME', '--cap-add=SYS_MODULE'],
  ],
  [{ Config: { User: '70000:5' } }, ['user 70000']],
  [{ Mounts: [{ Type: 'bind', Source: '/var/run/docker.sock' }] }, ['/var/run/docker.sock']],
  [{ HostConfig: { NetworkMode: 'bridge', PidMode: '', IpcMode: 'private', UsernsMode: '' } }, []],
  [{ Config: { User: 'www-data' } }, []],
  [{ HostConfig: { Privileged: true, PidMode: 'host', UsernsMode: 'host' } }, []],
])('%j needs the host for %j', (info, reasons) => {
  const { needsHost = [] } = one(info) ?? {}
  expect(needsHost.map((reason) => reason.split(': ')[0])).toEqual(reasons)
})

test('who shares a namespace of one that needs the host needs it too, in any order and over two steps', () => {
  const reports = containerReports(
    [
      { Id: 'c', Name: '/third', HostConfig: { PidMode: 'container:b' } },
      { Id: 'b', Name: '/second', HostConfig: { NetworkMode: 'container:a' } },
      { Id: 'a', Name: '/first', HostConfig: { NetworkMode: 'host' }, State: { Running: true } },
      { Id: 'd', Name: '/free', HostConfig: { NetworkMode: 'container:e' } },
      { Id: 'e', Name: '/plain' },
    ],
    65536,
  )
  expect(reports.filter(({ needsHost }) => needsHost.length > 0).map(({ name, running }) => [name, running])).toEqual([
    ['third', false],
    ['second', false],
    ['first', true],
  ])
})

test('bind mounts, devices and volume drivers are to be looked at', () => {
  const report = one({
    HostConfig: { Devices: [{ PathOnHost: '/dev/fuse' }] },
    Mounts: [
      { Type: 'bind', Source: '/srv', Destination: '/data', RW: true },
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => ({
        Type: 'bind',
        Source: `/${name}`,
        Destination: `/lib/${name}`,
        RW: false,
      })),
      { Type: 'volume', Source: '/x', Destination: '/v', Driver: 'nfs' },
      { Type: 'volume', Source: '/x', Destination: '/v', Driver: 'local' },
    ],
  })
  expect(report?.needsHost).toEqual([])
  expect(report?.changes).toEqual([
    'root in the container can write there only what any user of the host can: /srv on /data',
    expect.stringMatching(
      /^root in the container can read there only what any user of the host can: \/a on \/lib\/a, .* more$/,
    ),
    'device /dev/fuse: root in the container is not its owner any more',
    'volume driver nfs: it must know of remapping',
  ])
})

test.each([
  [['dockerd', '--userns-remap=default', '--data-root', '/d'], { remap: 'default', dataRoot: '/d', configFile: null }],
  [['/usr/bin/dockerd', '--config-file=/c', '-g', '/e'], { remap: null, dataRoot: '/e', configFile: '/c' }],
  [['/bin/sh', '/usr/sbin/dockerd', '--userns-remap', 'a:b'], { remap: 'a:b', dataRoot: null, configFile: null }],
  [['vi', 'a', 'dockerd'], null],
  [['grep', 'dockerd-log'], { remap: null, dataRoot: null, configFile: null }],
])('%j', (argv, found) => {
  expect(daemonArguments(argv)).toEqual(found)
})

test('flags in units and options files', () => {
  const text =
    '[Service]\n# ExecStart=dockerd --userns-remap=no\nExecStart=/usr/bin/dockerd -H fd:// --userns-remap=default $X\nDOCKER_OPTS="--userns-remap app"\n'
  expect(flagsIn(text, '/u')).toEqual([
    { where: '/u:3', value: 'default' },
    { where: '/u:4', value: 'app' },
  ])
})
