// Every file of the catalogue is checked: against the schema, in JavaScript and with the system's own sed.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { ConfigEdit } from '../../catalogue/entry.ts'
import { baseAccounts, images, programs } from '../../catalogue/index.ts'
import { type CatalogueEntry, factsFromCatalogue, lookUp } from '../../src/image/sources/catalogue.ts'

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, strictTypes: false })
ajv.addSchema(json('schema/catalogue.schema.json'))
const schema = (fragment = ''): ValidateFunction => {
  const validate = ajv.getSchema(`catalogue.schema.json${fragment}`)
  if (validate === undefined) throw new Error(`the schema has no part ${fragment}`)
  return validate
}
const problems = (validate: ValidateFunction, value: unknown) => (validate(value) ? [] : (validate.errors ?? []))

/** Exposed, and bound only where the configuration says so: for sites with automatic HTTPS, by REGISTRY_HTTP_ADDR. */
const OFF_BY_DEFAULT = new Set(['caddy 443/udp', 'registry 443/tcp'])

/** All variants, by a tag that is of each. */
const entries: readonly { readonly reference: string; readonly entry: CatalogueEntry }[] = images.flatMap((image) =>
  image.variants.map(({ tags }) => {
    const reference = `${nameFor(image.repositories[0] ?? '')}:${tags[0]}`
    const entry = lookUp(reference)
    if (entry === null) throw new Error(`${reference} is not found`)
    return { reference, entry }
  }),
)
const edits: readonly { readonly reference: string; readonly edit: ConfigEdit }[] = entries.flatMap(
  ({ reference, entry }) =>
    [...entry.configEdits, ...entry.ports.flatMap((port) => port.edits ?? [])].map((edit) => ({ reference, edit })),
)

function nameFor(glob: string): string {
  return glob.replaceAll('*', 'x')
}

describe('files', () => {
  const files = readdirSync('catalogue/images')

  test.each([...files.map((file) => `images/${file}`), 'accounts.json', 'packages.json'])(
    '%s fits the schema',
    (file) => {
      expect(problems(schema(), json(`catalogue/${file}`))).toEqual([])
    },
  )

  test('every file of images/ has its line in index.ts', () => {
    const listed = images.map(({ image }) => image).sort()
    expect(listed).toEqual(files.map((file) => json(`catalogue/images/${file}`).image).sort())
  })

  test('the schema refuses what would be misread', () => {
    const [first] = images
    expect(problems(schema(), { ...first, variants: [] })).not.toEqual([])
    expect(
      problems(schema(), { ...first, common: { writable: [{ path: 'tmp', kind: 'file', why: 'x' }] } }),
    ).not.toEqual([])
    expect(
      problems(schema(), { ...first, common: { writable: [{ path: '/a/../b', kind: 'file', why: 'x' }] } }),
    ).not.toEqual([])
    expect(problems(schema(), { ...first, common: { colour: 'red' } })).not.toEqual([])
  })
})

