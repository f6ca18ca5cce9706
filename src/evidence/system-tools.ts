import type { StepDownReport } from '../image/step-down.ts'
import { baseName } from '../places.ts'
import type { Remark } from '../plan/plan.ts'

/** They change what belongs to the system, whoever they work for. Source: their man pages, section 8. */
const TOOLS =
  /^(update-(ca-certificates|ca-trust|alternatives|locale|rc\.d|initramfs)|ldconfig|locale-gen|dpkg-reconfigure|dpkg-divert|mknod|depmod|modprobe|insmod|swapon|losetup|mkfs(\.\w+)?)$/

/** What prepares the system at each start, which is root's: it fails then, or what follows lacks it. */
export function systemTools({ launches }: Pick<StepDownReport, 'launches'>): readonly Remark[] {
  const found = launches.filter(
    ({ conditional, words: [program = ''] }) => !conditional && TOOLS.test(baseName(program)),
  )
  return [...new Map(found.map((launch) => [baseName(launch.words[0] ?? ''), launch])).entries()].map(
    ([tool, { path, line, words }]) => ({
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${tool} changes the system at start${path === null ? '' : ` (${path} line ${line})`}, which only root may`,
      hint: `let a RUN do it; what is known at the start alone (a mounted certificate) the program itself can be told of`,
      about: 'CMD',
      evidence: [{ source: 'declared', subject: tool, detail: words.join(' ').trim() }],
    }),
  )
}
