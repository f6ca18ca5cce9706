import { shellWord } from '../src/borders/dockerfile.ts'
import type { Dockerfile } from '../src/dockerfile/model.ts'
import { groupLine, passwdLine } from '../src/plan/account/account-ids.ts'
import { type AccountChoice, decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'
import { copyText, reason, runStep } from './edits/lines.ts'
import { insertLines, placeOf } from './edits/placement.ts'

export const createUser: Transform = {
  name: 'create-user',
  summary: 'Create the account that the program runs as.',
  needs: ['prefer-vendor', 'build-as-root'],
  *run(dockerfile, { stage, plan }) {
    for (const account of decided(plan, 'make-account')) {
      const who = `${account.name} (${account.uid}:${account.gid})`
      const why = account.evidence.map((item) => item.detail).join(', ')
      const lines = [...reason(`${who}: ${why}`), ...stepsFor(dockerfile, account)]
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `${who} is created: ${why}`,
        problem: `${why}; ${who} would be created`,
        evidence: account.evidence,
        edits: [insertLines(dockerfile, placeOf(dockerfile, stage, plan.end, 'make-account'), lines)],
      }
    }
  },
}

function stepsFor(dockerfile: Dockerfile, account: AccountChoice): readonly string[] {
  const name = shellWord(account.name)
  const { uid, gid } = account
  const home = shellWord(account.home)
  switch (account.creation) {
    case 'useradd':
      return runStep(dockerfile, [
        ...(account.createGroup ? [[`groupadd --gid ${gid} ${name}`]] : []),
        // Without -l a large uid writes a sparse lastlog that a layer does not keep sparse (FACTS 5).
        [
          ...['useradd', '--no-log-init', `--uid ${uid}`, `--gid ${gid}`, `--home-dir ${home}`, '--create-home'],
          ...['--shell /usr/sbin/nologin', name],
        ],
      ])
    case 'adduser':
      return runStep(dockerfile, [
        ...(account.createGroup ? [[`addgroup -g ${gid} ${name}`]] : []),
        [
          ...['adduser', '-D', `-u ${uid}`],
          ...(account.createGroup ? [`-G ${name}`] : gid === 0 ? ['-G root'] : []),
          ...[`-h ${home}`, '-s /sbin/nologin', name],
        ],
      ])
    case 'append':
      return runStep(dockerfile, [
        ...(account.createGroup ? [[`echo '${groupLine(account)}'`, '>> /etc/group']] : []),
        [`echo '${passwdLine(account)}'`, '>> /etc/passwd'],
        [`mkdir -p ${home}`],
        [`chown ${uid}:${gid} ${home}`],
      ])
    case 'copy':
      return [
        ...copyText(dockerfile, account.passwd ?? '', '/etc/passwd', ''),
        ...(account.createGroup ? copyText(dockerfile, account.group ?? '', '/etc/group', '') : []),
      ]
    case 'exists':
    case 'none':
      return []
  }
}
