import { dirname, resolve } from 'node:path'
import { isInside, textIn } from '../../files-in.ts'
import { asList, asObject, type Json } from '../../manifests/yaml/file.ts'
import { toldTo } from './commands.ts'
import { composeRuns } from './compose.ts'
import { capability, mountOfFields, mountOfService } from './container-options.ts'
import { nothingSaid, plain, type Reader, type RepositoryFile, type Run, yamlIn } from './run.ts'

/** The container that people develop in: what it mounts, and as whom. https://containers.dev/implementors/json_reference */
export const devcontainer: Reader = {
  reads: (name) => /^\.?devcontainer\.json$/.test(name),
  runs: (source) => {
    const file = asObject(yamlIn(withoutComments(source.text))[0])
    const built = builtFor(file, source)
    if (built.dockerfiles.length === 0) return []
    const about = { ...nothingSaid, ...built, by: source.name, file: source.path }
    const user = plain(file.containerUser) ?? plain(file.remoteUser)
    return [
      { ...about, kind: 'devcontainer', user },
      { ...about, ...givenBy(file, source), image: null, kind: 'command' },
    ]
  },
}

function givenBy(file: Json, source: RepositoryFile): Partial<Run> {
  const mounts = asList(file.mounts).flatMap((one) => {
    if (typeof one === 'string') return mountOfFields(plainText(one), source) ?? []
    const { source: from, ...fields } = asObject(one)
    return mountOfService({ ...fields, source: typeof from === 'string' ? plainText(from) : '' }, {}, source) ?? []
  })
  const options = asList(file.runArgs).filter((word): word is string => typeof word === 'string')
  const told = toldTo([...options, 'image'], source)
  const user = [file.containerUser, file.remoteUser].find((one): one is string => typeof one === 'string')
  return {
    ...(told ?? {}),
    mounts: [...(told?.mounts ?? []), ...mounts],
    privileged: file.privileged === true || told?.privileged === true,
    capabilities: [...(told?.capabilities ?? []), ...asList(file.capAdd).map(capability)],
    user: user ?? told?.user ?? null,
  }
}

function plainText(written: string): string {
  return written
    .replace(/\$\{localEnv:(?:HOME|USERPROFILE)\}/g, '~')
    .replace(/\$\{localEnv:(\w{1,99})[^{}]{0,99}\}/g, '$$$1')
    .replace(/\$\{localWorkspaceFolder\}/g, '$PWD')
}

/** `build.dockerfile`, once `dockerFile`, lies beside it; of Compose files (from which the later ones count) a service says it. */
function builtFor(file: Json, source: RepositoryFile): Pick<Run, 'dockerfiles' | 'stage'> {
  const folder = dirname(source.path)
  const dockerfile = plain(asObject(file.build).dockerfile) ?? plain(file.dockerFile)
  if (dockerfile !== null)
    return { dockerfiles: [resolve(folder, dockerfile)], stage: plain(asObject(file.build).target) }
  const key = plain(file.service)
  const files = typeof file.dockerComposeFile === 'string' ? [file.dockerComposeFile] : asList(file.dockerComposeFile)
  const dockerfiles = files.flatMap((name) => {
    const path = plain(name) === null || key === null ? null : resolve(folder, plain(name) ?? '')
    const text = path === null || !isInside(path, source.root) ? null : textIn(source.root, path)
    const services = path === null || text === null ? [] : composeRuns({ ...source, path, text })
    return services.flatMap((one) => (one.service === key ? one.dockerfiles.slice(0, 1) : []))
  })
  return { dockerfiles: dockerfiles.slice(-1), stage: null }
}

/** JSON with comments, of which YAML knows none. */
function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (found) =>
    found.startsWith('"') ? found : '',
  )
}
