// Adding an image: its file in images/, and its line here.

import accounts from './accounts.json' with { type: 'json' }
import daemonPortRules from './daemon-ports.json' with { type: 'json' }
import type { AccountBase, AccountList, CatalogueImage } from './entry.ts'
import adminer from './images/adminer.json' with { type: 'json' }
import alpine from './images/alpine.json' with { type: 'json' }
import amazoncorretto from './images/amazoncorretto.json' with { type: 'json' }
import azurelinux from './images/azurelinux.json' with { type: 'json' }
import azurelinuxDistroless from './images/azurelinux-distroless.json' with { type: 'json' }
import bash from './images/bash.json' with { type: 'json' }
import bitnami from './images/bitnami.json' with { type: 'json' }
import bitnamiRoot from './images/bitnami-root.json' with { type: 'json' }
import buildkit from './images/buildkit.json' with { type: 'json' }
import buildpackDeps from './images/buildpack-deps.json' with { type: 'json' }
import bun from './images/bun.json' with { type: 'json' }
import busybox from './images/busybox.json' with { type: 'json' }
import caddy from './images/caddy.json' with { type: 'json' }
import cassandra from './images/cassandra.json' with { type: 'json' }
import chainguard from './images/chainguard.json' with { type: 'json' }
import chainguardRoot from './images/chainguard-root.json' with { type: 'json' }
import composer from './images/composer.json' with { type: 'json' }
import consul from './images/consul.json' with { type: 'json' }
import couchdb from './images/couchdb.json' with { type: 'json' }
import debian from './images/debian.json' with { type: 'json' }
import deno from './images/deno.json' with { type: 'json' }
import distrolessJava from './images/distroless-java.json' with { type: 'json' }
import distrolessNodejs from './images/distroless-nodejs.json' with { type: 'json' }
import distrolessPython from './images/distroless-python.json' with { type: 'json' }
import distrolessStatic from './images/distroless-static.json' with { type: 'json' }
import docker from './images/docker.json' with { type: 'json' }
import dockerHardened from './images/docker-hardened.json' with { type: 'json' }
import dotnet from './images/dotnet.json' with { type: 'json' }
import dotnetSdk from './images/dotnet-sdk.json' with { type: 'json' }
import drupal from './images/drupal.json' with { type: 'json' }
import eclipseMosquitto from './images/eclipse-mosquitto.json' with { type: 'json' }
import eclipseTemurin from './images/eclipse-temurin.json' with { type: 'json' }
import elasticsearch from './images/elasticsearch.json' with { type: 'json' }
import ghost from './images/ghost.json' with { type: 'json' }
import golang from './images/golang.json' with { type: 'json' }
import gradle from './images/gradle.json' with { type: 'json' }
import grafana from './images/grafana.json' with { type: 'json' }
import haproxy from './images/haproxy.json' with { type: 'json' }
import httpd from './images/httpd.json' with { type: 'json' }
import influxdb from './images/influxdb.json' with { type: 'json' }
import jenkins from './images/jenkins.json' with { type: 'json' }
import jupyter from './images/jupyter.json' with { type: 'json' }
import kong from './images/kong.json' with { type: 'json' }
import languages from './images/languages.json' with { type: 'json' }
import linuxserver from './images/linuxserver.json' with { type: 'json' }
import logstash from './images/logstash.json' with { type: 'json' }
import mariadb from './images/mariadb.json' with { type: 'json' }
import maven from './images/maven.json' with { type: 'json' }
import memcached from './images/memcached.json' with { type: 'json' }
import minio from './images/minio.json' with { type: 'json' }
import mongo from './images/mongo.json' with { type: 'json' }
import mysql from './images/mysql.json' with { type: 'json' }
import nats from './images/nats.json' with { type: 'json' }
import neo4j from './images/neo4j.json' with { type: 'json' }
import nextcloud from './images/nextcloud.json' with { type: 'json' }
import nginx from './images/nginx.json' with { type: 'json' }
import nginxUnprivileged from './images/nginx-unprivileged.json' with { type: 'json' }
import node from './images/node.json' with { type: 'json' }
import odoo from './images/odoo.json' with { type: 'json' }
import openjdk from './images/openjdk.json' with { type: 'json' }
import perl from './images/perl.json' with { type: 'json' }
import php from './images/php.json' with { type: 'json' }
import phpmyadmin from './images/phpmyadmin.json' with { type: 'json' }
import postgres from './images/postgres.json' with { type: 'json' }
import prometheus from './images/prometheus.json' with { type: 'json' }
import pypy from './images/pypy.json' with { type: 'json' }
import python from './images/python.json' with { type: 'json' }
import rabbitmq from './images/rabbitmq.json' with { type: 'json' }
import redis from './images/redis.json' with { type: 'json' }
import redmine from './images/redmine.json' with { type: 'json' }
import registry from './images/registry.json' with { type: 'json' }
import rpmDistributions from './images/rpm-distributions.json' with { type: 'json' }
import ruby from './images/ruby.json' with { type: 'json' }
import rust from './images/rust.json' with { type: 'json' }
import solr from './images/solr.json' with { type: 'json' }
import sonarqube from './images/sonarqube.json' with { type: 'json' }
import swift from './images/swift.json' with { type: 'json' }
import telegraf from './images/telegraf.json' with { type: 'json' }
import tomcat from './images/tomcat.json' with { type: 'json' }
import traefik from './images/traefik.json' with { type: 'json' }
import ubi from './images/ubi.json' with { type: 'json' }
import ubiOpenjdk from './images/ubi-openjdk.json' with { type: 'json' }
import ubiS2i from './images/ubi-s2i.json' with { type: 'json' }
import ubuntu from './images/ubuntu.json' with { type: 'json' }
import valkey from './images/valkey.json' with { type: 'json' }
import varnish from './images/varnish.json' with { type: 'json' }
import vault from './images/vault.json' with { type: 'json' }
import wordpress from './images/wordpress.json' with { type: 'json' }
import zookeeper from './images/zookeeper.json' with { type: 'json' }
import type { PackageRule } from './package-rule.ts'
import packageRules from './packages.json' with { type: 'json' }
import type { DaemonPortRule, WorkingFolderRule } from './program.ts'
import workingFolderRules from './working-folder.json' with { type: 'json' }