describe('variants', () => {
  test.each(entries)('$reference is complete', ({ entry }) => {
    expect(
      problems(schema('#/$defs/entry'), JSON.parse(JSON.stringify({ ...entry, image: undefined, tag: undefined }))),
    ).toEqual([])
  })

  test.each(images)('no tag of $image is of two variants', (image) => {
    for (const { variant, tags } of image.variants) {
      for (const tag of tags) {
        const fitting = image.variants.filter(
          ({ tagPattern }) => tagPattern === null || new RegExp(tagPattern).test(tag),
        )
        expect([tag, fitting.map((other) => other.variant)]).toEqual([tag, [variant]])
      }
    }
  })

  test('no name is of two images', () => {
    for (const image of images) {
      for (const glob of image.repositories)
        expect(lookUp(`${nameFor(glob)}:${image.variants[0]?.tags[0]}`)?.image).toBe(image.image)
    }
  })

  test.each(entries)('$reference: the account to run as is there, and is not root', ({ reference, entry }) => {
    if (entry.user === null) return
    const { accounts } = factsFromCatalogue(reference) ?? {}
    const users = accounts?.known ? accounts.value.users : []
    expect(users).toContainEqual(expect.objectContaining(entry.user))
    expect(entry.user.uid).toBeGreaterThan(0)
  })

  test.each(entries)('$reference says one thing about root', ({ entry }) => {
    const startsAsRoot = ['', '0', 'root'].includes(entry.config.user)
    expect(startsAsRoot).toBe(entry.class !== 'already-nonroot')
    expect(entry.needsRoot !== null).toBe(entry.class === 'must-run-as-root')
  })

  test.each(entries)('$reference: a path is listed once, a moved port is not taken', ({ entry }) => {
    const paths = entry.writable.map(({ path }) => path)
    expect(new Set(paths).size).toBe(paths.length)
    const exposed = (entry.config.exposedPorts ?? []).map((port) => Number(port.split('/')[0]))
    for (const { to } of entry.ports) expect(exposed).not.toContain(to)
  })

  test.each(entries)('$reference: every low port that it exposes can be moved', ({ entry }) => {
    if (entry.needsRoot !== null) return
    for (const port of entry.config.exposedPorts ?? []) {
      const [number, protocol] = port.split('/')
      if (Number(number) >= 1024 || OFF_BY_DEFAULT.has(`${entry.image} ${port}`)) continue
      expect(entry.ports).toContainEqual(expect.objectContaining({ from: Number(number), protocol }))
    }
  })

  test.each(entries)('$reference: the vendor way is an image reference', ({ entry }) => {
    const way = entry.unprivilegedVariant
    if (way === null) return
    expect(way.reference).not.toMatch(/[{}]/)
    expect(lookUp(way.reference)?.class).toBe('already-nonroot')
  })
})

