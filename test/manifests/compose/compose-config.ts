// The oracle: what `docker compose config` says of the services of a project, and a Project in the same words.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { projectVolume } from '../../../src/manifests/compose/read-service.ts'
import type { Project, Service } from '../../../src/manifests/project.ts'
import { asList, asObject, type Json } from '../../../src/manifests/yaml/file.ts'
import { tree } from '../../repository/tree.ts'

/** What is compared, by service. */
export type Compared = Readonly<Record<string, Json>>

export const hasCompose: boolean = spawnSync('docker', ['compose', 'version']).status === 0

/** Null where Compose refuses the project; `error` says why. No engine is asked. */
export function composeSays(
  cwd: string,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly services: Compared | null; readonly error: string } {
  const { PATH = '', HOME = '' } = process.env
  const { status, stdout, stderr } = spawnSync('docker', ['compose', ...flags, 'config', '--format', 'json'], {
    cwd,
    env: { PATH, HOME, ...env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) return { services: null, error: stderr.trim() }
  const config = asObject(unescaped(JSON.parse(stdout)))
  const services = Object.entries(asObject(config.services)).map(([name, service]) => [
    name,
    ofConfig(asObject(service), config, cwd),
  ])
  return { services: Object.fromEntries(services), error: '' }
}

/** What Compose has against a project of these files, by name, of which the first one and each `*.override.yaml` are named; '' for nothing. */
export function composeRefuses(files: Readonly<Record<string, string>>): string {
  const [first = '', ...more] = Object.keys(files)
  const named = [first, ...more.filter((name) => name.includes('override'))]
  return composeSays(tree(files), ['--project-name', 'shop', ...named.flatMap((name) => ['--file', name])]).error
}

/** A dollar sign is written twice, so that the output is a Compose file again. */
function unescaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$$', '$')
  if (Array.isArray(value)) return value.map(unescaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unescaped(one)]))
}

function ofConfig(service: Json, config: Json, cwd: string): Json {
  const build = asObject(service.build)
  return {
    image: service.image ?? null,
    build:
      service.build === undefined
        ? null
        : {
            context: isRemote(build.context) ? null : build.context,
            dockerfile:
              build.dockerfile_inline !== undefined || isRemote(build.context)
                ? null
                : resolve(String(build.context), String(build.dockerfile ?? 'Dockerfile')),
            inline: build.dockerfile_inline ?? null,
            target: build.target ?? null,
            args: texts(build.args),
          },
    user: service.user ?? null,
    workdir: service.working_dir ?? null,
    entrypoint: service.entrypoint ?? null,
    command: asList(service.command).length === 0 ? null : service.command,
    env: texts(service.environment),
    mounts: sorted([
      ...asList(service.volumes).map((volume) => mountOf(asObject(volume), config, cwd)),
      ...asList(service.tmpfs).map((one) => ({
        kind: 'tmpfs',
        source: '',
        target: plainPath(String(one).split(':')[0]),
      })),
      ...asList(service.configs).map((one) => fileOf('config', asObject(one), config)),
      ...asList(service.secrets).map((one) => fileOf('secret', asObject(one), config)),
    ]),
    ports: sorted([
      ...asList(service.ports).map((port) => {
        const { published = null, target, protocol = 'tcp' } = asObject(port)
        return { published, target, protocol }
      }),
      ...asList(service.expose).map((port) => {
        const [target, protocol = 'tcp'] = String(port).split('/')
        return { published: '', target: Number(target), protocol }
      }),
    ]),
    dependsOn: sorted(
      Object.entries(asObject(service.depends_on)).map(([name, how]) => ({
        service: name,
        condition: CONDITIONS[String(asObject(how).condition)],
      })),
    ),
    capabilities: asList(service.cap_add),
  }
}

const CONDITIONS: Readonly<Record<string, string>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
}

function isRemote(context: unknown): boolean {
  return /^(https?|git|ssh):|^git@/.test(String(context))
}

/** Without those that only whoever starts it knows. */
function texts(pairs: unknown): Json {
  return Object.fromEntries(
    Object.entries(asObject(pairs))
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, String(value)])
      .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
  )
}

function mountOf(volume: Json, config: Json, cwd: string): Json {
  const { type, source = '', target, read_only: readOnly = false } = volume
  if (type === 'tmpfs') return { kind: 'tmpfs', source: '', target }
  const { device } = projectVolume(asObject(asObject(config.volumes)[String(source)]), cwd)
  if (type === 'volume' && device !== null) return { kind: 'host', source: device, target, readOnly }
  return { kind: type === 'volume' ? 'volume' : 'host', source: plainPath(source), target, readOnly }
}

/** One at the end says nothing. */
function plainPath(path: unknown): string {
  return String(path).replace(/(.)\/$/, '$1')
}

function fileOf(kind: 'config' | 'secret', { source, target }: Json, config: Json): Json {
  const { file = '' } = asObject(asObject(config[`${kind}s`])[String(source)])
  const top = kind === 'secret' ? '/run/secrets' : '/'
  return { kind, source: file, target: resolve(top, String(target ?? source)) }
}

export function sorted(list: readonly unknown[]): unknown[] {
  return list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** The services of a project in the words of the oracle. */
export function inItsWords({ services }: Project): Compared {
  return Object.fromEntries(services.map((service) => [service.name, ofService(service)]))
}

function ofService(service: Service): Json {
  const { image, build, user, workdir, entrypoint, command, env, mounts, ports, dependsOn, settings } = service
  return {
    image,
    build:
      build === null
        ? null
        : {
            context: build.context,
            dockerfile: build.dockerfile,
            inline: build.inline,
            target: build.target,
            args: texts(Object.fromEntries(build.args)),
          },
    user,
    workdir,
    entrypoint,
    command,
    env: texts(Object.fromEntries(env)),
    mounts: sorted(
      mounts.map(({ kind, source, target, readOnly }) =>
        kind === 'volume' || kind === 'host' ? { kind, source, target, readOnly } : { kind, source, target },
      ),
    ),
    ports: sorted(ports.map(({ published, target, protocol }) => ({ published, target, protocol }))),
    dependsOn: sorted(dependsOn.map(({ service: name, condition }) => ({ service: name, condition }))),
    capabilities: asList(settings.cap_add),
  }
}
