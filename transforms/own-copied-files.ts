import { type Step, stageWalks } from '../src/dockerfile/index.ts'
import { normalisePath } from '../src/places.ts'
import { closedTo, noCode } from '../src/plan/grants/closed.ts'
import { copyOwner, decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { chownOf } from './edits/placement.ts'

export const ownCopiedFiles: Transform = {
  name: 'own-copied-files',
  summary: 'With --own copied, let COPY and ADD of the final stage give what they bring to the user.',
  needs: ['pin-account-id', 'create-user'],
  *run(dockerfile, { stage, plan }) {
    for (const account of decided(plan, 'own-copies')) {
      const owner = copyOwner(account)
      for (const step of stageWalks(dockerfile, () => NOT_KNOWN).own(stage.index)) {
        const { instruction } = step
        if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') continue
        // An owner that somebody has chosen stays, and so does what lies outside of the application.
        if (instruction.flags.some((flag) => flag.name === 'chown') || isSystemTarget(step)) continue
        yield {
          outcome: 'fixed',
          line: instruction.line,
          column: instruction.column,
          message: `${owner} owns what this ${instruction.keyword} copies (--own copied); a folder that exists already keeps its owner`,
          evidence: [{ source: 'given', subject: owner, detail: 'asked for with --own copied' }],
          edits: [chownOf(instruction, owner)],
        }
      }
    }
  },
}

const SYSTEM = /^\/(etc|usr\/(bin|sbin|lib|libexec|share|local\/(bin|sbin|lib|etc))|bin|sbin|lib|lib64)(\/|$)/

/** Programs and configuration of the system, and what root runs: who runs the service must not be able to replace them. */
function isSystemTarget({ instruction, words, workdir }: Step): boolean {
  const written = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
  const target = words.at(-1) ?? written.at(-1) ?? ''
  if (target === '/' || SYSTEM.test(target)) return true
  const path = target.startsWith('/') || workdir !== null ? normalisePath(target, workdir ?? '/') : null
  return path !== null && (SYSTEM.test(path) || closedTo({ path, kind: 'own-directory' }, noCode) !== null)
}

const NOT_KNOWN = { known: false, reason: 'what a base image sets is not asked for' } as const