describe('coverage', () => {
  // Who each popular image is to run as: `+` needs a new account, `-` keeps root.
  test.each([
    ['nginx', '101'],
    ['nginx:alpine', '101'],
    ['nginxinc/nginx-unprivileged', '101'],
    ['httpd', '33'],
    ['httpd:2.4-alpine', '82'],
    ['redis:8', '999:999'],
    ['redis:8-alpine', '999:1000'],
    ['redis:7.4', '999:999'],
    ['redis:7.4-alpine', '999:1000'],
    ['postgres:18', '999'],
    ['postgres:17', '999'],
    ['postgres:17-alpine', '70'],
    ['postgres:18-alpine', '70'],
    ['mysql:8.4', '999'],
    ['node:22', '1000'],
    ['node:22-alpine', '1000'],
    ['python:3.13-slim', '+'],
    ['python:3.13-alpine', '+'],
    ['golang:1.26', '+'],
    ['golang:1.26-alpine', '+'],
    ['php:8.4-cli', '33'],
    ['php:8.4-cli-alpine', '82'],
    ['php:8.4-apache', '33'],
    ['php:8.4-fpm', '33'],
    ['php:8.4-fpm-alpine', '82'],
    ['ruby:3.4', '+'],
    ['ruby:3.4-alpine', '+'],
    ['eclipse-temurin:21-jre', '+'],
    ['eclipse-temurin:21-alpine', '+'],
    ['eclipse-temurin:21-ubi9-minimal', '+'],
    ['tomcat:11', '+'],
    ['traefik:v3.3', '+'],
    ['caddy:2', '+'],
    ['wordpress', '33'],
    ['wordpress:fpm', '33'],
    ['wordpress:fpm-alpine', '82'],
    ['wordpress:cli', '82'],
    ['eclipse-mosquitto', '1883'],
    ['registry:2', '+'],
    ['registry:3', '+'],
    ['bash', '+'],
    ['alpine:3.22', '+'],
    ['debian:trixie-slim', '+'],
    ['ubuntu:24.04', '+'],
    ['busybox:musl', '+'],
    ['gcr.io/distroless/base-debian12', '65532'],
    ['gcr.io/distroless/static:nonroot', '65532'],
    ['gcr.io/distroless/java21-debian12', '65532'],
    ['gcr.io/distroless/python3-debian12:debug', '65532'],
    ['mcr.microsoft.com/dotnet/aspnet:8.0', '1654'],
    ['mcr.microsoft.com/dotnet/runtime:9.0-alpine', '1654'],
    ['mcr.microsoft.com/dotnet/runtime-deps:8.0-noble-chiseled', '1654'],
    ['mcr.microsoft.com/dotnet/aspnet:6.0', '+'],
    ['docker:27-dind', '-'],
    ['docker:dind-rootless', '1000'],
    ['docker:cli', '+'],
    ['moby/buildkit', '-'],
    ['moby/buildkit:rootless', '1000'],
    ['lscr.io/linuxserver/sonarr', '-'],
    ['valkey/valkey:8', '999:999'],
    ['mariadb:11.8', '999'],
    ['memcached:1.6-alpine', '11211'],
    ['rabbitmq:4-management-alpine', '100:101'],
    ['haproxy:3.2', '99'],
    ['haproxy:2.2', '99'],
    ['ghost:5', '1000'],
    ['influxdb:2.7', '1000'],
    ['telegraf', '999'],
    ['hashicorp/vault', '100:1000'],
    ['hashicorp/consul', '100:1000'],
    ['nats', '+'],
    ['jenkins/jenkins:lts-jdk21', '1000'],
    ['nextcloud', '33'],
    ['nextcloud:fpm-alpine', '82'],
    ['phpmyadmin', '33'],
    ['drupal:11', '33'],
    ['couchdb:3', '5984'],
    ['cassandra:5.0', '999'],
    ['neo4j:5', '7474'],
    ['zookeeper:3.9', '1000'],
    ['varnish:stable', '1000'],
    ['minio/minio', '+'],
    ['redmine:6-alpine', '999:1000'],
    ['cgr.dev/chainguard/wolfi-base', '65532'],
  ])('%s runs as %s', (reference, expected) => {
    const entry = lookUp(reference)
    const [uid, gid = uid] = expected.split(':').map(Number)
    if (/\d/.test(expected)) expect(entry?.user).toMatchObject({ uid, gid })
    else expect(entry).toMatchObject({ user: null, needsRoot: expected === '-' ? expect.anything() : null })
  })

  // Who an image of these families runs as by itself, which is all that is known of most.
  test.each([
    ['dhi.io/python:3.13', '65532'],
    ['dhi.io/python:3.13-alpine3.22-dev', ''],
    ['dhi.io/node:22', '1000'],
    ['dhi.io/golang:1.25-debian13-dev', ''],
    ['dhi.io/tailscale:1', '0'],
    ['cgr.dev/chainguard/python:latest', '65532'],
    ['cgr.dev/chainguard/python:latest-dev', '65532'],
    ['cgr.dev/acme.example/node:22-dev', '65532'],
    ['cgr.dev/chainguard/wolfi-base:latest', ''],
    ['cgr.dev/chainguard/go:latest', ''],
    ['gcr.io/distroless/static-debian12:nonroot', '65532'],
    ['gcr.io/distroless/static-debian12', '0'],
    ['mcr.microsoft.com/dotnet/aspnet:9.0-noble-chiseled', '1654'],
    ['mcr.microsoft.com/azurelinux/distroless/base:3.0', ''],
    ['mcr.microsoft.com/azurelinux/distroless/base:3.0-nonroot', '65532'],
    ['registry.access.redhat.com/ubi9/ubi-minimal:9.6', ''],
    ['registry.access.redhat.com/ubi9/ubi', ''],
    ['registry.access.redhat.com/ubi8', ''],
    ['redhat/ubi10-minimal', ''],
    ['registry.access.redhat.com/ubi9/nodejs-22-minimal:latest', '1001'],
    ['registry.access.redhat.com/ubi9/python-312', '1001'],
    ['registry.access.redhat.com/ubi9/openjdk-21-runtime:1.23', '185'],
    ['quay.io/sclorg/nginx-124-c9s', '1001'],
    ['bitnami/nginx:1.29', '1001'],
    ['bitnamilegacy/postgresql:16', '1001'],
    ['bitnami/node:24', ''],
    ['bitnami/minideb:bookworm', ''],
    ['grafana/grafana', '472'],
    ['prom/prometheus:v3.5.0', 'nobody'],
    ['solr:9', '8983'],
    ['sonarqube', 'sonarqube'],
    ['docker.elastic.co/elasticsearch/elasticsearch:9.1.2', '1000:0'],
  ])('%s is %s', (reference, user) => {
    expect(factsFromCatalogue(reference)?.config.user).toBe(user)
  })

  // By the counts of Docker Hub, and what stands for them in other registries.
  test.each(
    (
      'alpine nginx busybox ubuntu redis python postgres node httpd ' +
      'mongo memcached mysql traefik mariadb docker rabbitmq golang openjdk ' +
      'wordpress debian registry centos php hashicorp/consul elasticsearch nextcloud sonarqube ' +
      'haproxy ruby amazonlinux hashicorp/vault influxdb tomcat telegraf logstash:9.1.2 ghost ' +
      'kibana:9.1.2 cassandra eclipse-mosquitto adminer maven fedora bash solr gradle ' +
      'zookeeper neo4j kong couchdb drupal jenkins/jenkins eclipse-temurin amazoncorretto caddy ' +
      'rust perl buildpack-deps redmine phpmyadmin nats odoo gcc composer ' +
      'varnish oraclelinux rockylinux almalinux swift elixir erlang haskell julia ' +
      'clojure r-base pypy dart grafana/grafana prom/prometheus prom/node-exporter prom/alertmanager minio/minio ' +
      'bitnami/postgresql bitnami/redis bitnami/kafka bitnami/nginx bitnami/mongodb bitnami/kubectl bitnami/rabbitmq bitnami/mariadb bitnami/node ' +
      'oven/bun denoland/deno mcr.microsoft.com/dotnet/aspnet mcr.microsoft.com/dotnet/sdk:9.0 mcr.microsoft.com/azurelinux/base/core:3.0 gcr.io/distroless/static gcr.io/distroless/nodejs22-debian12 registry.access.redhat.com/ubi9/ubi-minimal jupyter/base-notebook ' +
      'valkey/valkey moby/buildkit nginxinc/nginx-unprivileged lscr.io/linuxserver/sonarr'
    ).split(' '),
  )('%s is one of the hundred that are pulled most', (reference) => {
    expect(lookUp(reference)).not.toBeNull()
  })

  test('a file is worth a few milliseconds at most: it is read at every start', () => {
    expect(JSON.stringify([images, programs]).length).toBeLessThan(165_000)
  })
})

