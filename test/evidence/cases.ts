import type { BaseFile } from '../harden/support/facts.ts'

/** A stage: its Dockerfile, files of the build context by path, and facts of its base images. */
export interface StageCase {
  readonly dockerfile: string
  /** A text, or a text with a mode. */
  readonly context?: Readonly<Record<string, string | { readonly text: string; readonly mode: number }>>
  readonly bases?: Readonly<Record<string, BaseFile>>
}

interface ProviderCases {
  /** It yields a claim. */
  readonly yields: StageCase
  /** Much alike, and it yields none. */
  readonly not: StageCase
}

const of = (dockerfile: string, context?: StageCase['context']): StageCase =>
  context === undefined ? { dockerfile } : { dockerfile, context }
const debian = 'FROM debian:12\n'
const built = (base: BaseFile): StageCase => ({
  dockerfile: 'FROM example.org/app:1\n',
  bases: { 'example.org/app:1': base },
})

/** By the name of the provider. */
export const providerCases: Readonly<Record<string, ProviderCases>> = {
  unread: {
    yields: of(`${debian}COPY app.py /srv/\n`, { 'other.py': '' }),
    not: of(`${debian}COPY app.py /srv/\n`, { 'app.py': '' }),
  },
  'root-work': {
    yields: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\nupdate-ca-certificates\nexec /x\n', mode: 0o755 },
    }),
    not: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then update-ca-certificates; fi\nexec /x\n', mode: 0o755 },
    }),
  },
  'root-calls': {
    yields: of('FROM node:22\nCOPY app.js /srv/\nCMD ["node", "/srv/app.js"]\n', {
      'app.js': "execFile('runuser', ['-u', 'x'])\n",
    }),
    not: of('FROM node:22\nCOPY app.js /srv/\nCMD ["node", "/srv/app.js"]\n', { 'app.js': "execFile('ls')\n" }),
  },
  declared: { yields: of(`${debian}VOLUME /data\n`), not: of(`${debian}ENV DATA_URL=/api\n`) },
  'catalogue-entry': { yields: of('FROM nginx:latest\n'), not: of('FROM debian:12\n') },
  'empty-folders': {
    yields: built({ config: { workdir: '/app' }, files: ['drwxr-xr-x 0:0 /app/uploads'] }),
    not: built({ config: { workdir: '/app' }, files: ['drwxr-xr-x 0:0 /app/src'] }),
  },
  'run-lines': { yields: of(`${debian}RUN mkdir -p /data\n`), not: of(`${debian}RUN mkdir -p /usr/share/x\n`) },
  'command-line': {
    yields: of(`${debian}CMD ["/x", "--data-dir=/srv/x"]\n`),
    not: of(`${debian}CMD ["/x", "--log-level=/srv/x"]\n`),
  },
  'framework-folders': {
    yields: of('FROM node:22\nWORKDIR /app\nCOPY . .\n', { 'package.json': '{"dependencies": {"next": "15"}}' }),
    not: of('FROM node:22\nWORKDIR /app\nCOPY . .\n', { 'package.json': '{"dependencies": {"nextra": "4"}}' }),
  },
  'script-writes': {
    yields: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\necho x > /srv/ready\nexec /x\n', mode: 0o755 },
    }),
    not: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\necho x > /dev/stderr\nexec /x\n', mode: 0o755 },
    }),
  },
  'open-script-writes': {
    yields: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\nmkdir -p "$WHERE/x"\nexec /x\n', mode: 0o755 },
    }),
    not: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\nmkdir -p "$HOME/x"\nexec /x\n', mode: 0o755 },
    }),
  },
  'root-branches': {
    yields: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then\n  refresh-index\nfi\nexec /x\n', mode: 0o755 },
    }),
    not: of(`${debian}COPY start.sh /\nCMD ["/start.sh"]\n`, {
      'start.sh': { text: '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then\n  chown -R 1 /x\nfi\nexec /x\n', mode: 0o755 },
    }),
  },
  'source-files': {
    yields: of('FROM python:3\nWORKDIR /app\nCOPY . .\n', { 'a.py': "open('/srv/state.json', 'w')\n" }),
    not: of('FROM python:3\nWORKDIR /app\nCOPY . .\n', { 'a.py': "open('/srv/state.json')\n" }),
  },
  'compiled-sources': {
    yields: of('FROM golang AS build\nCOPY main.go /src/\nFROM scratch\nCOPY --from=build /x /x\n', {
      'main.go': 'package main\nfunc main() { os.MkdirAll("/srv/state", 0755) }\n',
    }),
    not: of('FROM golang AS build\nCOPY main.go /src/\nFROM scratch\nCOPY --from=other /x /x\n', {
      'main.go': 'package main\nfunc main() { os.MkdirAll("/srv/state", 0755) }\n',
    }),
  },
  'copied-empty-folders': {
    yields: of(`${debian}WORKDIR /app\nCOPY . .\n`, { 'uploads/.gitkeep': '' }),
    not: of(`${debian}WORKDIR /app\nCOPY . .\n`, { 'uploads/a.png': '' }),
  },
  'closed-files': {
    yields: of(`${debian}COPY key /srv/key\n`, { key: { text: 'x', mode: 0o600 } }),
    not: of(`${debian}COPY key /srv/key\n`, { key: { text: 'x', mode: 0o644 } }),
  },
  'filled-volumes': {
    yields: of(`${debian}VOLUME /data\nRUN taskd init --data /data\nCMD ["taskd", "server"]\n`),
    not: of(`${debian}VOLUME /data\nRUN taskd --version\nCMD ["taskd", "server"]\n`),
  },
  'root-home': { yields: of(`${debian}WORKDIR /root/app\n`), not: of(`${debian}WORKDIR /app\n`) },
  'host-sockets': {
    yields: of(`${debian}VOLUME /var/run/docker.sock\n`),
    not: of(`${debian}VOLUME /var/run/mysqld/mysqld.sock\n`),
  },
  packages: {
    yields: of(`${debian}RUN apt-get install -y nginx\nCMD ["nginx", "-g", "daemon off;"]\n`),
    not: of(`${debian}RUN apt-get install -y nginx\nCMD ["/x"]\n`),
  },
  'working-folder': {
    yields: of('FROM python:3\nWORKDIR /app\nCMD ["celery", "-A", "x", "beat"]\n'),
    not: of('FROM python:3\nWORKDIR /app\nCMD ["celery", "-A", "x", "worker"]\n'),
  },
  'config-writes': {
    yields: of(`${debian}COPY x.conf /etc/thingd/\nCMD ["thingd"]\n`, { 'x.conf': 'log_file = /srv/log/x.log\n' }),
    not: of(`${debian}COPY x.conf /etc/other/\nCMD ["thingd"]\n`, { 'x.conf': 'log_file = /srv/log/x.log\n' }),
  },
  'in-image': {
    yields: built({ config: { cmd: ['/x'] }, files: ['drwxr-xr-x 0:0 /uploads'] }),
    not: built({ config: { cmd: ['/x'] }, files: ['-rw-r--r-- 0:0 /uploads/a'] }),
  },
  'set-capabilities': {
    yields: of(`${debian}RUN setcap cap_net_bind_service=+ep /usr/bin/x\n`),
    not: of(`${debian}RUN setcap -r /usr/bin/x\n`),
  },
}

