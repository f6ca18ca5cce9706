// What a script of package.json does to files, where the start has npm run it.
import { describe, expect, test } from '@jest/globals'
import { scriptedWrites } from '../../src/evidence/working-folder.ts'
import { claimsOf, viewOf } from './view.ts'

function writtenBy(
  scripts: Readonly<Record<string, string>>,
  start = 'npm run deploy\nexec node a.js\n',
): readonly string[] {
  const view = viewOf({
    dockerfile: 'FROM node:22\nWORKDIR /app\nCOPY . .\nCMD ["./start.sh"]\n',
    context: {
      'package.json': JSON.stringify({ scripts }),
      'pages/old/a': '',
      'pages/new/a': '',
      'start.sh': { text: `#!/bin/sh\n${start}`, mode: 0o755 },
    },
  })
  return claimsOf(scriptedWrites, view).flatMap((claim) =>
    claim.kind !== 'path'
      ? []
      : [
          [
            claim.access,
            claim.path,
            ...(claim.tree === true ? ['tree'] : []),
            ...(claim.how === 'beside' ? ['beside'] : []),
            ...(claim.onlyIf === undefined ? [] : ['perhaps']),
          ].join(' '),
        ],
  )
}

describe('a script that the start runs', () => {
  test.each<[string, string, readonly string[]]>([
    ['makes a folder', 'mkdir -p out/a && node b.js', ['keep-state /app/out/a']],
    ['makes one with a mode', 'mkdir -m 755 out', ['keep-state /app/out']],
    ['makes a file', 'touch stamp', ['create-file /app/stamp beside']],
    ['copies a folder to a new one', 'cp -r pages/old pages/now', ['create-file /app/pages/now beside']],
    ['copies all of a folder', 'cp -r pages/old/* pages/now', ['keep-state /app/pages/now tree']],
    ['copies into a folder that is there', 'cp -r pages/old/. pages/new', ['keep-state /app/pages/new tree']],
    [
      'removes a folder that is there and makes it anew',
      'rm -rf ./pages/old && cp -r pages/new pages/old',
      ['keep-state /app/pages/old tree', 'create-file /app/pages/old beside', 'keep-state /app/pages/old tree'],
    ],
    [
      'removes one with a tool of npm',
      'rimraf pages/old',
      ['keep-state /app/pages/old tree', 'create-file /app/pages/old beside'],
    ],
    [
      'moves a file',
      'mv pages/old/a pages/b',
      ['create-file /app/pages/old/a beside', 'create-file /app/pages/b beside'],
    ],
    ['runs another script', 'npm run make', ['keep-state /app/made']],
  ])('%s', (_, deploy, expected) => {
    expect(writtenBy({ deploy, make: 'mkdir made' })).toEqual(expected)
  })

  test.each<[string, Readonly<Record<string, string>>]>([
    ['removes what is not there', { deploy: 'rm -rf dist' }],
    ['copies to the place for temporary files', { deploy: 'cp -r pages/old /tmp/x' }],
    ['names a folder by a variable', { deploy: 'cp -r pages/old $OUT' }],
    ['is not run', { deploy: 'node b.js', build: 'mkdir -p out' }],
  ])('claims nothing where it %s', (_, scripts) => {
    expect(writtenBy(scripts)).toEqual([])
  })

  test('is possible behind a question of the start script', () => {
    const start = 'if [ -n "$DEPLOY" ]; then npm run deploy; fi\nexec node a.js\n'
    expect(writtenBy({ deploy: 'mkdir -p out' }, start)).toEqual(['keep-state /app/out perhaps'])
  })
})
