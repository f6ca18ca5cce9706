// Adding a program: its file here, and its line below (test/catalogue/programs.test.ts says what is forgotten).

import type { ProgramRule } from '../program.ts'
import apache from './apache.json' with { type: 'json' }
import atd from './atd.json' with { type: 'json' }
import bind from './bind.json' with { type: 'json' }
import buildkitd from './buildkitd.json' with { type: 'json' }
import chrony from './chrony.json' with { type: 'json' }
import containerd from './containerd.json' with { type: 'json' }
import cron from './cron.json' with { type: 'json' }
import deviceManagers from './device-managers.json' with { type: 'json' }
import dhcpd from './dhcpd.json' with { type: 'json' }
import dnsmasq from './dnsmasq.json' with { type: 'json' }
import dockerd from './dockerd.json' with { type: 'json' }
import dovecot from './dovecot.json' with { type: 'json' }
import dropbear from './dropbear.json' with { type: 'json' }
import exim from './exim.json' with { type: 'json' }
import fail2ban from './fail2ban.json' with { type: 'json' }
import fileSystemMounts from './file-system-mounts.json' with { type: 'json' }
import freeradius from './freeradius.json' with { type: 'json' }
import fuse from './fuse.json' with { type: 'json' }
import gunicorn from './gunicorn.json' with { type: 'json' }
import haproxy from './haproxy.json' with { type: 'json' }
import hostWatchers from './host-watchers.json' with { type: 'json' }
import inetd from './inetd.json' with { type: 'json' }
import ip from './ip.json' with { type: 'json' }
import ipsec from './ipsec.json' with { type: 'json' }
import kaniko from './kaniko.json' with { type: 'json' }
import keepalived from './keepalived.json' with { type: 'json' }
import kubelet from './kubelet.json' with { type: 'json' }
import libvirtd from './libvirtd.json' with { type: 'json' }
import lighttpd from './lighttpd.json' with { type: 'json' }
import login from './login.json' with { type: 'json' }
import mariadbInstallDb from './mariadb-install-db.json' with { type: 'json' }
import memcached from './memcached.json' with { type: 'json' }
import modprobe from './modprobe.json' with { type: 'json' }
import mosquitto from './mosquitto.json' with { type: 'json' }
import myInit from './my_init.json' with { type: 'json' }
import mysql from './mysql.json' with { type: 'json' }
import mysqlInstallDb from './mysql-install-db.json' with { type: 'json' }
import networkAgents from './network-agents.json' with { type: 'json' }
import networkClients from './network-clients.json' with { type: 'json' }
import nfs from './nfs.json' with { type: 'json' }
import nginx from './nginx.json' with { type: 'json' }
import ntpd from './ntpd.json' with { type: 'json' }
import openntpd from './openntpd.json' with { type: 'json' }
import opensmtpd from './opensmtpd.json' with { type: 'json' }
import packageManagers from './package-managers.json' with { type: 'json' }
import packetCapture from './packet-capture.json' with { type: 'json' }
import packetFilter from './packet-filter.json' with { type: 'json' }
import phpFpm from './php-fpm.json' with { type: 'json' }
import postfix from './postfix.json' with { type: 'json' }
import powerdns from './powerdns.json' with { type: 'json' }
import proftpd from './proftpd.json' with { type: 'json' }
import rclone from './rclone.json' with { type: 'json' }
import routing from './routing.json' with { type: 'json' }
import rsync from './rsync.json' with { type: 'json' }
import rsyslog from './rsyslog.json' with { type: 'json' }
import s6Overlay from './s6-overlay.json' with { type: 'json' }
import samba from './samba.json' with { type: 'json' }
import shadowsocksLibev from './shadowsocks-libev.json' with { type: 'json' }
import slapd from './slapd.json' with { type: 'json' }
import snapd from './snapd.json' with { type: 'json' }
import squid from './squid.json' with { type: 'json' }
import sshd from './sshd.json' with { type: 'json' }
import stunnel from './stunnel.json' with { type: 'json' }
import supervisord from './supervisord.json' with { type: 'json' }
import systemd from './systemd.json' with { type: 'json' }
import tailscaled from './tailscaled.json' with { type: 'json' }
import tor from './tor.json' with { type: 'json' }
import unbound from './unbound.json' with { type: 'json' }
import uwsgi from './uwsgi.json' with { type: 'json' }
import vpn from './vpn.json' with { type: 'json' }
import vsftpd from './vsftpd.json' with { type: 'json' }
import webfs from './webfs.json' with { type: 'json' }
import zabbix from './zabbix.json' with { type: 'json' }

// JSON has wide types only; schema/program.schema.json holds the narrow ones.
export const programs = [
  apache,
  atd,
  bind,
  buildkitd,
  chrony,
  containerd,
  cron,
  deviceManagers,
  dhcpd,
  dnsmasq,
  dockerd,
  dovecot,
  dropbear,
  exim,
  fail2ban,
  fileSystemMounts,
  freeradius,
  fuse,
  gunicorn,
  haproxy,
  hostWatchers,
  inetd,
  ip,
  ipsec,
  kaniko,
  keepalived,
  kubelet,
  libvirtd,
  lighttpd,
  login,
  mariadbInstallDb,
  memcached,
  modprobe,
  mosquitto,
  myInit,
  mysql,
  mysqlInstallDb,
  networkAgents,
  networkClients,
  nfs,
  nginx,
  ntpd,
  openntpd,
  opensmtpd,
  packageManagers,
  packetCapture,
  packetFilter,
  phpFpm,
  postfix,
  powerdns,
  proftpd,
  rclone,
  routing,
  rsync,
  rsyslog,
  s6Overlay,
  samba,
  shadowsocksLibev,
  slapd,
  snapd,
  squid,
  sshd,
  stunnel,
  supervisord,
  systemd,
  tailscaled,
  tor,
  unbound,
  uwsgi,
  vpn,
  vsftpd,
  webfs,
  zabbix,
] as readonly unknown[] as readonly ProgramRule[]
