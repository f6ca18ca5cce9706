import type { Options as Flag } from 'yargs'
import { ENGINE_NAMES } from '../engine/kinds.ts'
import { PROFILE_PLATFORMS } from '../manifests/profile.ts'
import { engines, messageOf, settings } from '../repository/settings.ts'
import type { UsernsRequest } from '../userns/facts.ts'
import {
  type Clean,
  type Completion,
  checkReference,
  choice,
  type Explain,
  type Init,
  type Lsp,
  list,
  type Parsed,
  type Plugin,
  type ProfileRequest,
  text,
  usage,
  type Verify,
  type Work,
  wordOf,
  workRequest,
} from './request.ts'

export const profileExamples: [string, string][] = [
  ['$0 profile nginx:latest --for docker', 'the line that runs it; is --user alone enough?'],
  ['$0 profile nginx:latest --for docker --prove --build', 'shown by runs, and the image that it runs is built'],
  ['$0 profile redis:7 --for compose --file compose.yaml', 'as a diff; -w writes it'],
  ['$0 profile . --for kubernetes --file k8s/app.yaml --image registry.example/app:1', 'a Dockerfile of yours'],
]

/** `profile TARGET --for …`. Throws HardenError `bad-usage`. */
export function profileRequest(parsed: Parsed, positionals: readonly string[]): Work {
  const profile: ProfileRequest = {
    platform: platformOf(parsed),
    image: text(parsed, 'image'),
    files: list(parsed, 'file'),
    service: text(parsed, 'service'),
    container: text(parsed, 'container'),
  }
  const request = workRequest('profile', parsed, positionals)
  checkTogether(profile, request)
  return { ...request, profile }
}

function platformOf(parsed: Parsed): ProfileRequest['platform'] {
  const value = choice(parsed, 'for', PROFILE_PLATFORMS)
  if (value === null)
    throw usage('profile needs to know what for', `add --for and one of ${PROFILE_PLATFORMS.join(', ')}`)
  return value
}

function checkTogether({ platform, files, service, container, image }: ProfileRequest, { write }: Work): void {
  if (files.length > 0 && platform === 'docker')
    throw usage('--file is a Compose file or a manifest', 'use --for compose or --for kubernetes')
  if (files.length === 0 && write)
    throw usage('--write changes a file that --file names, and none is named', 'add --file FILE')
  if (service !== null && (platform !== 'compose' || files.length === 0))
    throw usage('--service names a service of a Compose file', 'add --for compose --file FILE')
  if (container !== null && (platform !== 'kubernetes' || files.length === 0))
    throw usage('--container names a container of a manifest', 'add --for kubernetes --file FILE')
  const twice = files.find((file, index) => files.indexOf(file) !== index)
  if (twice !== undefined) throw usage(`--file ${twice} is given twice`)
  if (image !== null) checkReference('--image', image)
}

export const reviewExamples: [string, string][] = [
  ['$0 review', 'all below this folder, in a browser: accept and reject, then write'],
  ['$0 review services/ --prove', 'with the proofs of each beside its changes'],
  ['$0 review --port 8200', 'where a tunnel leads to: ssh -L 8200:127.0.0.1:8200 HOST'],
  ['$0 -i services/', 'the same on the terminal, as git add -p'],
]

/** `review [TARGET..]`. Throws HardenError `bad-usage`. */
export function reviewRequest(parsed: Parsed, targets: readonly string[]): Work {
  const { port = null } = parsed
  if (port !== null && !(Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535))
    throw usage(`--port takes a port, not ${JSON.stringify(port)}`)
  const choose = { by: 'page', port: port === null ? null : Number(port) } as const
  return { ...workRequest('harden', parsed, targets), write: true, choose }
}

const actions = ['check', 'plan', 'apply', 'revert'] as const

export const usernsExamples: [string, string][] = [
  ['$0 userns check', 'is root in a container root on this host? what would break?'],
  ['$0 userns plan | sudo patch -p1 -d /', 'the same as apply, without its backup'],
  ['sudo $0 userns apply', 'daemon.json, subuid and subgid; dockerd is not restarted'],
  ['sudo $0 userns apply --user build:build', "with the sub ids of the host's account build"],
  ['sudo $0 userns revert', 'every byte as it was'],
  ['$0 userns plan --root /mnt/image', 'for a system that is mounted there'],
]

/** `userns ACTION`. Throws HardenError `bad-usage`. */
export function usernsRequest(parsed: Parsed, positionals: readonly string[]): UsernsRequest {
  const action = alone('userns', 'an action', actions, positionals)
  const user = text(parsed, 'user')
  if (user !== null && action !== 'plan' && action !== 'apply') {
    throw usage(`--user is for plan and apply, not for ${action}`, 'leave it out')
  }
  return {
    kind: 'userns',
    action,
    user,
    root: text(parsed, 'root'),
    config: text(parsed, 'config'),
    engine: choice(parsed, 'engine', ['auto', 'docker', 'none']) === 'none' ? 'none' : 'auto',
    format: choice(parsed, 'format', ['text', 'json']) ?? 'text',
  }
}

export const verifyExamples: [string, string][] = [
  ['$0 --prove --build -t app:1 --attest evidence/ Dockerfile', 'writes the statements'],
  ['$0 verify evidence/ --image app:1', 'do they say of this image that it passed, and the same as the report?'],
  ['cosign verify-attestation … | $0 verify - --image registry.example/app:1', 'those that were signed'],
]

