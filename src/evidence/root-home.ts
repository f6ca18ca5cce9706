import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { says, wholeText } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { isInside, isSecretPlace, normalisePath } from '../places.ts'
import type { Need } from '../plan/grants/need.ts'
import type { EnvSetting, Remark } from '../plan/plan.ts'
import type { Evidence } from './evidence.ts'
import { homeReaders } from './home-readers.ts'
import { type HomeTool, homeTools, sentElsewhere } from './home-tools.ts'

export interface RootHome {
  readonly needs: readonly Need[]
  /** By which programs find what lies there, although their own home is another one. */
  readonly env: readonly EnvSetting[]
  readonly remarks: readonly Remark[]
}

/** What the program is started in or from, by the Dockerfile's own words. */
interface Use {
  readonly what: string
  readonly path: string
  readonly listed?: boolean
}

const HOME = '/root'

/**
 * /root has mode 0700 in nearly every image (FACTS 16). Where a stage keeps its program there, the user must get through;
 * what asks for its home finds another one, unless a variable names the place. Keys are the reason to leave it closed.
 */
export function rootHome(shipped: Shipped, config: ImageConfig, programs: readonly string[]): RootHome {
  const tools = toolsIn(shipped, config, programs)
  const copied = copiedUses(shipped)
  const volume = foundByHome(config)
  const uses: readonly Use[] = [
    ...ownUses(config),
    ...copied,
    ...(volume === null ? [] : [{ what: 'the volume', path: volume }]),
    ...tools.map(({ tool, what }) => ({ what, path: tool.folder })),
  ]
  const left = [...homeReaders(shipped, config), ...leftInHome(shipped, config, tools)]
  if (uses.length === 0) return { needs: [], env: [], remarks: left }
  const secrets = secretsIn(shipped)
  if (secrets !== null) return { needs: [], env: [], remarks: [closed(uses, secrets)] }
  return {
    needs: uses.map(({ what, path, listed }) => ({
      access: listed === true ? 'list' : 'traverse',
      path,
      evidence: declared(path, `${what} is there`),
    })),
    env: [
      ...(volume === null ? [] : [homeOf(volume)]),
      ...tools.flatMap(({ tool: { variable, folder }, what }) =>
        variable === null || config.env.has(variable)
          ? []
          : [
              {
                name: variable,
                value: folder,
                reason: `${what} is there, and the user has another home than root`,
                evidence: [declared(folder, what)],
              },
            ],
      ),
    ],
    remarks: left,
  }
}

/** A volume below root's home that nothing names: whoever writes it asks for its home. */
function foundByHome(config: ImageConfig): string | null {
  if (config.env.has('HOME')) return null
  const said = [...argvOf(config), ...config.env.values(), config.workdir].join(' ')
  return config.volumes.find((path) => path.startsWith(`${HOME}/.`) && !said.includes(path.replace(/\/$/, ''))) ?? null
}

function homeOf(volume: string): EnvSetting {
  const reason = `${volume}, a volume, is found by the home of whoever runs it`
  return { name: 'HOME', value: HOME, reason, evidence: [declared(volume, 'declared by VOLUME')] }
}

/** Put there by a plain name: the program is told the place, and goes through root's home to it. */
function copiedUses({ copies }: Shipped): readonly Use[] {
  return copies
    .filter(
      ({ destination }) => isInside(destination, HOME) && destination !== HOME && !destination.startsWith(`${HOME}/.`),
    )
    .map(({ destination, line }) => ({ what: `what line ${line} copies`, path: destination }))
}

/** For builds alone, or for nobody's program. */
const OF_BUILDS =
  /^\/root\/\.(npmrc|yarnrc(\.yml)?|netrc|pypirc|m2|gradle|cargo|docker|ssh|gitconfig|git-credentials|pip|config\/pip|composer|config\/composer|nuget|condarc|gemrc|bundle|sbt|ivy2|bashrc|bash_profile|profile|zshrc|vimrc|inputrc|tmux\.conf|oh-my-zsh|vim)(\/|$)/

/** Settings in root's home, which a program looks for in the home of whoever runs it. */
function leftInHome({ copies }: Shipped, config: ImageConfig, tools: readonly Installed[]): readonly Remark[] {
  const home = config.env.get('HOME')
  if (home !== undefined && !isInside(home, HOME)) return []
  const found = copies.find(
    ({ destination }) =>
      destination.startsWith(`${HOME}/.`) &&
      !OF_BUILDS.test(destination) &&
      !(config.workdir !== '/' && isInside(destination, config.workdir)) &&
      !tools.some(({ tool }) => isInside(destination, tool.folder)),
  )
  if (found === undefined) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `line ${found.line} copies ${found.destination} into the home of root: a program that looks in its home finds another one`,
      hint: 'copy it to a place that the program is told, or to the home of the new user as well',
      about: 'COPY',
      evidence: [declared(found.destination, `copied in line ${found.line}`)],
    },
  ]
}