export { programs } from './programs/index.ts'

// JSON has wide types only; schema/catalogue.schema.json holds the narrow ones (test/image/catalogue.test.ts).
export const images = [
  adminer,
  alpine,
  amazoncorretto,
  azurelinux,
  azurelinuxDistroless,
  bash,
  bitnami,
  bitnamiRoot,
  buildkit,
  buildpackDeps,
  bun,
  busybox,
  caddy,
  cassandra,
  chainguard,
  chainguardRoot,
  composer,
  consul,
  couchdb,
  debian,
  deno,
  distrolessJava,
  distrolessNodejs,
  distrolessPython,
  distrolessStatic,
  docker,
  dockerHardened,
  dotnet,
  dotnetSdk,
  drupal,
  eclipseMosquitto,
  eclipseTemurin,
  elasticsearch,
  ghost,
  golang,
  gradle,
  grafana,
  haproxy,
  httpd,
  influxdb,
  jenkins,
  jupyter,
  kong,
  languages,
  linuxserver,
  logstash,
  mariadb,
  maven,
  memcached,
  minio,
  mongo,
  mysql,
  nats,
  neo4j,
  nextcloud,
  nginx,
  nginxUnprivileged,
  node,
  odoo,
  openjdk,
  perl,
  php,
  phpmyadmin,
  postgres,
  prometheus,
  pypy,
  python,
  rabbitmq,
  redis,
  redmine,
  registry,
  rpmDistributions,
  ruby,
  rust,
  solr,
  sonarqube,
  swift,
  telegraf,
  tomcat,
  traefik,
  ubi,
  ubiOpenjdk,
  ubiS2i,
  ubuntu,
  valkey,
  varnish,
  vault,
  wordpress,
  zookeeper,
] as readonly unknown[] as readonly CatalogueImage[]

export const daemonPorts = daemonPortRules.daemons as readonly unknown[] as readonly DaemonPortRule[]

export const packages = packageRules.packages as readonly unknown[] as readonly PackageRule[]

export const workingFolder = workingFolderRules.programs as readonly unknown[] as readonly WorkingFolderRule[]

export const baseAccounts = accounts.accounts as unknown as Readonly<Record<AccountBase, AccountList>>