/** `verify STATEMENT.. --image IMAGE`. Throws HardenError `bad-usage`. */
export function verifyRequest(parsed: Parsed, statements: readonly string[]): Verify {
  const image = text(parsed, 'image')
  if (statements.length === 0) throw usage('verify needs statements', 'name the folder that --attest has written')
  if (statements.includes('')) throw usage('a statement is empty', 'is a variable not set?')
  if (image === null) throw usage('verify needs the image that they are to be about', 'add --image IMAGE')
  checkReference('--image', image)
  const platform = text(parsed, 'platform')
  const wrong = platform === null ? null : settings.platform.form.check(platform)
  if (wrong !== null) throw usage(`--platform ${messageOf(wrong)}`)
  return {
    kind: 'verify',
    statements,
    image,
    engine: choice(parsed, 'engine', engines) ?? 'auto',
    offline: parsed.offline === true,
    platform,
    format: choice(parsed, 'format', ['text', 'json']) ?? 'text',
  }
}

export const explainExamples: [string, string][] = [
  ['$0 explain set-user', 'what a finding of that name means, and what to do'],
  ['$0 explain', 'all names'],
]

/** `explain [NAME]`. Throws HardenError `bad-usage`. */
export function explainRequest([name = null, extra]: readonly (string | null)[]): Explain {
  if (extra !== undefined) throw usage(`explain takes one name, but got ${extra} too`)
  return { kind: 'explain', name }
}

const shells = ['bash', 'zsh', 'fish'] as const

export const completionExamples: [string, string][] = [
  ['eval "$($0 completion bash)"', 'in ~/.bashrc; zsh takes it in ~/.zshrc, after compinit'],
  ['$0 completion fish > ~/.config/fish/completions/harden-image.fish', 'once'],
]

/** `completion SHELL`. Throws HardenError `bad-usage`. */
export function completionRequest(positionals: readonly string[]): Completion {
  return { kind: 'completion', shell: alone('completion', 'a shell', shells, positionals, 'does not know') }
}

const pluginActions = ['install', 'remove'] as const

export const pluginExamples: [string, string][] = [
  ['$0 plugin install', 'docker harden does the same then, and docker help lists it'],
  ['docker harden --check .', ''],
]

/** `plugin ACTION`. Throws HardenError `bad-usage`. */
export function pluginRequest(positionals: readonly string[]): Plugin {
  return { kind: 'plugin', action: alone('plugin', 'an action', pluginActions, positionals, 'does not know') }
}

/** The one word that a verb takes. Throws HardenError `bad-usage`. */
function alone<Name extends string>(
  verb: string,
  what: string,
  names: readonly Name[],
  [word, extra]: readonly string[],
  refusal?: 'does not know',
): Name {
  const found = wordOf(verb, what, names, word, refusal)
  if (extra !== undefined) throw usage(`${verb} ${found} takes no target, but got ${extra}`)
  return found
}

export const lspExamples: [string, string][] = [
  ['$0 lsp', 'how an editor starts it; docs/how-to/editors.md has the lines for VS Code, Neovim, Zed and Helix'],
  ['$0 lsp --own workdir --comments short', 'the same, with settings for all that is open'],
]

/** `lsp`. Throws HardenError `bad-usage`. */
export function lspRequest(parsed: Parsed, [extra]: readonly string[]): Lsp {
  if (extra !== undefined) throw usage(`lsp takes no target, but got ${extra}`, 'the editor says what is open')
  return { kind: 'lsp', work: workRequest('harden', parsed, []) }
}

export const initExamples: [string, string][] = [
  ['$0 init', 'writes .harden-image.yaml with every setting as a comment, and never over one'],
  ['$0 init services/', 'for the Dockerfiles below services/ alone'],
]

/** `init [FOLDER]`. Throws HardenError `bad-usage`. */
export function initRequest([folder = '.', extra]: readonly string[]): Init {
  if (folder === '') throw usage('the folder is empty', 'is a variable not set?')
  if (extra !== undefined) throw usage(`init takes one folder, but got ${extra} too`)
  return { kind: 'init', folder }
}

export const cleanFlags = {
  'dry-run': { type: 'boolean', describe: 'list what would be removed, and remove nothing' },
  all: {
    type: 'boolean',
    describe:
      'also what runs in other containers or before the last boot left, even if they may still be running, the temporary folders of other users, and the images that proofs keep for the next ones',
  },
  engine: { type: 'string', requiresArg: true, describe: `auto | ${ENGINE_NAMES.join(' | ')} | none (default auto)` },
} as const satisfies Record<string, Flag>

export const cleanExamples: [string, string][] = [
  ['$0 clean', 'what killed runs have left: on the engine, in the temporary folder, below this folder'],
  ['$0 clean --dry-run', 'the same, only listed'],
  ['$0 clean services/ --engine none', 'half-written files below a folder, without asking an engine'],
  ['$0 clean --all', 'also what other hosts have left on a shared engine'],
]

/** `clean [FOLDER..]`. Throws HardenError `bad-usage`. */
export function cleanRequest(parsed: Parsed, folders: readonly string[]): Clean {
  return {
    kind: 'clean',
    folders: folders.length === 0 ? ['.'] : folders,
    dryRun: parsed['dry-run'] === true,
    all: parsed.all === true,
    engine: choice(parsed, 'engine', engines) ?? 'auto',
  }
}
