// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell text.
// Variables by which a start script lets people choose a uid: nobody but root can change to it.
import { expect, test } from '@jest/globals'
import { emptyConfig } from '../../src/image/config.ts'
import { createFileModel } from '../../src/image/file-index.ts'
import { findStepDowns } from '../../src/start/step-down.ts'

function told(script: string, env: Readonly<Record<string, string>> = {}): readonly string[] {
  const file = { type: 'file', uid: 0, gid: 0, mode: 0o755, size: 1, link: null } as const
  const files = createFileModel(new Map([['/start.sh', file]]), new Map([['/start.sh', `#!/bin/sh\n${script}\n`]]))
  const config = { ...emptyConfig, entrypoint: ['/start.sh'], env: new Map(Object.entries(env)) }
  return findStepDowns({ config, files: { known: true, value: files } }).toldIds.map(({ variable }) => variable)
}

test.each<[string, string[]]>([
  ['usermod -o -u "$PUID" abc; groupmod -o -g "$PGID" abc', ['PUID', 'PGID']],
  ['useradd --uid=${WHO} app', ['WHO']],
  ['adduser -D -u ${NUMBER:-1000} app', ['NUMBER']],
  ['A=${LOCAL_UID:-0}\nif [ "$A" = 0 ]; then A=65534; fi\nusermod -u $A app', ['LOCAL_UID']],
  ['B=${B:-${A:-1000}}\nusermod -u $B app', ['B', 'A']],
  ['A=$B\nB=$A\nusermod -u $A app', []],
  ['chown -R "$OWNER_UID:$OWNER_GID" /data', ['OWNER_UID', 'OWNER_GID']],
  ['exec gosu ${OWNER:-1000} server', ['OWNER']],
  ['change() { chown -R $RUN_UID /data; }\nchange\nexec su-exec $RUN_UID server', ['RUN_UID']],
])('%s is told %j', (script, found) => {
  expect(told(script)).toEqual(found)
})

test.each<[string, Record<string, string>?]>([
  ['chown -R app:app /data; exec gosu app server'],
  ['usermod -u 1000 app'],
  ['A=$(stat -c %u /data)\nusermod -u $A app'],
  ['chown -R $UID /data'],
  ['exec su-exec "$RUN_AS" server', { RUN_AS: 'web' }],
  ['chown -R $PG_USER /data', { PG_USER: 'postgres' }],
  ['useradd -d $HOME_DIR -c "$PUID" app'],
])('%s is told nothing', (script, env = {}) => {
  expect(told(script, env)).toEqual([])
})
