import { dirname } from 'node:path'
import { shellQuoted } from '../borders/shell.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { wholeText } from '../dockerfile/shell.ts'
import { finalStage, findStage } from '../dockerfile/stages.ts'
import { pairs } from '../dockerfile/variables.ts'
import {
  HOST_SOCKET,
  HOST_SOCKET_HINT,
  type ImageRun,
  mountsHost,
  rightsOf,
  socketOf,
  usualRun,
} from '../image/image-run.ts'
import { movedPort } from '../manifests/compose/ports.ts'
import { movesOf, type Profile } from '../manifests/profile.ts'
import { isComplete, type ReportFinding, type ReportUser, targetFinding, targetQuestion } from '../report/report.ts'
import type { BuildSettings, WorkItem } from '../repository/work-item.ts'
import { choices, joinTruncated } from '../words.ts'
import { podUser, serviceUser } from './build.ts'
import type { Options, TargetOutcome } from './task.ts'
import { isLeftAsItIs } from './verdict.ts'

/** Notes on settings that come from Compose and bake files, on what those leave open, and on published ports that no longer answer. */
export function buildNotes(
  { build, path, target: name }: WorkItem,
  dockerfile: Dockerfile,
  { result: { stages, verdict, output, user }, profile }: Pick<TargetOutcome, 'result' | 'profile'>,
  options: Options,
): readonly ReportFinding[] {
  if (build === undefined || path === null) return []
  const by = joinTruncated(build.by)
  const given = pairs(options.buildArg)
  const declared = new Set([...declaredArgs(dockerfile)].filter((name) => !given.has(name)))
  const isContextOpen = options.context === null
  const args = [...build.args.keys()].filter((name) => declared.has(name))
  const taken = [
    ...(isContextOpen && build.context !== null && build.context !== dirname(path)
      ? [`the context ${build.contextNames[0]}`]
      : []),
    ...(args.length > 0 ? [`what ${args.join(', ')} says`] : []),
  ]
  const notes: ReportFinding[] = []
  const note = (message: string, hint: string) => notes.push(targetFinding('read-build', 'note', message, hint))
  // Where nothing changes, the way to that result is no news.
  if (taken.length > 0 && !isLeftAsItIs({ verdict }))
    note(
      `${taken.join(' and ')}: taken from ${by}`,
      'choose another build with --context DIR and --build-arg NAME=VALUE',
    )
  if (isContextOpen && build.context === null)
    note(`the build context differs between ${by}: ${build.contextNames.join(', ')}`, 'choose one with --context DIR')
  const unlike = build.unlike.filter((name) => declared.has(name))
  if (unlike.length > 0)
    note(
      `${unlike.join(', ')}: set differently in ${by}, so the default of the Dockerfile is used`,
      `choose with ${unlike.map((name) => `--build-arg ${name}=VALUE`).join(' ')}`,
    )
  const follows = (target: string | null, moves: Profile['ports']): boolean =>
    target === null || isBuilt(target, dockerfile, options) || saysPorts(target, dockerfile, output, moves)
  notes.push(...portNotes(build.services, profile?.ports ?? [], name, follows))
  if (!isLeftAsItIs({ verdict })) notes.push(...userNotes(build, user, stages.at(-1)?.userAfter ?? '', options))
  const planned = stages.map(({ index }) => index)
  if (options.policy.target === null)
    for (const target of build.targets.filter((name) => !isPlanned(name, dockerfile, planned)))
      note(`stage ${target}, built for ${by}, was not inspected`, `harden it with --target ${target}`)
  return notes
}

/** Children of an image that changes here. */
export function childNotes(
  { surroundings, target }: WorkItem,
  { result }: Pick<TargetOutcome, 'result'>,
): readonly ReportFinding[] {
  const children = surroundings?.children ?? []
  if (!result.changed || children.length === 0) return []
  const who = joinTruncated(children.map(({ by, line }) => `${by} (line ${line})`))
  const others = [...new Set(children.flatMap(({ by, isTarget }) => (isTarget === true ? [] : [by])))]
  const names = [target, ...others].map(shellQuoted).join(' ')
  return [
    targetFinding(
      'set-user',
      'note',
      `${who} ${children.length === 1 ? 'is' : 'are'} built on it, and ${children.length === 1 ? 'starts' : 'start'} from what changes here`,
      others.length === 0 ? null : `work on both at once: harden-image ${names}`,
    ),
  ]
}

