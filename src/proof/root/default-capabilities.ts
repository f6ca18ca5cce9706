/** What a container of root has by default. Source: docker-run(1). */
export const DEFAULT_CAPABILITIES: readonly string[] =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  )
