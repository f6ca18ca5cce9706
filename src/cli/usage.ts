import { resolve } from 'node:path'
import { shellQuoted } from '../borders/shell.ts'
import { realOf } from '../files-in.ts'
import type { Found } from '../repository/discover.ts'
import { flagOf, type SettingName } from '../repository/settings.ts'
import { nearestVerb } from './arguments.ts'
import { type ReportFile, usage, type Work } from './request.ts'

/** What stdout carries. */
export type Carried = 'nothing' | 'dockerfile' | string

/** Flags against what the targets turned out to be. Throws HardenError `bad-usage`. */
export function checkFound(request: Work, found: readonly Found[], cwd: string): void {
  if (request.verb === 'profile') {
    if (found.length > 1)
      throw usage(`profile takes one target, and there are ${found.length}`, 'name one of the Dockerfiles')
    return
  }
  const images = found.filter(({ kind }) => kind === 'image')
  const files = found.filter(({ kind }) => kind !== 'image')
  const [project] = found.filter(({ kind }) => kind === 'compose' || kind === 'kubernetes')
  const [image] = images
  const [file] = files
  if (request.verb === 'prove' && file) {
    throw usage(
      `prove takes an image, and ${file.target} is not one`,
      `${['harden-image --prove', ...givenFlags(request), shellQuoted(file.target)].join(' ')} builds and proves a Dockerfile`,
    )
  }
  if (request.write && found.some(({ target }) => target === '-')) {
    throw usage('--write changes files, and - is stdin', 'redirect stdout, or name the file')
  }
  if (request.write && image && !file) {
    throw usage(
      `--write changes Dockerfiles in place, and ${image.target} is an image`,
      'write its Dockerfile with -o DIR',
    )
  }
  for (const report of request.reports) checkReportFile(resolve(cwd, report.name), report, found)
  if (project === undefined) checkNoProject(request)
  if (project !== undefined && request.output !== null)
    throw usage(
      `--output takes the Dockerfile of one image, and ${project.target} is a project`,
      'its files are changed with -w',
    )
  if (project !== undefined && request.tag !== null)
    throw usage(`--tag names one image, and ${project.target} is a project`, 'its images are called as it says')
  if (project !== undefined && request.format === 'dockerfile')
    throw usage(`--format dockerfile prints one Dockerfile, and ${project.target} is a project`, 'use --format diff')
  if (project !== undefined && request.format === 'bake')
    throw usage(
      `--emit bake is of Dockerfiles and images, and ${project.target} is a project`,
      'docker buildx bake takes its Compose file',
    )
  if (project !== undefined && request.attest !== null)
    throw usage(
      `--attest is about one image, and ${project.target} is a project`,
      'attest each image by harden-image prove IMAGE',
    )
  if (request.output !== null && images.length !== 1) {
    const problem = images.length === 0 ? 'there is none' : `there are ${images.length}`
    throw usage(
      `--output takes the Dockerfile of one image, and ${problem}`,
      images.length === 0 ? 'Dockerfiles are changed with -w' : 'run once for each',
    )
  }
  if (request.tag !== null && found.length > 1) {
    throw usage(`--tag names one image, and there are ${found.length} targets`, 'run once for each')
  }
  const [first] = found
  const verb = first?.kind === 'image' && request.targets[0] === first.target ? nearestVerb(first.target) : null
  if (verb !== null && found.length > 1 && request.verb === 'harden')
    throw usage(`there is no file, folder or verb ${request.targets[0]}`, `did you mean harden-image ${verb}?`)
  if (request.format === 'dockerfile' && found.length > 1) {
    throw usage(
      `--format dockerfile prints one Dockerfile, and there are ${found.length}`,
      'run once for each, or use --format json',
    )
  }
  if (images.length > 1 && !file && request.format === null && !request.prTitle && request.verb === 'harden') {
    throw usage(
      `stdout can carry the Dockerfile of one image, and there are ${images.length}`,
      'run once for each with -o DIR, or use --format json',
    )
  }
}

/** A report must not take the place of what it reports on. */
function checkReportFile(path: string, { flag, name }: ReportFile, found: readonly Found[]): void {
  const target = found.find(({ path: own, project, cluster }) =>
    [own, ...(project?.files ?? []).map((file) => file.path), ...(cluster?.files ?? []).map((file) => file.path)].some(
      (file) => file !== null && realOf(file) === realOf(path),
    ),
  )
  if (target !== undefined)
    throw usage(
      `--${flag} ${name} is a file of the target ${target.target}`,
      'name another file, outside of the repository',
    )
}

function checkNoProject({ project: { profiles, envFiles, name } }: Work): void {
  const flag = profiles !== null ? 'profile' : envFiles !== null ? 'env-file' : name !== null ? 'project-name' : null
  if (flag !== null) throw usage(`--${flag} is of a Compose project, and no target is one`, 'name its file with -f')
}

/** The format for stdout; `dockerfile` is the result alone. */
export function carried(request: Work, found: readonly Found[]): Carried {
  if (request.prTitle) return 'title'
  if (request.format !== null) return request.format
  if (request.verb !== 'harden') return 'text'
  // Who asks whether anything is left reads names first; --format diff shows what would change.
  if (request.check) return 'changed'
  const [first, ...others] = found
  if (first?.kind === 'kubernetes' && first.target === '-' && others.length === 0) return 'dockerfile'
  if (first?.kind === 'image' && others.length === 0) return request.output === null ? 'dockerfile' : 'nothing'
  return request.write ? 'nothing' : 'diff'
}

/** Settings that only a proof uses. */
const ofProofs: ReadonlySet<string> = new Set<SettingName>(['smoke', 'trace', 'jobs', 'minimize', 'env', 'capAdd'])

/** Flags of this call for another one on the same target, since a command that is shown gets pasted. */
export function givenFlags({ settings, config, trustConfig, prove, network }: Work): readonly string[] {
  const given = [
    ...(config === null ? [] : [['config', config] as const]),
    ...(trustConfig === null ? [] : [['trustConfig', trustConfig] as const]),
    ...Object.entries(settings),
  ]
  return [
    ...given.flatMap(([name, value]) => (prove || !ofProofs.has(name) ? flagsOf(flagOf(name), value) : [])),
    ...(network ? ['--network'] : []),
  ]
}

function flagsOf(name: string, value: unknown): readonly string[] {
  if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
  // A value that may be a secret is not logged.
  const shown = (text: string) => (name === 'env' ? text.replace(/=.*$/s, '=…') : text)
  return [value].flat().map((one) => `--${name} ${shellQuoted(shown(String(one)))}`)
}
