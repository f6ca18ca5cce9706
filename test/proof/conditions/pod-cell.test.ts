import { expect, test } from '@jest/globals'
import { foldersBelow, groupVolumes } from '../../../src/proof/conditions/conditions.ts'
import { image } from '../../plan/image.ts'

test('a volume of a pod is root’s and open to the group of the user, where the image has nothing there', () => {
  const facts = image({
    config: { volumes: ['/data', '/filled'] },
    files: ['drwxr-xr-x 0:0 /data', 'drwxr-xr-x 0:0 /filled', '-rw-r--r-- 0:0 /filled/x'],
  })
  expect(groupVolumes(facts, 70)).toEqual([
    { type: 'tmpfs', target: '/data', options: 'uid=0,gid=70,mode=2775,size=256m' },
  ])
})

test('a variable that names the volume can name a folder in it; a home, another path and a relative one cannot', () => {
  const { config } = image({
    config: { env: { DB: '/data/', HOME: '/data', OTHER: '/data/x', NAME: 'data' }, workdir: '/' },
  })
  expect(foldersBelow(config, [{ target: '/data' }])).toEqual({ DB: '/data/data' })
})
