import type { Step } from '../src/dockerfile/index.ts'
import { normalisePath } from '../src/places.ts'
import { closedTo } from '../src/plan/grants/closed.ts'
import { type ImageCode, noCode } from '../src/plan/grants/image-code.ts'
import { copyOwner, decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { chownOf } from './edits/placement.ts'
import { stepsOf } from './paths/steps.ts'

export const ownCopiedFiles: Transform = {
  name: 'own-copied-files',
  summary: 'With --own copied, let COPY and ADD of the final stage give what they bring to the user.',
  needs: ['pin-account-id', 'create-user'],
  *run(dockerfile, { stage, plan }) {
    for (const account of decided(plan, 'own-copies')) {
      const owner = copyOwner(account)
      for (const step of stepsOf(dockerfile, stage)) {
        const { instruction } = step
        if (instruction.keyword !== 'COPY' && instruction.keyword !== 'ADD') continue
        // An owner that somebody has chosen stays, and so does what lies outside of the application.
        if (instruction.flags.some((flag) => flag.name === 'chown') || isSystemTarget(step)) continue
        const closed = whySearched(step, account.code ?? noCode)
        yield {
          outcome: closed === null ? 'fixed' : 'todo',
          line: instruction.line,
          column: instruction.column,
          message:
            closed === null
              ? `${owner} owns what this ${instruction.keyword} copies (--own copied); a folder that exists already keeps its owner`
              : `${owner} does not own what this ${instruction.keyword} copies (--own copied): ${closed}`,
          ...(closed === null
            ? {}
            : { hint: 'copy it to a folder that is not searched; --unsafe gives it all the same' }),
          evidence: [{ source: 'given', subject: owner, detail: 'asked for with --own copied' }],
          edits: closed === null ? [chownOf(instruction, owner)] : [],
        }
      }
    }
  },
}

const SYSTEM = /^\/(etc|usr\/(bin|sbin|lib|libexec|share|local\/(bin|sbin|lib|etc))|bin|sbin|lib|lib64)(\/|$)/

/** Programs and configuration of the system, and what root runs: who runs the service must not be able to replace them. */
function isSystemTarget(step: Step): boolean {
  const path = targetOf(step)
  return (
    path !== null && (path === '/' || SYSTEM.test(path) || closedTo({ path, kind: 'own-directory' }, noCode) !== null)
  )
}

function targetOf({ instruction, words, workdir }: Step): string | null {
  const written = instruction.json?.map((item) => item.value) ?? instruction.words.map((word) => word.value)
  const target = words.at(-1) ?? written.at(-1) ?? ''
  return target.startsWith('/') || workdir !== null ? normalisePath(target, workdir ?? '/') : null
}

/** Why what it brings is code of root's by the environment of the image; null where it is not. */
function whySearched(step: Step, code: ImageCode): string | null {
  const path = targetOf(step)
  return path === null ? null : (closedTo({ path, kind: 'own-file' }, code)?.reason ?? null)
}
