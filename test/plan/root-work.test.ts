import { expect, test } from '@jest/globals'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import { rootWork } from '../../src/plan/step-down/root-work.ts'

function work(run: string): string | null {
  const instruction = parseDockerfile(`FROM scratch\nRUN ${run}\n`).stages[0]?.instructions[0]
  return instruction === undefined ? null : rootWork(instruction, (owner) => owner === 'app')
}

test.each<[string, string]>([
  ['apt-get update && apt-get install -y git', 'runs apt-get update'],
  ['npm ci && apk add --no-cache git', 'runs apk add'],
  ['dnf -y install git', 'runs dnf install'],
  ['dpkg -i /tmp/a.deb', 'runs dpkg -i'],
  ['useradd x', 'runs useradd'],
  ['chown root x', 'runs chown root x'],
  ['chown -R app:app /srv', 'runs chown app:app /srv'],
  ['echo x > /etc/x', 'writes /etc/x'],
  ['mkdir -p /data', 'makes /data'],
  ['ln -s /srv/x /usr/bin/x', 'writes /usr/bin/x'],
  ['["apt-get", "update"]', 'runs apt-get update'],
])('%s needs root', (run, reason) => {
  expect(work(run)).toBe(reason)
})

test.each([
  'npm ci',
  'sudo apt-get update',
  'apt-get download git',
  'chown app data',
  'chown -R app:app /home/app/data',
  'mkdir -p data /tmp/x /home/app/x /srv/app/x',
  'echo x > x',
  'cp /etc/x .',
  'dpkg --print-architecture',
  'echo "apt-get install"',
])('%s may work as another user', (run) => {
  expect(work(run)).toBeNull()
})
