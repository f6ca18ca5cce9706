import { unwritable, unwritablePath, unwritableTarget, unwritableText } from '../borders/dockerfile.ts'
import { visibleLine } from '../borders/terminal.ts'
import type { Remark } from '../evidence/claim.ts'
import type { FileEdit } from '../evidence/file-edit.ts'
import { largestId } from '../image/accounts.ts'
import type { Healthcheck } from '../image/facts.ts'
import { choices } from '../words.ts'
import { isAccountName } from './account/account-ids.ts'
import { leave } from './leave.ts'
import { type AccountChoice, decided, type Grant, type StagePlan, type Tools } from './plan.ts'
import type { StageInput } from './stage-input.ts'
import { hasSed } from './tools.ts'

/**
 * The plan without texts that no line of a Dockerfile can hold. A path that cannot be written is not granted; where the account, a
 * command or an edit cannot be written, the stage stays as it is. Both become todos.
 */
export function withoutUnwritable(plan: StagePlan, input: StageInput): StagePlan {
  const why = whyNot(plan)
  if (why !== null) return { ...leave(input, 'unknown', why), remarks: [leftAlone(why)] }
  const refused = decided(plan, 'grant').filter((grant) => grantWhy(grant, plan) !== null)
  if (refused.length === 0) return plan
  return {
    ...plan,
    decisions: plan.decisions.filter(({ kind, value }) => kind !== 'grant' || !refused.includes(value)),
    remarks: [...plan.remarks, ...refused.map((grant) => notGranted(grant, grantWhy(grant, plan)))],
  }
}

function leftAlone(why: string): Remark {
  return {
    outcome: 'todo',
    transform: 'set-user',
    message: `stays as it is: ${why}`,
    hint: 'whoever made the image or the file has to change that first',
    evidence: [],
  }
}

/** Without a shell a file is made by a heredoc. */
function grantWhy({ path, kind }: Grant, { tools }: StagePlan): string | null {
  return tools.shell === false && kind === 'create-file' ? unwritableTarget(path) : unwritablePath(path)
}

function notGranted({ path, evidence }: Grant, why: string | null): Remark {
  return {
    outcome: 'todo',
    transform: 'own-writable-paths',
    message: `${visibleLine(path)} is not granted: ${why}`,
    hint: choices('bring it into the image under another name', 'bring it with the right owner'),
    evidence,
  }
}

/** The first text that cannot be written, and why, one clause; null where all of them can. */
function whyNot(plan: StagePlan): string | null {
  const { account, users, tools } = plan
  const initial = users?.initial
  const healthchecks = decided(plan, 'set-healthcheck')
  const words = [
    ...decided(plan, 'set-command').flatMap(({ entrypoint, cmd }) => [...(entrypoint ?? []), ...(cmd ?? [])]),
    ...healthchecks.flatMap(({ test }) => test ?? []),
  ]
  const found = [
    account === null ? null : accountWhy(account),
    initial?.known === true && !isUser(initial.value)
      ? said(`the user of the base image`, initial.value, 'it is no name of an account')
      : null,
    ...decided(plan, 'build-as-root').map(({ user }) => said('the user', user, unwritable(user))),
    ...decided(plan, 'number-user').map(({ text }) => said('the user', text ?? '', unwritable(text ?? ''))),
    ...decided(plan, 'set-env').flatMap(({ name, value }) => [
      /^[\w.-]+$/.test(name) ? null : said('the variable', name, 'its name is none that ENV takes'),
      said(`the value of ${name},`, value, unwritable(value)),
    ]),
    ...decided(plan, 'set-workdir').map(({ path }) => said('the folder', path, unwritablePath(path))),
    ...healthchecks.map(numbersWhy),
    // JSON can hold line breaks and invisible characters.
    ...words.map((word) => said('the word', word, unwritableText(word))),
    ...decided(plan, 'edit-file').map((edit) => said('the file', edit.path, unwritableEdit(edit, tools))),
  ]
  return found.find((why) => why !== null) ?? null
}

function numbersWhy({ test: _, ...numbers }: Healthcheck): string | null {
  const odd = Object.values(numbers).find((number) => !Number.isSafeInteger(number))
  return odd === undefined ? null : `the number ${odd} of the health check cannot be written into a Dockerfile`
}

function accountWhy({ name, home, uid, gid, passwd, group, text, creation }: AccountChoice): string | null {
  const isMade = creation !== 'exists' && creation !== 'none'
  const id = [uid, gid].find((one) => one > largestId)
  if (id !== undefined) return `the id ${id} is larger than ${largestId}, the largest that USER takes`
  if (isMade && !isAccountName(name)) return said('the account', name, 'it is no name that an account can have')
  return (
    said('the home', home, isMade ? unwritablePath(home) : null) ??
    said('the user', text ?? '', unwritable(text ?? '')) ??
    said('the text of', '/etc/passwd', unwritableText(passwd ?? '')) ??
    said('the text of', '/etc/group', unwritableText(group ?? ''))
  )
}

/** The form that USER and the engines accept: `name`, `10001:0`. Anything else could end the instruction. */
function isUser(text: string): boolean {
  return /^[\w.@+-]*(:[\w.@+-]+)?$/.test(text.trim()) && !/[\n\r]/.test(text)
}

function said(what: string, text: string, why: string | null): string | null {
  return why === null
    ? null
    : `${what} ${JSON.stringify(text.slice(0, 100))} cannot be written into a Dockerfile: ${why}`
}

/** Why a change cannot be written into a Dockerfile, as half a sentence; null where it can. */
function unwritableEdit({ path, substitutions, text = null }: FileEdit, tools: Tools): string | null {
  if (hasSed(tools)) {
    const scripts = substitutions.flatMap(({ pattern, replacement }) => [pattern, replacement])
    return unwritablePath(path) ?? scripts.map(unwritable).find((why) => why !== null) ?? null
  }
  return unwritableTarget(path) ?? (text === null ? null : unwritableText(text))
}
