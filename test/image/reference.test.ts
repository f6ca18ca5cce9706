import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HardenError } from '../../src/errors.ts'
import { parseImageReference, parseReference } from '../../src/image/reference.ts'

const hex = 'a'.repeat(64)

describe('an image reference', () => {
  test.each<[string, string, string, string | null, string | null]>([
    ['nginx', 'docker.io/library/nginx', 'nginx', null, null],
    ['nginx:1.27', 'docker.io/library/nginx', 'nginx', '1.27', null],
    [`nginx@sha256:${hex}`, 'docker.io/library/nginx', 'nginx', null, `sha256:${hex}`],
    [`host:5000/a/b:1@sha256:${hex}`, 'host:5000/a/b', 'host:5000/a/b', '1', `sha256:${hex}`],
    ['docker.io/nginx', 'docker.io/library/nginx', 'nginx', null, null],
    ['index.docker.io/bitnami/redis:8', 'docker.io/bitnami/redis', 'bitnami/redis', '8', null],
    ['localhost/app', 'localhost/app', 'localhost/app', null, null],
    ['localhost:5000/app', 'localhost:5000/app', 'localhost:5000/app', null, null],
    [
      'gcr.io/distroless/static-debian12:nonroot',
      'gcr.io/distroless/static-debian12',
      'gcr.io/distroless/static-debian12',
      'nonroot',
      null,
    ],
    ['[::1]:5000/a', '[::1]:5000/a', '[::1]:5000/a', null, null],
    ['Registry/app', 'Registry/app', 'Registry/app', null, null],
    ['a/b__c/d-e.f_g---h', 'docker.io/a/b__c/d-e.f_g---h', 'a/b__c/d-e.f_g---h', null, null],
    ['docker:27-dind', 'docker.io/library/docker', 'docker', '27-dind', null],
  ])('%s', (text, repository, familiarName, tag, digest) => {
    expect(parseReference(text)).toMatchObject({
      kind: 'image',
      transport: null,
      text,
      repository,
      familiarName,
      tag,
      digest,
    })
  })

  test('the transport is taken off', () => {
    expect(parseReference('docker://nginx:1')).toMatchObject({ transport: 'docker', text: 'nginx:1', tag: '1' })
    expect(parseReference('docker-daemon:nginx:1')).toMatchObject({ transport: 'docker-daemon', text: 'nginx:1' })
  })

  test('archives have a path and may name an image', () => {
    expect(parseReference('docker-archive:/a/b.tar')).toMatchObject({ kind: 'archive', file: '/a/b.tar', image: null })
    expect(parseReference('docker-archive:b.tar:nginx:1')).toMatchObject({ file: 'b.tar', image: 'nginx:1' })
    expect(parseReference('oci:layout:latest')).toMatchObject({ transport: 'oci', file: 'layout', image: 'latest' })
    expect(parseReference('oci-archive:x.tar')).toMatchObject({ transport: 'oci-archive', file: 'x.tar' })
    expect(() => parseImageReference('oci:layout')).toThrow('names an archive')
  })
})

describe('what is none', () => {
  test.each([
    ['', 'empty'],
    ['--privileged', 'dash'],
    ['-v/:/host', 'dash'],
    ['nginx latest', 'white space'],
    ['nginx\n', 'white space'],
    ['Nginx', 'capital'],
    ['library/Nginx:1', 'capital'],
    ['https://hub.docker.com/nginx', 'URL'],
    ['nginx:', 'tag'],
    ['nginx:-x', 'tag'],
    [`nginx:${'x'.repeat(129)}`, 'tag'],
    ['a//b', 'empty'],
    ['/nginx', 'empty'],
    ['nginx/', 'empty'],
    ['a..b', 'lower-case'],
    ['_a', 'lower-case'],
    ['nginx@sha256:abc', 'digest'],
    [`nginx@sha256:${'A'.repeat(64)}`, 'digest'],
    [`nginx@sha256:${'a'.repeat(63)}`, 'digest'],
    [hex, 'image id'],
    ['-host.example/a', 'dash'],
    ['host_x.example:50/a', 'registry host'],
    ['a'.repeat(256), '255'],
    ['a'.repeat(2000), '1024'],
    ['docker-archive:', 'path'],
    ['$(reboot)', 'lower-case'],
    ['a;b', 'lower-case'],
  ])('%j: %s', (text, reason) => {
    let error: unknown
    try {
      parseReference(text)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(HardenError)
    expect(error).toMatchObject({ code: 'bad-reference', message: expect.stringContaining(reason) })
  })

  test('nothing else is thrown, and nothing accepted could be a flag', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-a-zA-Z0-9:@/._]{1,20}$/)), (text) => {
        try {
          const reference = parseReference(text)
          expect(reference.text).toMatch(/^[^-\s][^\s]*$/)
        } catch (error) {
          expect(error).toBeInstanceOf(HardenError)
        }
      }),
    )
  })
})