/** Services that set a user: USER changes nothing for them. */
function userNotes(
  build: BuildSettings,
  chosen: ReportUser | null,
  written: string,
  { policy }: Options,
): readonly ReportFinding[] {
  const taken = serviceUser(build)
  if (taken !== null && policy.user === taken)
    return [
      note(`runs as ${taken}: taken from ${joinTruncated(build.users.map(({ by }) => by))}`, '--user says another one'),
    ]
  return build.users.flatMap(({ by, user }) => saysUser(by, user, chosen, written))
}

function saysUser(by: string, user: string, chosen: ReportUser | null, written: string): readonly ReportFinding[] {
  // A user with unknown numbers is written by name alone.
  if (chosen === null ? user.split(':')[0] === written : isSameUser(user, chosen)) return []
  if (/^(root|0)(:|$)/.test(user))
    return [
      targetFinding(
        'read-build',
        'todo',
        `${by} runs it as root (user: ${user}), whatever USER says`,
        choices('take user: out of it', 'keep root for it: # harden-image ignore=set-user reason=WHY above FROM'),
      ),
    ]
  return [
    note(
      `${by} runs it as ${user}, and not as USER says: what is given to the user of the image may be closed to it`,
      user.includes('$') ? '--arbitrary-uid makes it work with any user' : `--user ${user} gives it to that one`,
    ),
  ]
}

/** `user:` of a service, by name or number, with its group or without. */
function isSameUser(user: string, { name, uid, gid }: ReportUser): boolean {
  const [who = '', group] = user.split(':')
  const isGroup = group === undefined || group === String(gid) || (group !== '' && group === name)
  return isGroup && (who === String(uid) || (who !== '' && who === name))
}

/** How files of the repository run it, where that needs root, with the user that they set. */
export function runNotes(
  { surroundings, build }: WorkItem,
  { result: { verdict, user, findings, stages, output } }: Pick<TargetOutcome, 'result'>,
  { capAdd, policy }: Options,
): readonly ReportFinding[] {
  const all = surroundings?.runs ?? []
  // The result of an earlier run says the same again.
  const isOurs = verdict === 'unchanged' && output.includes('# harden-image: ')
  if (all.length === 0 || !(isComplete({ verdict }) || verdict === 'incomplete' || isOurs)) return []
  const notes: ReportFinding[] = []
  const built = all.find(({ builds }) => builds !== undefined)
  if (built !== undefined && user !== null)
    notes.push(
      targetFinding(
        'read-build',
        'todo',
        `${built.by} builds on it and runs ${built.builds} there, which works as its user from now on`,
        choices('say USER root above that there, and its user again behind what needs root', 'keep root for it'),
      ),
    )
  const runs = all.filter(({ builds }) => builds === undefined)
  const privileged = usualRun(runs, (run) => !rightsOf(run).every((name) => capAdd.includes(name)))
  if (privileged !== null) notes.push(lostRights(privileged))
  const withSocket = runs.find((run) => socketOf(run) !== null)
  const isSaid = findings.some(({ outcome, message }) => outcome !== 'note' && HOST_SOCKET.test(message))
  if (withSocket !== undefined && !isSaid)
    notes.push(
      targetQuestion(
        'read-build',
        'host-folder',
        `${withSocket.by} mounts ${socketOf(withSocket)}, which belongs to root on the host`,
        HOST_SOCKET_HINT,
      ),
    )
  // A document shows the device for machines that have it: there it is lost.
  const withDevice = runs.find(({ devices, groups }) => !groups && devices.some(isClosedDevice)) ?? null
  if (withDevice !== null && privileged === null)
    notes.push(
      targetQuestion(
        'read-build',
        'host-folder',
        `${withDevice.by} gives it ${withDevice.devices.find(isClosedDevice)}, which belongs to root or to a group of the host`,
        'run it with the group of that device (--group-add, group_add), by its number on the host',
      ),
    )
  const withHost = usualRun(runs, ({ mounts }) => mounts.some(mountsHost))
  if (withHost !== null && privileged === null)
    notes.push(
      targetQuestion(
        'read-build',
        'host-folder',
        `${withHost.by} mounts all files of the host: the user reads and writes there only what anybody may`,
        'mount only what it needs, or keep root for it: # harden-image ignore=set-user reason=WHY above FROM',
      ),
    )
  const others = runs.filter(({ kind, by }) => kind !== 'command' && build?.by.includes(by) !== true)
  const taken = podUser(runs)
  if (taken === null || policy.user !== taken)
    return [...notes, ...othersUsers(others, user, stages.at(-1)?.userAfter ?? '')]
  const pods = runs.flatMap(({ kind, by }) => (kind === 'pod' ? [by] : []))
  return [...notes, note(`runs as ${taken}: taken from ${joinTruncated(pods)}`, '--user says another one')]
}

