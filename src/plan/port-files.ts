import type { FileModel } from '../image/file-model.ts'
import type { FileEdit } from './plan.ts'
import { configurationFiles, portLines } from './port-lines.ts'
import type { PortSources } from './ports.ts'
import { argvOf, programsOf } from './program.ts'

type Sources = Pick<PortSources, 'facts' | 'programs' | 'opened'>

/** Edits that move a port in the configuration that was read. */
export function inFiles(from: number, to: number, sources: Sources): readonly FileEdit[] {
  if (!sources.facts.files.known) return []
  const files = sources.facts.files.value
  return filesRead(sources, files).flatMap((path) => {
    const lines = portLines(path, files.text(path) ?? '', from, to)
    if (lines.length === 0) return []
    const name = path.slice(path.lastIndexOf('/') + 1)
    return [
      {
        path,
        substitutions: lines.map((line) => line.substitution),
        reason: `listen above 1024 (${name} said ${from})`,
        purpose: 'port',
        evidence: lines.map((line) => ({
          source: 'config',
          subject: String(from),
          detail: `set by "${line.text}" in ${path}`,
        })),
      } satisfies FileEdit,
    ]
  })
}

/** Somebody else is expected on the port: `proxy_pass http://127.0.0.1:8080`, although nobody may listen just now. */
export function namesLocal(port: number, sources: Sources): boolean {
  const { config, files } = sources.facts
  const read = files.known
    ? filesRead(sources, files.value).map((path) => (files.value.text(path) ?? '').replace(/^\s*(#|;|\/\/).*$/gm, ''))
    : []
  const local = new RegExp(String.raw`(?:\blocalhost|\b127(?:\.\d+){3}|\[::1\]):${port}(?!\d)`)
  return [...argvOf(config), ...config.env.values(), ...read].some((text) => local.test(text))
}

/** The configuration that the run opened; before a run, what looks like that of its programs. */
function filesRead(sources: Sources, files: FileModel): readonly string[] {
  const argv = argvOf(sources.facts.config)
  const programs = [...programsOf(sources.facts.config), ...sources.programs]
  const likely = configurationFiles(files, programs, argv)
  if (sources.opened === null) return likely
  const opened = new Set(sources.opened.map((path) => files.resolve(path) ?? path))
  return files
    .texts()
    .filter(
      (path) => opened.has(path) && (likely.includes(path) || !path.startsWith('/etc/') || path.split('/').length > 3),
    )
}
