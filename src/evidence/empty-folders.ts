import { knownPrograms } from '../../catalogue/known-programs.ts'
import { argvOf, isInterpreter } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { says, shellCommands, wholeText } from '../dockerfile/index.ts'
import type { FileModel } from '../image/file-model.ts'
import {
  baseName,
  isInside,
  isOwnPlace,
  isSharedFolder,
  isStatePlace,
  isSystemFolder,
  normalisePath,
  parentOf,
  STATE_NAME,
} from '../places.ts'
import { inferred, type PathClaim } from './claim.ts'
import type { Provider } from './provider.ts'
import { isOneOf } from './servers.ts'

const LARGEST_DEPTH = 3
/** What keeps an empty folder in git. */
const PLACEHOLDER = /^\.(gitkeep|keep|gitignore|empty)$/

/** Nothing in it, or what keeps an empty folder in git. */
export function isEmptyFolder(files: FileModel, path: string): boolean {
  return files.list(path).every((name) => PLACEHOLDER.test(name))
}

/**
 * Folders below the working folder that an application ships empty, or with nothing but a placeholder, under a name that
 * says what for: a folder without content is there to be filled.
 */
export const emptyFolders: Provider = {
  name: 'empty-folders',
  summary: 'empty folders below the working folder, by names such as uploads or cache',
  when: 'always',
  claims({ files, facts: { config } }) {
    const top = files.resolve(config.workdir) ?? config.workdir
    if (isSharedFolder(top) || isSystemFolder(top)) return []
    const found: PathClaim[] = []
    const visit = (folder: string, depth: number): void => {
      for (const name of files.list(folder)) {
        const path = `${folder}/${name}`
        if (files.entry(path)?.type !== 'directory' || name === 'node_modules' || name === '.git') continue
        if (STATE_NAME.test(name) && isEmptyFolder(files, path))
          found.push(inferred('keep-state', path, 'empty, there to be filled'))
        else if (depth < LARGEST_DEPTH) visit(path, depth + 1)
      }
    }
    visit(top, 1)
    return found
  },
}

/** What these install comes with programs that nobody has seen. */
const INSTALLS = /^(?:pip3?|pipx|gem|cargo|go|npm|conda|mamba|uv)$/

function installs({ instruction, shell }: StageContents['steps'][number]): boolean {
  if (instruction.keyword !== 'RUN' || !says(instruction, /\binstall\b/)) return false
  const script = shellCommands(instruction, shell)
  return (
    script.kind === 'parsed' &&
    script.commands.some(({ name, words }) => INSTALLS.test(name ?? '') && words.some(({ text }) => text === 'install'))
  )
}

/**
 * The folder that a program starts in, where a WORKDIR makes it and nothing is put into it or done there: a program out of a package of
 * its language that is told more than options (`tool start project`) makes there what it is told of.
 */
export const emptyWorkingFolder: Provider = {
  name: 'empty-working-folder',
  summary: 'the folder that a program of a package starts in, where the stage leaves it empty',
  when: 'before-run',
  *claims({ contents, start: { launches }, started, listed, servers }) {
    const folder = normalisePath(started.workdir)
    if (listed || servers.length > 0 || folder === null || !isOwnPlace(folder)) return
    const { steps, entries, copies } = contents
    const isMade = steps.some(
      ({ instruction, words, workdir: from }) =>
        instruction.keyword === 'WORKDIR' && normalisePath(words[0] ?? '', from ?? '') === folder,
    )
    const isUsed =
      [...entries].some(([path, { type }]) => path !== folder && isInside(path, folder) && type !== 'directory') ||
      copies.some(({ destination }) => isInside(destination, folder)) ||
      steps.some(
        ({ instruction, workdir: from }) =>
          instruction.keyword === 'RUN' &&
          ((from !== null && isInside(from, folder)) || wholeText(instruction).includes(folder)),
      )
    if (!isMade || isUsed) return
    if (!steps.some(installs)) return
    const files = new Set([...entries.keys(), ...copies.map(({ destination }) => destination)].map(baseName))
    const all: readonly Pick<(typeof launches)[number], 'words' | 'folder'>[] = [
      { words: argvOf(started) },
      ...launches,
    ]
    const told = all.find(({ words: [program = '', ...words], folder: from = folder }) => {
      const name = baseName(program)
      const isTold = words.some((word) => /^[\w][\w.-]*$/.test(word))
      return from === folder && name !== '' && !isInterpreter(name) && !files.has(name) && !isTool(name) && isTold
    })
    if (told !== undefined)
      yield inferred('keep-state', folder, `${baseName(told.words[0] ?? '')} starts in it, and nothing is put there`)
  },
}

/** Of the system: it makes no project. */
function isTool(name: string): boolean {
  const { distribution, builders, clients } = knownPrograms
  return [distribution, builders, clients].some((group) => isOneOf(group, name))
}

/** A folder of one program where the system keeps state (FHS). */
const OF_STATE = /^\/(?:var\/(?:lib|cache|log|spool|opt)|run|var\/run)\/[^/]{1,100}$/

/** An empty folder under a state name that is copied: it is there to be filled. */
export const copiedEmptyFolders: Provider = {
  name: 'copied-empty-folders',
  summary: 'folders that COPY brings empty, where their name says that a program fills them',
  when: 'always',
  *claims({ contents: { entries, origins, copies } }) {
    if (origins.size === 0) return
    // `RUN mkdir /var/lib/app` in a builder, and then the folder by itself: nothing else could be meant.
    const alone = new Set(copies.map(({ destination }) => destination).filter((path) => OF_STATE.test(path)))
    const filled = new Set<string>()
    for (const path of entries.keys()) if (!PLACEHOLDER.test(baseName(path))) filled.add(parentOf(path))
    for (const [path, entry] of entries) {
      if (entry.type !== 'directory' || filled.has(path) || !origins.has(path)) continue
      if (
        !(STATE_NAME.test(baseName(path)) || alone.has(path)) ||
        !isStatePlace(path) ||
        /\/(node_modules|vendor)\//.test(path)
      )
        continue
      yield inferred('keep-state', path, `${origins.get(path) ?? path} is copied empty, there to be filled`)
    }
  },
}
