import { expect, test } from '@jest/globals'
import type { Project, Service } from '../../../src/manifests/project.ts'
import { type RunFileOptions, runFile } from '../../../src/proof/drivers/run-file.ts'
import { imagesOf, project, smallStack } from '../../engine/support/small-stack.ts'
import { sampleService } from '../../manifests/compose/sample-service.ts'

const options: RunFileOptions = {
  name: 'harden-image-5e55-1',
  session: '5e55',
  limits: { memoryBytes: 1024, pids: 64, cpus: 1.5 },
  networks: new Map([
    ['default', 'closed-0'],
    ['back', 'closed-1'],
    ['front', 'closed-2'],
  ]),
  volumes: new Map(),
  copies: new Map(),
  traced: new Map(),
  isTrusted: false,
}

function made(of: Project, given: Partial<RunFileOptions> = {}) {
  const { text, ...rest } = runFile({ project: of, images: imagesOf(of, 'built:1') }, { ...options, ...given })
  return { ...rest, file: JSON.parse(text) }
}

/** The one service of a project. */
function one(given: Partial<Service>, options: Partial<RunFileOptions> = {}) {
  const { file, unshown } = made(project('/project', [sampleService('web', given)]), options)
  return { web: file.services.web, unshown }
}

test('services run what was built, in networks and volumes of the run, in the order that the project says', () => {
  const { file, volumes, unshown } = made(smallStack('/project', 80))
  expect(unshown).toEqual([])
  expect(volumes).toEqual(new Map([['data', 'harden-image-5e55-1-data']]))
  expect(file.networks).toEqual({
    back: { external: true, name: 'closed-1' },
    front: { external: true, name: 'closed-2' },
  })
  expect(file.volumes.data).toMatchObject({
    name: 'harden-image-5e55-1-data',
    labels: { 'harden-image.session': '5e55' },
  })
  expect(file.services.api).toMatchObject({
    image: 'built:1',
    pull_policy: 'never',
    labels: { 'harden-image.session': '5e55' },
    depends_on: { store: { condition: 'service_started' }, job: { condition: 'service_completed_successfully' } },
    networks: { back: {}, front: {} },
    environment: { PORT: '80', STORE: 'store:80' },
    mem_limit: 1024,
    pids_limit: 64,
    cpus: 1.5,
    restart: 'no',
  })
  expect(file.services.api).not.toHaveProperty('ports')
  expect(file.services.front.networks).toEqual({ front: { aliases: ['www'] } })
  expect(file.services.worker.restart).toBe('on-failure:10')
})

test('volumes that were filled before are mounted as they are, and are not of the run', () => {
  const { file, volumes } = made(smallStack('/project', 80), { volumes: new Map([['data', 'filled-7']]) })
  expect(volumes.get('data')).toBe('filled-7')
  expect(file.volumes).toEqual({ data: { external: true, name: 'filled-7' } })
})

test('a dollar sign of a value is no variable of the run', () => {
  const { web } = one({ command: ['sh', '-c', 'echo $HOME'], env: new Map([['PASSWORD', 'a$b']]) })
  expect(web.command).toEqual(['sh', '-c', 'echo $$HOME'])
  expect(web.environment).toEqual({ PASSWORD: 'a$$b' })
})

test.each([
  [{ privileged: true }, 'web: privileged, which a proof does not give'],
  [{ devices: ['/dev/sda'] }, 'web: devices, which a proof does not give'],
  [{ pid: 'host' }, 'web: pid: host, which a proof does not give'],
  [{ ipc: 'host' }, 'web: ipc: host, which a proof does not give'],
  [{ network_mode: 'host' }, 'web: network_mode: host, in place of which it has a network of the proof'],
  [{ cap_add: ['SYS_ADMIN'] }, 'web: cap_add SYS_ADMIN, which a proof does not give to what others wrote'],
  [{ security_opt: ['seccomp=unconfined'] }, 'web: security_opt seccomp=unconfined, which a proof does not give'],
  [{ userns_mode: 'host' }, 'web: userns_mode, which a proof does not give'],
  [{ volumes_from: ['container:other'] }, 'web: volumes_from container:other: no service of this project'],
  [{ deploy: { replicas: 3 } }, 'web: more than one container of it'],
  [
    { networks: { back: { ipv4_address: '10.0.0.7' } } },
    'web: its address in network back: the proof has other addresses',
  ],
])('what would reach the machine is not given, and said: %j', (settings, said) => {
  const { web, unshown } = one({ settings })
  expect(unshown).toEqual([said])
  expect(JSON.stringify(web)).not.toMatch(/SYS_ADMIN|sda|"host"|unconfined|privileged|10\.0\.0\.7|container:/)
})

test('what is of no matter to a proof is left out without a word', () => {
  const settings = {
    container_name: 'shop-web',
    labels: ['a=b'],
    logging: { driver: 'syslog' },
    profiles: ['x'],
    'x-a': 1,
  }
  const { web, unshown } = one({ settings, ports: [{ published: '80', target: 80, protocol: 'tcp' }] })
  expect(unshown).toEqual([])
  expect(web).not.toHaveProperty('container_name')
  expect(web.logging.driver).toBe('json-file')
  // Others may know it by that name.
  expect(web.networks.default.aliases).toEqual(['shop-web'])
})

test('locks and harmless capabilities stay', () => {
  const settings = {
    cap_drop: ['ALL'],
    cap_add: ['NET_BIND_SERVICE'],
    security_opt: ['no-new-privileges:true'],
    read_only: true,
  }
  const { web, unshown } = one({ settings, user: '10001:10001' })
  expect(unshown).toEqual([])
  expect(web).toMatchObject({ ...settings, user: '10001:10001' })
  expect(one({ settings: { cap_add: ['SYS_ADMIN'] } }, { isTrusted: true }).web.cap_add).toEqual(['SYS_ADMIN'])
})

test('files of the machine are mounted as copies; one without a copy is not mounted', () => {
  const mounts = [
    { kind: 'host', source: '/project/conf', target: '/etc/app', readOnly: true, isEmpty: false },
    { kind: 'secret', source: '/project/key', target: '/run/secrets/key', readOnly: true, isEmpty: false },
    { kind: 'host', source: '/var/run/docker.sock', target: '/var/run/docker.sock', readOnly: false, isEmpty: false },
    { kind: 'volume', source: '', target: '/cache', readOnly: false, isEmpty: false },
  ] as const
  const copies = new Map([
    ['/project/conf', '/copy/0'],
    ['/project/key', '/copy/1'],
    ['/var/run/docker.sock', null],
  ])
  const { web } = one({ mounts }, { copies })
  expect(web.volumes).toEqual([
    { type: 'bind', source: '/copy/0', target: '/etc/app', read_only: true, bind: { create_host_path: false } },
    { type: 'bind', source: '/copy/1', target: '/run/secrets/key', read_only: true, bind: { create_host_path: false } },
    { type: 'volume', target: '/cache', read_only: false },
  ])
})
