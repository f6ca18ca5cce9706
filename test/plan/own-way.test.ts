import { describe, expect, test } from '@jest/globals'
import { ownWayOf, ownWayOfRefusal } from '../../src/plan/step-down/own-way.ts'

const ofHelp = (text: string): string => ownWayOf({ program: 'server', text })?.words.join(' ') ?? ''

describe('the option by which a program starts without root, in its help', () => {
  test.each<[string, string]>([
    // chronyd
    ["  -u USER\tSpecify user (_chrony)\n  -U\t\tDon't check for root\n  -x\t\tDon't control clock", '-U'],
    ['  --no-root-check        skip the test of who runs it', '--no-root-check'],
    ['  -n, --unprivileged     run as an unprivileged user', '--unprivileged'],
    ['  --rootless             needs no new privileges', '--rootless'],
    ['  -R   do not require root privileges', '-R'],
    ['  --no-drop   run without dropping privileges', '--no-drop'],
    ["  -k, --keep-user\n        don't change the user id after the start", '--keep-user'],
    ['    --skip-uid-check   go on whoever it is', '--skip-uid-check'],
    ['  -S, --single   Allow running as non-root user (single user mode)', '--single'],
    ['  --ignore-uid   ignore the effective user check\n  --debug   say more', '--ignore-uid'],
  ])('%j', (help, option) => {
    expect(ofHelp(help)).toBe(option)
  })

  test.each<string>([
    // The opposite: who is root all the same.
    '  --allow-root   allow running as root',
    '  --run-as-root  do not check for a user',
    '  -f  permit it to run as the root user',
    "  --strict   don't run as root",
    '  --no-root  refuse to run as root',
    '  --safe     exit if it is not run as an unprivileged user: abort when uid is 0',
    // Whom it becomes
    '  -u USER    run as this unprivileged user',
    '  --user=NAME  drop root privileges to NAME',
    '  -u, --uid <id>  run without root, as this uid',
    '  -d   drop privileges to nobody',
    // Something else
    '  -r   path of the document root',
    "  -n   don't run as a daemon",
    "  --no-check   don't check the configuration",
    '  --without-privileges-table  skip it: the table is not read',
    '  --no-sandbox   disable the sandbox',
    '  -C DIR  change the root folder, without a check',
    'It must be run as root.',
    '',
    // More than one would do
    "  -U  Don't check for root\n  --unprivileged  run without root",
  ])('is not in %j', (help) => {
    expect(ofHelp(help)).toBe('')
  })

  test('names the line it is from', () => {
    expect(ownWayOf({ program: 'chronyd', text: "  -U\t\tDon't check for root" })?.said).toBe(
      "the help of chronyd names the option: -U Don't check for root",
    )
  })
})

describe('the option that a refusal names', () => {
  test.each<[string, string]>([
    ['server: must be run as root. Use --allow-non-root to override.', '--allow-non-root'],
    ['You need to be root to run this (pass -U to skip this check)', '-U'],
    ['fatal: root privileges required\nUse "--unprivileged" to run without them', '--unprivileged'],
    ['must be root, or use --rootless', '--rootless'],
    ['must be root, unless started with --no-root-check', '--no-root-check'],
  ])('%j', (said, option) => {
    expect(ownWayOfRefusal('server', said)?.words.join(' ') ?? '').toBe(option)
  })

  test.each<string>([
    'must be root; use -u to specify a user to switch to',
    'must be root: use --user=NAME to choose who it becomes',
    'do not run as root; use --allow-root to override',
    'need root privileges, see --help',
    'must be root, use --config FILE',
    'must be root',
  ])('is none in %j', (said) => {
    expect(ownWayOfRefusal('server', said)).toBeNull()
  })
})
