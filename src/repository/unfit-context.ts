import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { contextPath, contextSources } from '../contents/build-context.ts'
import { type Step, stageWalks, wholeText } from '../dockerfile/index.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { textIn } from '../files-in.ts'
import { isWithin, nameOf } from '../path.ts'
import { normalisePath } from '../places.ts'

/**
 * Whether a folder cannot be the context, although it has what is copied: the build starts what the copy has not. A project often has
 * its sources, or the package.json of its tools, by the names of what it builds or of what an example stands for.
 */
export function isUnfit(dockerfile: Dockerfile, folder: string): boolean {
  const { own } = stageWalks(dockerfile, () => ({ known: false, reason: '' }))
  return dockerfile.stages.some(({ index }) => lacksProgram(own(index), folder) || lacksScript(own(index), folder))
}

/** A whole folder is copied, and what is started of it or is in PATH is not in there, nor does a RUN make it. */
function lacksProgram(steps: readonly Step[], root: string): boolean {
  const brought = new Map<string, string>()
  return steps.some((step) => {
    const { instruction, workdir } = step
    const to = destinationOf(step)
    if (instruction.keyword === 'RUN') {
      const text = wholeText(instruction)
      // It may make what is started.
      for (const folder of brought.keys())
        if (isWithin(workdir ?? '/', folder) || text.includes(`${folder}/`)) brought.delete(folder)
    } else if (to !== null) {
      for (const folder of brought.keys()) if (isWithin(to, folder)) brought.delete(folder)
      const [only = '', ...more] = contextSources(instruction)
      const folder = join(root, contextPath(only))
      if (more.length === 0 && contextPath(only) !== '' && isFolder(folder)) brought.set(to, folder)
    } else
      return [...brought].some(([copied, from]) =>
        startedIn(instruction).some(
          (path) => path.startsWith(`${copied}/`) && !existsSync(join(from, path.slice(copied.length))),
        ),
      )
    return false
  })
}

/** Absolute paths: of the program, and of folders in PATH. */
function startedIn(instruction: Step['instruction']): readonly string[] {
  const { keyword, json, text } = instruction
  if (keyword === 'ENTRYPOINT' || keyword === 'CMD')
    return [normalisePath(json?.[0]?.value ?? '') ?? ''].filter((path) => path !== '/')
  if (keyword !== 'ENV') return []
  return [...text.matchAll(/(?:^|\s)PATH[=\s]["']?([^\s"']*)/g)].flatMap(([, value = '']) =>
    value.split(':').filter((path) => /^\/[\w./-]+$/.test(path)),
  )
}

/** The package.json that is copied has no script of the name that is run where it lies. */
function lacksScript(steps: readonly Step[], root: string): boolean {
  const packages = new Map<string, string>()
  return steps.some((step) => {
    const { instruction, workdir } = step
    const to = destinationOf(step)
    if (to !== null) {
      for (const source of contextSources(instruction)) {
        const [path, name] = [contextPath(source), nameOf(source)]
        const isFile = /^package(?:\.json$|\*|\S*\*)/.test(name)
        const text = textIn(root, join(root, isFile ? path.slice(0, -name.length) : path, 'package.json'))
        if (text !== null) packages.set(to.replace(/\/package\.json$/, '') || '/', text)
      }
      return false
    }
    const own = workdir === null ? undefined : packages.get(workdir)
    if (own === undefined || !/^(?:RUN|CMD|ENTRYPOINT)$/.test(instruction.keyword)) return false
    const text = instruction.json?.map(({ value }) => value).join(' ') ?? wholeText(instruction)
    if (ELSEWHERE.test(text)) return false
    return [...text.matchAll(RUNS)].some(([, name]) => !own.includes(`"${name}"`))
  })
}

/** By their names these are scripts: what else is told to yarn may be a program of a package. */
const RUNS = /\b(?:(?:npm|yarn|pnpm|bun) run |(?:yarn|pnpm) (?=build\b|start\b)|npm (?=start\b))(\w[\w:.-]{0,60})/g
/** Another package.json is worked with, or one that a command makes. */
const ELSEWHERE =
  /\bcd\b|\s--?(?:prefix|cwd|dir|C|filter|F|w|r|workspaces?|recursive|if-present)\b|\bworkspaces?\b|\binit\b|\bcreate\b|\bpkg set\b/

function destinationOf({ instruction: { keyword }, words, workdir }: Step): string | null {
  const target = keyword === 'COPY' || keyword === 'ADD' ? words.at(-1) : null
  return target == null ? null : normalisePath(target, workdir ?? '')
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
