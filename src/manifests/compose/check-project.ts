import { HardenError } from '../../errors.ts'
import { joinAnd } from '../../words.ts'
import type { ProjectFile, Service } from '../project.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'

// Projects that Compose does not start. Each throws HardenError `unreadable`.

export function refused(message: string, hint: string): HardenError {
  return new HardenError('unreadable', message, { hint })
}

export function noServices(files: readonly ProjectFile[], model: Json): HardenError {
  const names = joinAnd(files.map(({ name }) => name))
  const first = Object.entries(model).find(([, part]) => isObject(part) && ('image' in part || 'build' in part))
  if (first !== undefined)
    return refused(
      `${names} is a file of Compose 1: ${first[0]} stands at its top`,
      'put its services below services:, as docker compose takes them',
    )
  return refused(`${names} has no services`, 'name the Compose file that has them')
}

/** Throws HardenError `unreadable` for what Compose does not start. */
export function checkTogether(services: readonly Service[], model: Json, files: readonly ProjectFile[]): void {
  const names = new Set(services.map(({ name }) => name))
  const where = joinAnd(files.map(({ name }) => name))
  for (const { name, settings, image, build, mounts, dependsOn } of services) {
    const who = `the service ${name} of ${where}`
    if (image === null && build === null && settings.provider === undefined)
      throw refused(
        `${who} has neither an image nor a build`,
        'if it stands on top of another file, name both: -f compose.yaml -f …',
      )
    for (const { service } of dependsOn) {
      if (names.has(service) || isOptional(settings, service)) continue
      const [profile] = asList(asObject(asObject(model.services)[service]).profiles).map(textOf)
      throw refused(
        `${who} depends on ${service}, which ${profile === undefined ? 'is not there' : 'no profile that is asked for runs'}`,
        profile === undefined ? 'check its name' : `ask for its profile: --profile ${profile}`,
      )
    }
    const { networks, secrets, configs } = settings
    const used = {
      volumes: mounts.flatMap(({ kind, source }) => (kind === 'volume' && source !== '' ? source : [])),
      networks: (isObject(networks) ? Object.keys(networks) : asList(networks).map(textOf)).filter(
        (one) => one !== 'default',
      ),
      secrets: asList(secrets).map(sourceName),
      configs: asList(configs).map(sourceName),
    }
    for (const [part, ones] of Object.entries(used)) {
      const missing = ones.find((one) => !Object.hasOwn(asObject(model[part]), one))
      if (missing !== undefined)
        throw refused(
          `${who} uses ${missing}, which ${part}: of the project does not have`,
          `declare it below ${part}:`,
        )
    }
  }
  inStartOrder(services)
}

function sourceName(mounted: unknown): string {
  return textOf(isObject(mounted) ? (mounted.source ?? '') : mounted)
}

function isOptional({ depends_on }: Json, service: string): boolean {
  return isObject(depends_on) && asObject(depends_on[service]).required === false
}

/** Services after all that they wait for, else as they are written. Throws HardenError `unreadable` for a circle. */
export function inStartOrder(services: readonly Service[]): readonly Service[] {
  const byName = new Map(services.map((service) => [service.name, service]))
  const done = new Set<Service>()
  const visit = (service: Service, below: readonly string[]): void => {
    if (done.has(service)) return
    const at = below.indexOf(service.name)
    if (at >= 0)
      throw refused(
        `services wait for each other: ${[...below.slice(at), service.name].join(' -> ')}`,
        'take one depends_on out',
      )
    for (const { service: name } of service.dependsOn) {
      const other = byName.get(name)
      if (other !== undefined) visit(other, [...below, service.name])
    }
    done.add(service)
  }
  for (const service of services) visit(service, [])
  return [...done]
}
