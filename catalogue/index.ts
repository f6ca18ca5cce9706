// Adding an image: its file in images/, and its line here.

import accounts from './accounts.json' with { type: 'json' }
import daemonPortRules from './daemon-ports.json' with { type: 'json' }
import type { AccountBase, AccountList, CatalogueImage } from './entry.ts'
import alpine from './images/alpine.json' with { type: 'json' }
import amazoncorretto from './images/amazoncorretto.json' with { type: 'json' }
import bash from './images/bash.json' with { type: 'json' }
import buildkit from './images/buildkit.json' with { type: 'json' }
import buildpackDeps from './images/buildpack-deps.json' with { type: 'json' }
import busybox from './images/busybox.json' with { type: 'json' }
import caddy from './images/caddy.json' with { type: 'json' }
import debian from './images/debian.json' with { type: 'json' }
import distrolessJava from './images/distroless-java.json' with { type: 'json' }
import distrolessNodejs from './images/distroless-nodejs.json' with { type: 'json' }
import distrolessPython from './images/distroless-python.json' with { type: 'json' }
import distrolessStatic from './images/distroless-static.json' with { type: 'json' }
import docker from './images/docker.json' with { type: 'json' }
import dotnet from './images/dotnet.json' with { type: 'json' }
import dotnetSdk from './images/dotnet-sdk.json' with { type: 'json' }
import eclipseMosquitto from './images/eclipse-mosquitto.json' with { type: 'json' }
import eclipseTemurin from './images/eclipse-temurin.json' with { type: 'json' }
import golang from './images/golang.json' with { type: 'json' }
import gradle from './images/gradle.json' with { type: 'json' }
import httpd from './images/httpd.json' with { type: 'json' }
import jupyter from './images/jupyter.json' with { type: 'json' }
import linuxserver from './images/linuxserver.json' with { type: 'json' }
import maven from './images/maven.json' with { type: 'json' }
import mongo from './images/mongo.json' with { type: 'json' }
import mysql from './images/mysql.json' with { type: 'json' }
import nginx from './images/nginx.json' with { type: 'json' }
import nginxUnprivileged from './images/nginx-unprivileged.json' with { type: 'json' }
import node from './images/node.json' with { type: 'json' }
import openjdk from './images/openjdk.json' with { type: 'json' }
import perl from './images/perl.json' with { type: 'json' }
import php from './images/php.json' with { type: 'json' }
import postgres from './images/postgres.json' with { type: 'json' }
import pypy from './images/pypy.json' with { type: 'json' }
import python from './images/python.json' with { type: 'json' }
import redis from './images/redis.json' with { type: 'json' }
import registry from './images/registry.json' with { type: 'json' }
import rpmDistributions from './images/rpm-distributions.json' with { type: 'json' }
import ruby from './images/ruby.json' with { type: 'json' }
import rust from './images/rust.json' with { type: 'json' }
import tomcat from './images/tomcat.json' with { type: 'json' }
import traefik from './images/traefik.json' with { type: 'json' }
import ubuntu from './images/ubuntu.json' with { type: 'json' }
import wordpress from './images/wordpress.json' with { type: 'json' }
import type { PackageRule } from './package-rule.ts'
import packageRules from './packages.json' with { type: 'json' }
import type { DaemonPortRule, WorkingFolderRule } from './program-rules.ts'
import workingFolderRules from './working-folder.json' with { type: 'json' }

export { programs } from './programs/index.ts'

// JSON has wide types only; schema/catalogue.schema.json holds the narrow ones (test/image/catalogue.test.ts).
export const images = [
  alpine,
  amazoncorretto,
  bash,
  buildkit,
  buildpackDeps,
  busybox,
  caddy,
  debian,
  distrolessJava,
  distrolessNodejs,
  distrolessPython,
  distrolessStatic,
  docker,
  dotnet,
  dotnetSdk,
  eclipseMosquitto,
  eclipseTemurin,
  golang,
  gradle,
  httpd,
  jupyter,
  linuxserver,
  maven,
  mongo,
  mysql,
  nginx,
  nginxUnprivileged,
  node,
  openjdk,
  perl,
  php,
  postgres,
  pypy,
  python,
  redis,
  registry,
  rpmDistributions,
  ruby,
  rust,
  tomcat,
  traefik,
  ubuntu,
  wordpress,
] as readonly unknown[] as readonly CatalogueImage[]

export const daemonPorts = daemonPortRules.daemons as readonly unknown[] as readonly DaemonPortRule[]

export const packages = packageRules.packages as readonly unknown[] as readonly PackageRule[]

export const workingFolder = workingFolderRules.programs as readonly unknown[] as readonly WorkingFolderRule[]

export const baseAccounts = accounts.accounts as unknown as Readonly<Record<AccountBase, AccountList>>
