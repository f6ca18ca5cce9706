import type { ImageFacts } from '../../image/facts.ts'
import type { FileModel } from '../../image/file-model.ts'
import type { RunRecord } from '../container/run-record.ts'

const MOST_NAMED = 3
/** What packages bring is theirs to know; people put their own scripts elsewhere. */
const OF_PACKAGES = /^\/(usr\/(?!local\/)|bin\/|sbin\/|lib\w*\/|etc\/|proc\/|sys\/|dev\/)/

/**
 * Scripts that a file which the original read names (the hooks of a webhook server, the jobs of a scheduler), and that no
 * run has started: what a report says of them. Empty where the original was not traced, or a check of the user's own ran.
 */
export function unrunScripts({ trace, smoke }: RunRecord, { files }: Pick<ImageFacts, 'files'>): readonly string[] {
  if (trace === null || smoke.length > 0 || !files.known) return []
  const model = files.value
  const used = new Set<string>()
  const read = new Set<string>()
  for (const { access, outcome, path } of trace.operations) {
    if (outcome !== 'done' || path === null) continue
    if (access === 'execute' || access === 'read') used.add(model.resolve(path) ?? path)
    if (access === 'read') read.add(path)
  }
  const named = new Map<string, string>()
  for (const path of read)
    for (const script of scriptsIn(model, path)) if (!used.has(script)) named.set(script, named.get(script) ?? path)
  return [...named]
    .slice(0, MOST_NAMED)
    .map(
      ([script, path]) =>
        `what ${script} does: ${path} names it, nothing asked for it, and it would run as the new user (a check of yours that makes it run can tell: --smoke)`,
    )
}

/** A script that names another is read by an interpreter: it was run, and so was what it wanted. */
function scriptsIn(model: FileModel, path: string): readonly string[] {
  const text = model.text(path) ?? ''
  if (text === '' || text.startsWith('#!')) return []
  const said = text.split('\n').filter((line) => !/^\s*(#|\/\/|;)/.test(line))
  return said
    .flatMap((line) => [...line.matchAll(/(?<![\w.$/-])\/[\w./-]+/g)].map(([found]) => model.resolve(found) ?? ''))
    .filter((found) => !OF_PACKAGES.test(found) && isScript(model, found))
}

function isScript(model: FileModel, path: string): boolean {
  const entry = model.entry(path)
  return entry?.type === 'file' && (entry.mode & 0o111) !== 0 && (model.text(path) ?? '').startsWith('#!')
}
