import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { Remark } from '../plan/plan.ts'

/** Where s6-overlay looks for what it runs, and the variables that only it reads. Source: s6-overlay's README. */
const SERVICES = /^\/etc\/(s6-overlay|services\.d|cont-init\.d|cont-finish\.d|fix-attrs\.d)(\/|$)/
const VARIABLE = /^S6_[A-Z]/
/** What hands the container's environment on to a script is a part of it. */
const SCRIPT = /^#![^\n]*\/with-contenv\b/

/** Services for an init that a base image of which nothing is known brings along and starts as root. */
export function s6Remarks({ entries, copies, texts }: Shipped, { config, files }: ImageFacts): readonly Remark[] {
  if (files.known || argvOf(config).includes('/init')) return []
  const folder = [...entries.keys(), ...copies.map(({ destination }) => destination)].find((path) =>
    SERVICES.test(path),
  )
  const variable = [...config.env.keys()].find((name) => VARIABLE.test(name))
  const script = [...texts].find(([, text]) => SCRIPT.test(text))?.[0]
  const sign = folder ?? (variable === undefined ? script : `ENV ${variable}`)
  if (sign === undefined) return []
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${sign} is for s6-overlay, which the base image seems to start as root: whether it and its services start as another user is not known`,
      hint: 'run with --prove to see it; s6-overlay 3 starts without root when /run belongs to the user, services that switch user do not',
      about: 'FROM',
      evidence: [{ source: 'declared', subject: sign, detail: 'read by s6-overlay' }],
    },
  ]
}