describe('edits', () => {
  test.each(edits)('$reference $edit.file: $edit.pattern in JavaScript', ({ edit }) => {
    expect(inJavaScript(edit, edit.example.before)).toBe(edit.example.after)
  })

  test.each(edits)('$reference $edit.file: $edit.pattern in sed', ({ edit }) => {
    expect(inSed(edit, edit.example.before)).toBe(edit.example.after)
  })

  test.each(edits)('$reference $edit.file: $edit.pattern changes nothing the second time', ({ edit }) => {
    if (edit.example.after !== null) expect(inSed(edit, edit.example.after)).toBe(edit.example.after)
  })

  test('older spellings of the nginx lines are found as well', () => {
    const all = lookUp('nginx')?.configEdits ?? []
    const apply = (line: string) => all.reduce<string | null>((text, edit) => text && inSed(edit, text), line)
    expect(apply('pid        /var/run/nginx.pid;')).toBe('pid        /tmp/nginx.pid;')
    expect(apply('user nginx nginx;')).toBeNull()
    expect(apply('    include       /etc/nginx/mime.types;')).toBe('    include       /etc/nginx/mime.types;')
  })
})

function inJavaScript(edit: ConfigEdit, line: string): string | null {
  const pattern = new RegExp(edit.pattern, edit.global ? 'g' : '')
  if (edit.remove) return pattern.test(line) ? null : line
  const replacement = (edit.replacement ?? '').replaceAll('$', '$$$$').replace(/\\(\d)/g, '$$$1')
  return line.replace(pattern, replacement)
}

function inSed(edit: ConfigEdit, line: string): string | null {
  const script = edit.remove
    ? `\\~${edit.pattern}~d`
    : `s~${edit.pattern}~${edit.replacement}~${edit.global ? 'g' : ''}`
  const output = execFileSync('sed', ['-E', script], { input: `${line}\n`, encoding: 'utf8' })
  return output === '' ? null : output.slice(0, -1)
}