function declared(subject: string, detail: string): Evidence {
  return { source: 'declared', subject, detail }
}

function ownUses(config: ImageConfig): readonly Use[] {
  const found: Use[] = []
  const { workdir } = config
  // Programs look around in the folder they are started in: Python's import of a file beside it lists it.
  if (isInside(workdir, HOME)) found.push({ what: 'the working folder', path: workdir, listed: workdir === HOME })
  for (const word of argvOf(config)) {
    const path = /^\/root\//.test(word) ? normalisePath(word) : null
    if (path !== null) found.push({ what: `the command's ${word}`, path: path.slice(0, path.lastIndexOf('/')) })
  }
  const path = config.env.get('PATH') ?? ''
  if (!path.includes(HOME)) return found
  for (const folder of path.split(':'))
    if (isInside(folder, HOME)) found.push({ what: `${folder} of PATH`, path: folder })
  return found
}

interface Installed {
  readonly tool: HomeTool
  readonly what: string
}

function toolsIn({ steps, copies }: Shipped, config: ImageConfig, programs: readonly string[]): readonly Installed[] {
  const runs = steps.filter(({ instruction }) => instruction.keyword === 'RUN' && says(instruction, ANY_TOOL))
  if (runs.length === 0 && !copies.some(({ destination }) => isInside(destination, HOME))) return []
  const texts = steps.map(({ instruction }) => wholeText(instruction)).join('\n')
  // A script may use anything.
  const isOpen = argvOf(config).some((word) => /(^|\/)(ba|da|a)?sh$|\.sh$|entrypoint/.test(word))
  return homeTools.flatMap((tool) => {
    if (config.env.has(tool.variable ?? '') && !isInside(config.env.get(tool.variable ?? '') ?? '', HOME)) return []
    if (tool.usedBy !== undefined && !isOpen && !programs.some((name) => tool.usedBy?.test(name))) return []
    if (sentElsewhere[tool.name]?.test(texts) === true) return []
    const step = runs.find(({ instruction }) => {
      const text = wholeText(instruction)
      return tool.run.test(text) && tool.unless?.test(text) !== true
    })
    if (step !== undefined) return [{ tool, what: `what ${tool.name} installs in line ${step.instruction.line}` }]
    const copied = copies.find(({ destination }) => destination === tool.folder)
    return copied === undefined ? [] : [{ tool, what: `what line ${copied.line} copies` }]
  })
}

/** Most stages use none of them. */
const ANY_TOOL = new RegExp(homeTools.map(({ run }) => run.source).join('|'))

/** Something that is to be kept from others than root, and would be readable with the folder open. */
function secretsIn({ entries, origins, steps }: Shipped): string | null {
  const copied = [...entries].find(
    ([path, { type, mode }]) =>
      type === 'file' && origins.has(path) && isInside(path, HOME) && isSecretPlace(path) && (mode & 0o004) !== 0,
  )
  if (copied !== undefined) return copied[0]
  const written = steps.find(
    ({ instruction }) =>
      instruction.keyword === 'RUN' &&
      says(instruction, SECRET_WRITTEN) &&
      !says(instruction, /\brm\b(?:(?!\brm\b)[^&|;\n]){0,4000}\/\.(netrc|npmrc|pypirc|git-credentials|pgpass|ssh)/),
  )
  return written === undefined ? null : `what line ${written.instruction.line} writes`
}

const SECRET_WRITTEN = />\s*(~|\$\{?HOME\}?|\/root)\/\.(netrc|npmrc|pypirc|git-credentials|pgpass|ssh\/id_\w+)\b/

function closed(uses: readonly Use[], secret: string): Remark {
  const [first] = uses
  return {
    outcome: 'todo',
    transform: 'report-remarks',
    message: `${first?.what} lies in /root, root's own home, which stays closed: ${secret} is a secret beside it that others could read`,
    hint: 'move the program to a folder of its own, such as /app or /opt, or give the secret with RUN --mount=type=secret',
    about: 'WORKDIR',
    evidence: uses.slice(0, 3).map(({ what, path }) => declared(path, `${what} is there`)),
  }
}