/** Not a device that the engine gives to every container. */
function isClosedDevice(path: string): boolean {
  return !/^\/dev\/(fuse|net\/tun|null|zero|full|u?random|tty|nvidia\S*|shm)$/.test(path)
}

/** Each place that sets a user other than the chosen one, once. */
function othersUsers(runs: readonly ImageRun[], chosen: ReportUser | null, written: string): readonly ReportFinding[] {
  const users = new Set(runs.flatMap(({ user }) => user ?? []))
  return [...users].flatMap((user) =>
    saysUser(joinTruncated(runs.flatMap((run) => (run.user === user ? [run.by] : []))), user, chosen, written),
  )
}

/** A proof runs the original without these rights unless told otherwise, so no run shows whether the user can do without. */
function lostRights(run: ImageRun): ReportFinding {
  const rights = rightsOf(run)
  const isAll = rights.includes('ALL')
  const what = isAll ? 'all capabilities' : rights.join(', ')
  const flags = isAll ? '--cap-add NAME for each that it may need' : rights.map((name) => `--cap-add ${name}`).join(' ')
  return targetFinding(
    'read-build',
    'todo',
    `${run.by} gives it ${what}, which only root can use: cannot tell whether it works without`,
    choices(`prove it with ${flags}`, 'remove them there'),
  )
}

function isPlanned(target: string, { stages }: Dockerfile, planned: readonly number[]): boolean {
  const stage = stages.findLast(({ name }) => name === target.toLowerCase()) ?? stages[Number(target)]
  return stage === undefined || planned.includes(stage.index)
}

/** The stage is the one whose ports are told. */
function isBuilt(target: string, dockerfile: Dockerfile, { policy }: Options): boolean {
  const built = policy.target === null ? finalStage(dockerfile) : findStage(dockerfile, policy.target)
  return findStage(dockerfile, target)?.index === built?.index
}

/** Another stage whose ports moved too: its lines name the new ones, and did not before. */
function saysPorts(target: string, before: Dockerfile, output: string, moves: Profile['ports']): boolean {
  const textIn = (dockerfile: Dockerfile): string =>
    (findStage(dockerfile, target)?.instructions ?? []).map(wholeText).join('\n')
  const [old, now] = [textIn(before), textIn(parseDockerfile(output))]
  return moves.some(({ to }) => now.includes(String(to)) && !old.includes(String(to)))
}

function declaredArgs({ metaArgs, stages }: Dockerfile): ReadonlySet<string> {
  const args = [...metaArgs, ...stages.flatMap(({ instructions }) => instructions)].filter(
    ({ keyword }) => keyword === 'ARG',
  )
  return new Set(args.flatMap(({ words }) => words.map(({ value }) => value.split('=')[0] ?? '')))
}

/** Of ports that move: which Compose services publish them, and which are reached at them by other services alone. */
function portNotes(
  services: BuildSettings['services'],
  ports: Profile['ports'],
  target: string,
  follows: (stage: string | null, moves: Profile['ports']) => boolean,
): readonly ReportFinding[] {
  const moves = movesOf({ ports })
  if (moves.length === 0) return []
  const concerned = services.filter((service) => follows(service.target, moves))
  return concerned.map(({ by, file, ports: written }) => {
    const published = moves.filter((move) => written.some((port) => movedPort(port, { ports: [move] }, []) !== port))
    if (published.length === 0)
      return note(
        `${by} does not publish its port: other services of ${file} reach it at ${said(moves)}`,
        'change the port where they name it, or use --ports keep',
      )
    return note(
      `${by} publishes port ${said(published)}`,
      `harden-image profile ${shellQuoted(target)} --for compose --file ${shellQuoted(file)} shows the change, and -w makes it`,
    )
  })
}

function said(moves: Profile['ports']): string {
  return moves.map(({ from, to }) => `${from}, which is ${to} now`).join(', and ')
}

function note(message: string, hint: string): ReportFinding {
  return targetFinding('read-build', 'note', message, hint)
}
