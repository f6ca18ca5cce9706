// What each kind of command does: the one list that RUN lines, start scripts and scripts of a project are read by.
import { describe, expect, test } from '@jest/globals'
import { actionsOf, followFolders, parseShellScript, type ShellCommand, writtenBy } from '../../src/shell/index.ts'

function commandsIn(text: string): readonly ShellCommand[] {
  const script = parseShellScript(text)
  if (script.kind === 'unparsed') throw new Error(script.reason)
  return script.commands
}

/** The actions of a text but for what it starts: kind, tool and the words that they name. */
function done(text: string): readonly string[] {
  return commandsIn(text)
    .flatMap((command) => actionsOf(command))
    .filter(({ kind }) => kind !== 'starts')
    .map((action) =>
      Object.values(action)
        .flat()
        .flatMap((part) => {
          if (part === true) return []
          if (typeof part === 'string') return [part]
          return typeof part === 'object' && part !== null && 'text' in part ? [part.text] : []
        })
        .join(' '),
    )
}

describe('what a command does', () => {
  test.each<[string, readonly string[]]>([
    ['mkdir -pm 750 /a "$B"', ['makes mkdir /a "$B" 750']],
    ['install -d -o app --mode=700 /a', ['makes install /a 700 app']],
    ['install -m 644 a b /c', ['puts install -m a b /c 644']],
    ['cp -r a /b && mv a b /c', ['puts cp -r a /b', 'puts mv a b /c']],
    ['cp -t /c a', ['puts cp -t a /c']],
    ['rm -rf /a', ['removes rm /a']],
    ['rimraf a', ['removes rimraf a']],
    ['touch -d yesterday /a', ['writes touch /a']],
    ['echo a >> /b 2>&1', ['writes >> /b']],
    ['a | tee -a /b', ['writes tee /b']],
    ["sed -i 's/a/b/' /a /b", ['writes sed /a', 'writes sed /b']],
    ["sed -i -e 's/a/b/' /a", ['writes sed /a']],
    ["sed 's/a/b/' /a", []],
    ['chown -R app:app /a /b', ['hands-over chown app:app /a /b']],
    ['chown --reference=/a /b', ['hands-over chown /b']],
    ['exec chgrp app /b', ['hands-over chgrp app /b']],
    ['find /a -type d -exec chown app {} +', ['hands-over chown app /a']],
    ['chmod u+x /a', ['sets-mode chmod u+x /a']],
    ['setcap cap_net_raw+ep /a', ['sets-capabilities setcap cap_net_raw+ep /a']],
    ['setcap -r /a', ['sets-capabilities setcap /a']],
    ['useradd -u 7 app', ['changes-accounts useradd -u 7 app']],
    ['mount -t tmpfs none /a', ['mounts mount /a']],
    ['tar -xzf a.tgz -C /b', ['unpacks tar /b']],
    ['tar czf a.tgz /b', ['writes tar a.tgz']],
    ['unzip -q a.zip', ['unpacks unzip']],
    ['git clone -b main https://x.test/y.git /b/y', ['unpacks git /b/y']],
    ['curl -fsSLo /a https://x.test', ['writes curl /a']],
    ['ssh-keygen -f /k', ['writes ssh-keygen /k', 'writes ssh-keygen /k.pub']],
    ['cd /a; . ./env', ['changes-folder cd /a', 'sources ./env']],
    ['A=1; export B="$A"; A=1 true', ['sets A 1', 'sets B "$A"']],
    ['docker-gen a.tmpl /etc/b.conf', ['writes docker-gen /etc/b.conf']],
  ])('%s', (text, expected) => {
    expect(done(text)).toEqual(expected)
  })

  test('a switch of user, and what is started behind it', () => {
    const [command] = commandsIn('exec env A=b gosu app server -f') as [ShellCommand]
    const [starts, switches] = actionsOf(command)
    expect(starts).toMatchObject({
      kind: 'starts',
      via: ['exec', 'env', 'gosu'],
      words: [{ text: 'server' }, { text: '-f' }],
    })
    expect(switches).toMatchObject({ kind: 'switches-user', found: { tool: 'gosu', user: { value: 'app' } } })
  })
})

describe('what is written', () => {
  test.each<[string, readonly string[]]>([
    ['cp a /b', ['/b']],
    ['mv a /b/', ['a', '/b into']],
    ['git clone https://x.test/y.git /b/y', ['/b into']],
    ['tar xzf a.tgz', ['. into']],
  ])('%s', (text, expected) => {
    const written = commandsIn(text).flatMap((command) => actionsOf(command).flatMap(writtenBy))
    expect(written.map(({ path, into }) => `${path.text}${into ? ' into' : ''}`)).toEqual(expected)
  })
})

describe('the folder that a command works in', () => {
  test.each<[string, readonly (string | null)[]]>([
    ['cd /a; b', ['/', '/a']],
    ['(cd /a; b); c', ['/', '/a', '/']],
    ["sh -c 'cd /a; b'; c", ['/', '/', '/a', '/']],
    ['sh <<EOF\ncd /a\nb\nEOF\nc', ['/', '/', '/a', '/']],
    ['a "$(cd /b; pwd)"; c', ['/', '/b', '/', '/']],
    ['[ -d /a ] && cd /a; b', ['/', '/', null]],
    ['f() { a; }; f', [null, '/']],
  ])('%s', (text, expected) => {
    const folderOf = followFolders('/')
    expect(commandsIn(text).map((command) => folderOf(command))).toEqual(expected)
  })
})
