import { expect, test } from '@jest/globals'
import { foldersOf, missingFiles } from '../../../src/proof/checks/files.ts'
import { image } from '../../plan/image.ts'

const folders = foldersOf(image({ files: ['drwxr-xr-x 0:0 /srv/app'] }))

/** A name of one run, and what may stand for it in another. */
test.each<[string, string]>([
  ['job-17.log', 'job-4.log'],
  ['2026-11-28T09:05:01Z.json', '2026-11-28T09:05:04Z.json'],
  ['28-Nov-2026.csv', '29-Nov-2026.csv'],
  ['0d5e1f3a-abcd-4cde-babe-0123456789ab', 'ffffffff-eeee-4ddd-8ccc-bbbbbbbbbbbb'],
  ['blob-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b.bin', 'blob-e3b0c44298fc1c149afbf4c8996fb92427ae41e4.bin'],
  ['01HF3ZQ8K2V9XJ4M6N7P8R0S1T.msg', '01HF3ZQ9A1B2C3D4E5F6G7H8J9.msg'],
  ['cjld2cjxh0000qzrmn831i7rn', 'ckq9a1bxh0001qzrmz94kd8zz'],
])('%s is made again as %s', (one, other) => {
  expect(missingFiles([`/srv/app/${one}`], [`/srv/app/${other}`], folders)).toEqual([])
})

test.each<[string, string]>([
  ['job-17.log', 'task-17.log'],
  ['annualreportsummary2024.pdf', 'quarterlyreportstuff2024.pdf'],
  ['abcdefgh-abcd-abcd-abcd-abcdefghijkl', 'ijklmnop-abcd-abcd-abcd-abcdefghijkl'],
  ['01HF3ZQ8K2V9XJ4M6N7P8R0S1T.msg', '01HF3ZQ9A1B2C3D4E5F6G7H8J9.tmp2'],
  ['users.db', 'sessions.db'],
])('%s is not made where there is %s', (one, other) => {
  expect(missingFiles([`/srv/app/${one}`], [`/srv/app/${other}`], folders)).toEqual([`/srv/app/${one}`])
})
