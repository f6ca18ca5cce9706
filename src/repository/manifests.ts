import { statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { HardenError } from '../errors.ts'
import { ANYWHERE, namesIn, realOf, staysIn, textIn } from '../files-in.ts'
import { isHelmTemplate } from '../manifests/kubernetes/new-files.ts'
import { manifestsOf } from '../manifests/kubernetes/workloads.ts'
import { asList, asObject, isObject, type Json, parseYaml, textOf } from '../manifests/yaml/file.ts'
import { type ReportFinding, targetFinding } from '../report/report.ts'
import { allowedRootOf } from './trust.ts'

/** Manifests that are worked on together. */
export interface ClusterTarget {
  /** The absolute folder from which a person applies them. */
  readonly folder: string
  readonly files: readonly ManifestFile[]
  /** Image names of a kustomization, by the name in its manifests. */
  readonly images: ReadonlyMap<string, string>
  /** What was left out, and why. */
  readonly findings: readonly ReportFinding[]
}

export interface ManifestFile {
  /** Absolute; null for stdin. */
  readonly path: string | null
  /** For people. */
  readonly name: string
  readonly text: string
}

/** A folder of configuration has no more files than that. */
const MOST = 400
const YAML = /\.ya?ml$/i
const KUSTOMIZATION = /^kustomization(\.ya?ml)?$/i

/** The manifests of a folder (absolute), or what its kustomization puts together; null where it has none that run anything. */
export function manifestsIn(folder: string, cwd: string): ClusterTarget | null {
  const root = allowedRootOf(join(folder, 'any'))
  const names = namesIn(root, folder)
  const kustomization = names.find((name) => KUSTOMIZATION.test(name))
  if (kustomization !== undefined) return kustomized(join(folder, kustomization), cwd)
  const files = names
    .filter((name) => YAML.test(name))
    .slice(0, MOST)
    .flatMap((name) => fileAt(root, join(folder, name), cwd))
    .filter(({ text }) => isManifest(text))
  return running({ folder, files, images: new Map(), findings: [] })
}

/** One file of them, which the caller has named; null where it is none. */
export function manifestAt(path: string, cwd: string): ClusterTarget | null {
  if (!YAML.test(path)) return null
  if (KUSTOMIZATION.test(basename(path))) return kustomized(path, cwd)
  const files = fileAt(ANYWHERE, path, cwd).filter(({ text }) => isManifest(text))
  return running({ folder: dirname(path), files, images: new Map(), findings: [] })
}

/** Manifests from stdin, such as a rendered chart; null where it holds none. */
export function manifestsOfText(text: string, cwd: string): ClusterTarget | null {
  if (!isManifest(text)) return null
  return running({ folder: cwd, files: [{ path: null, name: 'stdin', text }], images: new Map(), findings: [] })
}

/** Nothing is known of a chart before its values are filled in. */
export function isChart(folder: string): boolean {
  const names = namesIn(allowedRootOf(join(folder, 'any')), folder)
  return names.includes('Chart.yaml') && names.includes('templates')
}

/** A quick look first: reading YAML takes long. */
function isManifest(text: string): boolean {
  return /^\s{0,9}"?apiVersion"?\s*:/m.test(text) && /^\s{0,9}"?kind"?\s*:/m.test(text) && !isHelmTemplate(text)
}

function running(target: ClusterTarget): ClusterTarget | null {
  if (target.files.length === 0) return null
  try {
    return manifestsOf(target.files).workloads.length > 0 ? target : null
  } catch (error) {
    // A broken file is reported once the others are done.
    if (error instanceof HardenError) return target
    throw error
  }
}

function fileAt(root: string, path: string, cwd: string): readonly ManifestFile[] {
  const text = textIn(root, path)
  return text === null ? [] : [{ path, name: relative(cwd, path) || basename(path), text }]
}

/** What a kustomization is made of, as far as its files say it; the rest is a finding. Source: kustomize, *kustomization file*. */
function kustomized(path: string, cwd: string): ClusterTarget | null {
  const files = new Map<string, ManifestFile>()
  const images = new Map<string, string>()
  const findings: ReportFinding[] = []
  const root = allowedRootOf(path)
  const seen = new Set<string>()
  const leave = (from: string, what: string, hint = HINT): void => {
    findings.push(targetFinding('read-manifests', 'todo', `${relative(cwd, from)}: ${what}`, hint))
  }
  const take = (entry: string, from: string): void => {
    if (isRemote(entry)) {
      leave(from, `${entry} is fetched from elsewhere, and was not inspected`)
      return
    }
    const place = resolve(dirname(from), entry)
    if (!staysIn(root, place)) {
      leave(from, `${entry} is outside of the repository, and was not read`)
      return
    }
    const inner = isFolder(place) ? namesIn(root, place).find((name) => KUSTOMIZATION.test(name)) : undefined
    if (inner !== undefined) read(join(place, inner))
    else if (isFolder(place)) leave(from, `${entry} has no kustomization.yaml`, 'name its files')
    else {
      const found = fileAt(root, place, cwd)
      if (found.length === 0) leave(from, `${entry} cannot be read`, 'check the path')
      for (const file of found) if (files.size < MOST) files.set(realOf(place), file)
    }
  }
  const read = (at: string): void => {
    if (seen.has(realOf(at)) || seen.size > MOST) return
    seen.add(realOf(at))
    const text = textIn(root, at)
    if (text === null) return
    const file = asObject(parseYaml(text, relative(cwd, at)).values[0])
    for (const key of ['resources', 'bases', 'components'])
      for (const entry of asList(file[key])) take(textOf(entry), at)
    for (const one of asList(file.images).map(asObject)) {
      const { name, newName = name, newTag, digest } = one
      const tail = digest === undefined ? (newTag === undefined ? '' : `:${textOf(newTag)}`) : `@${textOf(digest)}`
      images.set(textOf(name), `${textOf(newName)}${tail}`)
    }
    for (const patch of patchesOf(file))
      if (touches(patch, dirname(at), root))
        leave(at, `${patchName(patch)} changes containers on top of their manifests`)
    for (const key of NOT_FOLLOWED)
      if (asList(file[key]).length > 0) leave(at, `${key} makes manifests that are not inspected`)
  }
  read(path)
  return running({ folder: dirname(path), files: [...files.values()], images, findings })
}

const HINT = 'run it on what comes out as well: kubectl kustomize DIR | harden-image -'
const NOT_FOLLOWED = ['helmCharts', 'helmChartInflationGenerator', 'generators', 'transformers', 'replacements']

/** Remote bases are never fetched: naming them is the repository's word, not the caller's. */
function isRemote(entry: string): boolean {
  return /^(https?|ssh|git|oci|s3):|^git@|^github\.com[/:]|\?ref=|\.git(\/\/|$|\?)/i.test(entry)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function patchesOf(file: Json): readonly unknown[] {
  return ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap((key) => asList(file[key]))
}

function patchName(patch: unknown): string {
  return typeof patch === 'string'
    ? `the patch ${patch.split('\n', 1)[0]}`
    : `the patch ${textOf(asObject(patch).path ?? 'in it')}`
}

/** Whether it sets what is decided here too. */
function touches(patch: unknown, folder: string, root: string): boolean {
  const { path, patch: inline } = isObject(patch) ? patch : { path: patch, patch: undefined }
  const isInline = typeof inline === 'string' || (typeof path === 'string' && path.includes('\n'))
  const place = typeof path === 'string' && !isInline ? resolve(folder, path) : null
  const text = isInline ? textOf(inline ?? path) : place === null ? null : textIn(root, place)
  return (
    text === null ||
    /\b(securityContext|containerPort|targetPort|image|command|args|volumeMounts|initContainers)\b/.test(text)
  )
}

/** The name that a kustomization gives it. */
export function imageIn(image: string, images: ClusterTarget['images']): string {
  const [, name = image, tail = ''] = /^(.*?)((?::[^:/@]+)?(?:@.*)?)$/s.exec(image) ?? []
  const other = images.get(name)
  if (other === undefined) return image
  return /[:@]/.test(other.slice(other.lastIndexOf('/') + 1)) ? other : `${other}${tail}`
}