describe('looking up', () => {
  const digest = `sha256:${'a'.repeat(64)}`

  test.each([
    ['nginx', 'Debian'],
    ['nginx:1.27', 'Debian'],
    ['docker.io/library/nginx', 'Debian'],
    ['index.docker.io/nginx:alpine', 'Alpine'],
    ['docker://nginx:1.27-alpine', 'Alpine'],
    [`nginx:1.27-alpine@${digest}`, 'Alpine'],
    ['public.ecr.aws/docker/library/nginx:alpine', 'Alpine'],
    ['redis:7.4.1-alpine3.20', '7 and older, Alpine'],
    ['postgres:17', '17 and older, Debian'],
    ['gcr.io/distroless/static-debian12', 'root'],
    ['gcr.io/distroless/nodejs22-debian12:nonroot', 'nonroot'],
  ])('%s is %s', (reference, variant) => {
    expect(lookUp(reference)?.variant).toBe(variant)
  })

  test.each([
    'registry.example.com/mirror/nginx',
    'example.com/nginx',
    'mynginx',
    'acme/nginx',
    'bitnami/mywebsql',
    'cgr.dev/acme/billing',
    `nginx@${digest}`,
    'python:3.12-windowsservercore',
    'docker-archive:nginx.tar',
  ])('%s is unknown', (reference) => {
    expect(lookUp(reference)).toBeNull()
    expect(factsFromCatalogue(reference)).toBeNull()
  })

  test.each([
    ['nginx', 'nginxinc/nginx-unprivileged:latest'],
    ['nginx:1.27-alpine', 'nginxinc/nginx-unprivileged:1.27-alpine'],
    ['gcr.io/distroless/cc-debian12:debug', 'gcr.io/distroless/cc-debian12:debug-nonroot'],
    ['gcr.io/distroless/static:latest-arm64', 'gcr.io/distroless/static:nonroot-arm64'],
    ['docker', 'docker:dind-rootless'],
    ['docker:29.7.2', 'docker:29.7.2-dind-rootless'],
    ['docker:29-dind-alpine3.24', 'docker:29-dind-rootless'],
    ['moby/buildkit:buildx-stable-1', 'moby/buildkit:buildx-stable-1-rootless'],
  ])('the vendor ships %s without root as %s', (reference, way) => {
    expect(lookUp(reference)?.unprivilegedVariant?.reference).toBe(way)
  })
})

describe('facts', () => {
  test('the entry of nginx says what its image is', () => {
    const facts = factsFromCatalogue('docker.io/library/nginx:1.27-alpine')
    expect(facts).toMatchObject({
      reference: 'docker.io/library/nginx:1.27-alpine',
      source: 'catalogue',
      digest: null,
      files: { known: false, reason: 'the catalogue does not list files' },
      os: { known: true, value: { id: 'alpine' } },
      config: {
        user: '',
        entrypoint: ['/docker-entrypoint.sh'],
        cmd: ['nginx', '-g', 'daemon off;'],
        exposedPorts: [{ port: 80, protocol: 'tcp' }],
        workdir: '/',
        stopSignal: 'SIGQUIT',
      },
    })
    const accounts = facts?.accounts.known ? facts.accounts.value : null
    expect(accounts?.users.map(({ name }) => name)).toEqual(expect.arrayContaining(['root', 'nobody', 'nginx']))
    expect(accounts?.groups).toContainEqual({ name: 'nginx', gid: 101, members: [] })
  })

  test('an image without a shell is no Debian that could run useradd', () => {
    expect(factsFromCatalogue('gcr.io/distroless/static')?.os).toMatchObject({
      known: true,
      value: { id: 'distroless' },
    })
  })

  test('no account or group is listed twice', () => {
    for (const { users } of Object.values(baseAccounts))
      expect(new Set(users.map(({ uid }) => uid)).size).toBe(users.length)
    for (const { reference } of entries) {
      const { accounts } = factsFromCatalogue(reference) ?? {}
      if (!accounts?.known) continue
      for (const list of [accounts.value.users, accounts.value.groups]) {
        expect(new Set(list.map(({ name }) => name)).size).toBe(list.length)
      }
    }
  })
})
