import { describe, expect, test } from '@jest/globals'
import { harden } from '../../src/app/harden-text.ts'
import { invocationOf, invocationsIn, isInterpreter, isStarter, programsIn, programsOf } from '../../src/shell/index.ts'

const words = (text: string) => text.split(' ').map((value) => ({ text: value, value }))

const STARTERS = [
  'dumb-init -r 15:3',
  'tini -p SIGTERM --',
  'docker-init -s',
  'nice -n 5',
  'nice --adjustment=5',
  'timeout 60',
  'timeout -k 5 -- 60',
  'ionice -c 3',
  'chrt -f 10',
  'taskset 0x1',
  'numactl -N 0',
  'stdbuf -o L',
  'env -u X A=b',
  'setsid',
  'nohup',
  'chroot /srv',
  'chroot --userspec app /srv',
  'strace -f -o /dev/null',
  'sudo -E',
  'sudo -u app',
  'setpriv --no-new-privs',
  'setpriv --reuid app --clear-groups',
  'chpst -o 1024',
  'doas -u app',
  'watch -n 5',
  'nsenter -t 1 -m',
  'flock -n /run/lock/x',
  'gosu app',
  'xvfb-run -s -ac',
  'exec -a name',
  'tini -- nice -n 5 gosu app env A=b',
]

describe.each(STARTERS)('behind %s', (starter) => {
  test('the program is found, and is no argument', () => {
    const { words: started, via } = invocationOf(words(`${starter} /usr/sbin/sshd -D`))
    expect(started.map(({ value }) => value)).toEqual(['/usr/sbin/sshd', '-D'])
    expect(via[0]).toBe(starter.split(' ')[0])
  })

  test.each(['/usr/sbin/sshd -D', 'cron -f'])(
    '%s still needs root, in the exec form as in the shell form',
    (server) => {
      const of = (cmd: string) =>
        harden({ dockerfile: `FROM debian:12\nRUN apt-get install -y openssh-server cron\nCMD ${cmd}\n` }).verdict
      expect(of(JSON.stringify(`${starter} ${server}`.split(' ')))).not.toBe('rewritten')
      expect(of(`${starter} ${server}`)).not.toBe('rewritten')
    },
  )
})

describe('a program that only looks like a starter of another', () => {
  test.each([
    ['bundle install', 'bundle'],
    ['set -e', 'set'],
    ['gosu --version', 'gosu'],
    ['time-server run', 'time-server'],
    ['constructor x', 'constructor'],
  ])('%s', (command, program) => {
    expect(invocationOf(words(command), { runners: true }).words[0]?.value).toBe(program)
  })
})

test.each([
  ['su', 'root', '-c'],
  ['su', '-c'],
  ['su', '-', 'app', '-s', '/bin/sh', '-c'],
  ['runuser', '-u', 'app', '-c'],
  ['env', '-i', 'A=b', '-S'],
  ['script', '-q', '-c'],
  ['flock', '/run/lock/x', '-c'],
])('the text that %s is given is looked into', (...words) => {
  expect(programsIn(['tini', '--', ...words, 'cd /srv; cron -f'])).toEqual(['tini', words[0], 'cd', 'cron'])
  const dockerfile = `FROM debian:12\nRUN apt-get install -y cron\nCMD ${JSON.stringify([...words, 'cron -f'])}\n`
  expect(harden({ dockerfile }).verdict).not.toBe('rewritten')
})

test('an option of the command itself is none of what starts it', () => {
  expect(programsIn(['env', 'A=b', 'app', '-S', 'cron -f'])).toEqual(['env', 'app'])
  expect(programsIn(['flock', '/x', 'app', '-c', 'cron -f'])).toEqual(['flock', 'app'])
})

test('what a language runs its programs by counts as the program, unless it is asked for', () => {
  for (const runner of ['npx', 'bundle exec', 'poetry run', 'python3 -u', 'python3.12 -m']) {
    expect(programsIn(`${runner} serve`.split(' '))).toEqual([runner.split(' ')[0]])
    expect(invocationOf(words(`${runner} serve`), { runners: true }).words[0]?.value).toBe('serve')
  }
})

test('the text of sh -c is taken apart as a shell does it: quotes, branches and assignments', () => {
  const text = 'if [ -f /x ]; then A="b; c" exec nginx -g "daemon off;"; fi; cron'
  expect(programsIn(['tini', '--', 'sh', '-ec', text])).toEqual(['tini', '[', 'exec', 'nginx', 'cron'])
})

test('a text that no shell can read still names what stands where commands do', () => {
  expect(programsIn(['sh', '-c', 'cron && if'])).toEqual(['cron', 'if'])
})

test.each(['-c', '-ce', '-ec', '-euxo pipefail -c', '--login -c'])('sh %s reads a text', (options) => {
  const argv = ['sh', ...options.split(' '), 'cron -f']
  expect(programsIn(argv)).toEqual(['cron'])
  const dockerfile = `FROM debian:12\nRUN apt-get install -y cron\nCMD ${JSON.stringify(argv)}\n`
  expect(harden({ dockerfile }).verdict).not.toBe('rewritten')
})

test('a script takes the place of the shell that runs it, also of one in busybox', () => {
  expect(programsIn(['bash', '-o', 'pipefail', '/srv/start.sh', '-c'])).toEqual(['start.sh'])
  expect(programsIn(['busybox', 'sh', '/srv/start.sh'])).toEqual(['start.sh'])
  expect(programsIn(['busybox', 'httpd', '-f'])).toEqual(['httpd'])
})

test('what a variable decides is no program', () => {
  expect(programsIn(['sh', '-c', 'exec "$@"'])).toEqual(['exec'])
  expect(invocationsIn([]).flatMap(({ words }) => words)).toEqual([])
})

test('ENTRYPOINT and CMD are two commands', () => {
  expect(programsOf({ entrypoint: ['tini', '--'], cmd: ['cron', '-f'] })).toEqual(['tini', 'cron'])
})

test('interpreters are known with their versions, and starters by name', () => {
  expect(['python3.12', 'beam.smp', 'php-fpm8.2', 'tclsh8.6', 'sh'].filter((name) => !isInterpreter(name))).toEqual([])
  expect(['pythond', 'gopher', 'Rscriptd'].filter(isInterpreter)).toEqual([])
  expect(['tini', 'sudo', 'env', 's6-svscan', 'busybox'].filter((name) => !isStarter(name))).toEqual([])
  expect(['nginx', 'npx'].filter(isStarter)).toEqual([])
})