/** A project of each framework of catalogue/frameworks.json, by its name: its files, and a folder that it writes. */
export const frameworkCases: Readonly<
  Record<string, { readonly files: Readonly<Record<string, string>>; readonly writes: string }>
> = {
  'Next.js': { files: { 'package.json': '{"dependencies": {"next": "15"}}' }, writes: '.next/cache' },
  Nuxt: { files: { 'package.json': '{"dependencies": {"@nuxt/content": "3"}}' }, writes: '.data' },
  Rails: {
    files: {
      Gemfile: "source 'https://rubygems.org'\ngem 'rails'\n",
      'config/database.yml': 'database: db/production.sqlite3\n',
    },
    writes: 'db',
  },
  Laravel: { files: { 'composer.json': '{"require": {"laravel/framework": "^11"}}' }, writes: 'bootstrap/cache' },
  Symfony: { files: { 'composer.json': '{"require": {"symfony/flex": "^2"}}' }, writes: 'var' },
  'Craft CMS': { files: { 'composer.json': '{"require": {"craftcms/cms": "^5"}}' }, writes: 'web/cpresources' },
  Drupal: {
    files: { 'composer.json': '{"require": {"drupal/core-recommended": "^11"}}' },
    writes: 'web/sites/default/files',
  },
  WordPress: { files: { 'wp-settings.php': '<?php\n' }, writes: 'wp-content/uploads' },
  Strapi: { files: { 'package.json': '{"dependencies": {"@strapi/strapi": "5"}}' }, writes: 'public/uploads' },
  Directus: { files: { 'package.json': '{"dependencies": {"directus": "11"}}' }, writes: 'database' },
}
