import { expect, test } from '@jest/globals'
import type { Operation } from '../../../src/evidence/operation.ts'
import { compare } from '../../../src/proof/checks/index.ts'
import { mayRefuseRoot, refusesOthers, switchNotTried } from '../../../src/proof/needs-root.ts'
import type { Tried } from '../../../src/proof/tried.ts'
import { files } from '../../plan/image.ts'
import { ended, http, operation, record, running, traced } from '../support/records.ts'

const baseline = record({ answers: [http(80)] })

function round(logs: string, state = ended(1), withTrace = true): Tried {
  const run = record({ state, logs, answers: state.running ? [http(80)] : [] })
  return {
    hardened: { plan: { stages: [] } },
    image: '',
    moved: new Map(),
    workdir: '/',
    run: { record: run, comparison: compare(baseline, run, new Map()), traced: withTrace ? traced([]) : null },
    failure: null,
  } as unknown as Tried
}

const nothing = { scripts: [], files: null, refused: [] }

test.each([
  'smtpd: need root privileges',
  'This program must be run as root',
  'you need to be root to do that',
  'fatal: superuser privileges required',
  'only root can start it',
  'jobd: cannot be started unless by root, which is required',
])('a program that says: %s', (line) => {
  expect(refusesOthers(round(`starting\n${line}\n`), nothing)).toContain(line)
})

test.each<[string, Tried, readonly Operation[]]>([
  ['it was refused something', round('need root'), [operation('write', '/run/x', { outcome: 'refused' })]],
  ['it works', round('need root', running), []],
  ['it ends as it should', round('need root', ended(0)), []],
  ['nobody watched what it was refused', round('need root', ended(1), false), []],
  ['it speaks of something else', round('cannot read the zone of the root servers'), []],
  ['it is root that it does not want', round('you should not run this as root'), []],
  ['it wants an option, and not root', round('can not run as root without the -u option'), []],
  ['it takes root for the user that an option names', round('jobd: Must be root to switch users.'), []],
  ['it takes root for an option', round('jobd: you must be root to use --user'), []],
])('not where %s', (_, current, refused) => {
  expect(refusesOthers(current, { ...nothing, refused })).toBeNull()
})

test('not where a start script says it', () => {
  const said = { ...files('-rwxr-xr-x 0:0 /start.sh'), text: () => 'echo "must be run as root"; exit 1' }
  const scripts = ['/start.sh']
  expect(refusesOthers(round('must be run as root'), { ...nothing, scripts, files: said })).toBeNull()
  expect(refusesOthers(round('server: must be run as root'), { ...nothing, scripts, files: said })).not.toBeNull()
})

test('before it counts as what it cannot do without, it counts as a switch of user that was refused', () => {
  expect(switchNotTried(round('jobd: Must be root to switch users.'), nothing)).toMatchObject([
    { access: 'switch-user', outcome: 'refused', detail: 'refused: jobd: Must be root to switch users.' },
  ])
  expect(switchNotTried(round('jobd: Must be root to switch users.', running), nothing)).toEqual([])
})

test.each<[string, number, boolean]>([
  ['ERROR: You should not run icecast2 as root', 1, true],
  ["Prosody doesn't need to be run as root, so don't do it!", 1, true],
  ['If you are sure that you need to run as root then pass --runasroot', 1, true],
  ["ERROR: This server won't run as root/superuser", 1, true],
  ['refusing to start with uid 0', 1, true],
  ['cannot read /root/x', 1, false],
  ['server: bad configuration', 1, false],
  ['do not run this as root', 0, false],
])('an original that may refuse root: %s (exit %d)', (logs, exitCode, expected) => {
  expect(mayRefuseRoot(record({ state: ended(exitCode), logs }))).toBe(expected)
  expect(mayRefuseRoot(record({ state: running, logs }))).toBe(false)
})
