import type { StepDownReport } from '../image/step-down.ts'
import type { Remark } from '../plan/plan.ts'

/** Measured: their init scripts start the server as whoever runs them. */
const PLAIN = /^(nginx|apache2|php[\d.]*-fpm)$/

/** `service redis-server start`: most init scripts ask for root, or switch to the account of their package. */
export function initRemarks({ launches }: Pick<StepDownReport, 'launches'>): readonly Remark[] {
  return launches
    .filter(({ byInit, words: [name = ''] }) => byInit === true && name !== '' && !PLAIN.test(name))
    .map(({ path, line, words: [name = ''] }) => ({
      outcome: 'todo',
      transform: 'set-command',
      message: `the init script of ${name} is started${path === null ? '' : ` in ${path} line ${line}`}, and most of them work for root only`,
      hint: `start ${name} itself, in the foreground or with & behind it`,
      about: 'CMD',
      evidence: [{ source: 'declared', subject: name, detail: `service ${name} start` }],
    }))
}
