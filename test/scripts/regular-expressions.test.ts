// Nobody's input hangs a regular expression: what recheck says of each, and what bounds those that are not linear.
import { expect, test } from '@jest/globals'
import { keptVerdicts, regularExpressions, verdictOf } from '../../scripts/check-regex.mjs'

const LINEAR = new Set(['safe', 'linear'])

interface Bounded {
  readonly file: string
  /** What they are matched against, or why recheck sees more than there is. */
  readonly bound: string
  readonly patterns: readonly string[]
}

/** All that recheck does not find linear. */
const BOUNDED: readonly Bounded[] = [
  {
    file: 'src/borders/markdown.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<!\\s)\\s*\\n\\s*/g'],
  },
  {
    file: 'src/dockerfile/ast.ts',
    bound: 'linear: it is asked of valid JSON alone, in which each quote is closed',
    patterns: ['/"(?:[^"\\\\]|\\\\.)*"|\\s/g'],
  },
  {
    file: 'src/dockerfile/flag-rules.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/((?<!\\d)\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)/gu'],
  },
  {
    file: 'src/engine/build-failure.ts',
    bound: 'the last 64 KiB of what an engine or its command says',
    patterns: ['/^-{6}\\n > (.*):\\n((?:.*\\n)*?)-{6}$/m', '/building at STEP ".*": (?=\\S)/'],
  },
  {
    file: 'src/engine/failure.ts',
    bound: 'the last 64 KiB of what an engine or its command says',
    patterns: [
      '/context "?[^"]*"?.*(?:not found|does not exist)|unable to resolve docker endpoint|unable to parse docker host/i',
      '/permission denied while trying to connect|dial unix .*: permission denied/i',
      '/pull access denied|manifest unknown|manifest .*not found|name unknown|repository .* not found|no such image|image not known|short-name .* did not resolve|: not found$|authentication required|unauthorized|denied: /i',
    ],
  },
  {
    file: 'src/image/sources/registry/credentials.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<!\\0)\\0+$/'],
  },
  {
    file: 'src/image/sources/stored/candidate.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<!\\/)\\/+$/'],
  },
  {
    file: 'src/image/step-down/daemon-options.ts',
    bound: 'one instruction of a Dockerfile, whose lines BuildKit bounds with 64 KiB',
    patterns: ['/(^|;|["\'])\\s*user\\s[^;]*;\\s*/'],
  },
  {
    file: 'src/image/step-down/daemons.ts',
    bound: 'linear: anchored, and what recheck repeats for `.*` is gone over once from its end; a path',
    patterns: [
      '/[\\d.]+$/',
      '/^(?=.*\\/(?:apache2|httpd)\\/).*\\/(?:[\\w.-]+\\.conf|envvars)$|\\/httpd\\.conf$/s',
      '/^(?=.*\\/(?:freeradius|raddb)\\/).*\\/radiusd\\.conf$/s',
      '/^(?=.*\\/(?:mysql|mariadb)[\\w.-]*\\/).*\\/[\\w.-]+\\.(?:cnf|conf)$|\\/(?:\\.my|my)\\.cnf$/s',
      '/^(?=.*\\/(?:php|php-fpm|fpm)[\\w.-]*\\/).*\\/[\\w.-]+\\.conf$|\\/php-fpm\\.conf$/s',
      '/^(?=.*\\/(?:powerdns|pdns)\\/).*\\/[\\w.-]+\\.conf$/s',
      '/^(?=.*\\/chrony\\/).*\\.conf$|\\/chrony\\.conf$/s',
      '/^(?=.*\\/haproxy[\\w.-]*\\/).*\\/[\\w.-]+\\.(?:cfg|conf)$|\\/haproxy\\.cfg$/s',
      '/^(?=.*\\/lighttpd\\/).*\\/[\\w.-]+\\.conf$|\\/lighttpd\\.conf$/s',
      '/^(?=.*\\/nginx\\/).*\\/[\\w.-]+\\.conf$|\\/nginx\\.conf$/s',
      '/^(?=.*\\/supervisor[\\w.-]*\\/).*\\/[\\w.-]+\\.(?:conf|ini)$|\\/supervisord?\\.(?:conf|ini)$/s',
      '/^(?=.*\\/unbound\\/).*\\/[\\w.-]+\\.conf$/s',
      '/^(?=.*\\/uwsgi[\\w.-]*\\/).*\\.ini$|\\/uwsgi[\\w.-]*\\.ini$/s',
      '/^(?=.*\\/zabbix\\/).*\\/[\\w.-]+\\.conf$/s',
    ],
  },
  {
    file: 'src/image/step-down/one-step-down.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<![\\d.])[\\d.]+$/'],
  },
  {
    file: 'src/image/step-down/scripts.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ['/(?<![\\w$}])(\\/(?:[\\w.-]+\\/){0,40}[\\w.-]+\\.d)\\b/g'],
  },
  {
    file: 'src/image/windows.ts',
    bound: 'linear: alternatives of fixed words; the name of an image',
    patterns: [
      '/(^|\\/)mcr\\.microsoft\\.com\\/windows(\\/|:|@|$)|mcr\\.microsoft\\.com\\/(dotnet\\/framework|businesscentral)\\/?|mcr\\.microsoft\\.com\\/windows-|\\w-windows(:|@|$)|(^|[/:_-])(windowsservercore|nanoserver|servercore)\\b|^microsoft\\/(iis|aspnet|windows\\w*|nanoserver|dotnet-framework|mssql-server-windows\\w*)(-|:|\\/|$)/i',
    ],
  },
  {
    file: 'src/plan/account/choose-account.ts',
    bound: 'linear: the digest has a fixed length',
    patterns: ['/(?<=.)@sha256:[0-9a-f]{64}$/'],
  },
  {
    file: 'src/plan/account/user-number.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ['/g\\+?=\\+?u|chgrp\\s+(-\\S+\\s+){0,9}(0|root)\\b|:(0|root)\\b/'],
  },
  {
    file: 'src/plan/evidence/command-line.ts',
    bound: 'the name of one option or variable, in a line of at most 64 KiB',
    patterns: [
      '/(^|[-_.])(data|datadir|dbpath|db|database|log|logs|logfile|logdir|pid|pidfile|cache|tmp|temp|state|store|storage|upload|uploads|spool|rundir|sock|socket|access-?logfile|error-?logfile|logging[-_.]file[-_.](?:name|path)|multipart[-_.]location)([-_.]?(dir|directory|path|folder|file|root))?$|(^|[-_.])run[-_.](dir|directory|path|folder)$|(^|[-_.])(data|db|log|storage|store|state|cache)[-_.]\\w+[-_.](dir|directory|path|folder)$/i',
    ],
  },
  {
    file: 'src/plan/evidence/compiled.ts',
    bound: 'a path, of at most PATH_MAX on a disk: 4096 characters',
    patterns: ['/(?<!\\/node_modules\\/.*)\\.([cm]?[jt]sx?|go|rs|java|kt|cs)$/', '/^(.*)\\/src\\/(.+\\.[cm]?[jt]s)$/'],
  },
  {
    file: 'src/plan/evidence/config-writes.ts',
    bound: 'the key of one line of a file of at most 64 KiB',
    patterns: [
      '/^([\\w.-]*[-_.])?(data|cache|storage|state|spool|persistence|upload|uploads|log|logs|tmp|temp|temp_file|db|database|coredump|proxy_cache|client_body_temp|proxy_temp|fastcgi_temp|fastcgi_cache)[-_.]?(dir|directory|path|location|folder|root)$/i',
    ],
  },
  {
    file: 'src/plan/evidence/folder-expression.ts',
    bound: 'an expression of at most bounds.expressionLength characters',
    patterns: ['/(\\/\\.?)+$/'],
  },
  {
    file: 'src/plan/evidence/frameworks.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: [
      '/django\\.db\\.backends\\.sqlite3["\'][\\s\\S]{0,200}?["\']NAME["\']\\s*:\\s*(?:str\\()?(?:os\\.path\\.join\\(\\s*BASE_DIR\\s*,|BASE_DIR\\s*\\/)\\s*(["\'][\\w./-]+["\'](?:\\s*[,/]\\s*["\'][\\w./-]+["\'])*)/',
    ],
  },
  {
    file: 'src/plan/evidence/home-tools.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ['/\\bpip[\\d.]*\\s+install\\b[^&|;]{0,4000}\\s--user\\b/'],
  },
  {
    file: 'src/plan/evidence/host-sockets.ts',
    bound: 'a path, of at most PATH_MAX on a disk: 4096 characters',
    patterns: [
      '/(^|\\/)(tests?|specs?|__tests__|docs?|examples?|\\.github)\\/|(^|\\/)(docker-)?compose[\\w.-]*\\.ya?ml$|\\.(test|spec)\\./',
    ],
  },
  {
    file: 'src/plan/evidence/path-expression.ts',
    bound: 'an expression of at most bounds.expressionLength characters',
    patterns: [
      '/\\$\\{([^}]*)\\}/g',
      '/\\/[^/]*\\/*$/',
      '/^(?:(?:std::)?env::var\\(|System\\.getenv\\(\\)\\.getOrDefault\\()\\s*"(\\w+)"\\s*(?:\\)\\.unwrap_or(?:_else)?\\((?:\\|\\w*\\|\\s*)?|,\\s*)(.+)\\)$/s',
      '/^(?:os\\.environ\\.get|os\\.getenv|ENV\\.fetch|(?:\\w+\\.)?(?=\\w*[gG]et_?[eE]nv)\\w+)\\(\\s*["\'](\\w+)["\']\\s*(?:,\\s*(.+))?\\)$/s',
      '/^(__dirname|__DIR__|__dir__|import\\.meta\\.dirname|dirname\\(__FILE__\\)|os\\.path\\.dirname\\(\\s*(os\\.path\\.(abspath|realpath)\\(\\s*)?__file__\\s*\\)?\\s*\\)|Path\\(\\s*__file__\\s*\\)(\\.resolve\\(\\))?\\.parent|basedir|BASE_DIR|app\\.root_path)$/',
    ],
  },
  {
    file: 'src/plan/evidence/root-home.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ['/\\brm\\b[^&|;\\n]{0,4000}\\/\\.(netrc|npmrc|pypirc|git-credentials|pgpass|ssh)/'],
  },
  {
    file: 'src/plan/evidence/set-capabilities.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ['/\\b(purge|remove|autoremove|apk (?:\\S+ ){0,9}del|erase)\\b/'],
  },
  {
    file: 'src/plan/evidence/source-rules.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: [
      '/\\b(?:OpenOptions::new|File::options)\\(\\)(?:\\s*\\.\\w+\\(\\w+\\)){0,9}?\\s*\\.(?:write|append)\\(true\\)(?:\\s*\\.\\w+\\(\\w+\\)){0,9}\\s*\\.(open)\\(/g',
      '/\\b(destination)\\s*(?::\\s*(?:async\\s*)?(?:function\\s*(?:\\w+\\s*)?)?)?\\([^)]{0,400}\\)\\s*(?:=>\\s*)?(?:\\{\\s*)?(?:return\\s+)?\\w+\\(\\s*null\\s*,/g',
      '/\\b(error_log)\\([^;]{0,1000}?,\\s*3\\s*,/g',
      '/\\b(open)\\s*(?:\\(\\s*)?(?:my\\s+)?[$\\w*]{1,200}\\s*,\\s*["\'](?:>>?|\\+[<>])[^"\',]*["\']\\s*,/g',
    ],
  },
  {
    file: 'src/plan/evidence/source-writes.ts',
    bound: 'linear: a source file of at most 64 KiB, and no two starts go over the same characters',
    patterns: [
      '/(?<!\\s)\\s+(?:\\/\\/|#).*$/',
      '/(^|\\/)(tests?|__tests__|spec|examples?|docs?|scripts|bench|fixtures|migrations)\\/|(?<!ecosystem)\\.(test|spec|config|d)\\.[a-z]+$|(^|\\/)(setup|conftest|gulpfile|webpack[^/]*|vite[^/]*)\\.[a-z]+$/',
      '/^[ \\t]*(?:export )?(?:(?:const|let|var|pub|static|mut|public|private|protected|internal|final|readonly|val|string|String|Path|File)[ \\t]+)*(?:define\\(["\'])?\\$?([A-Za-z_]\\w*)["\']?\\s*(?::[^=\\n\\r\\u2028\\u2029]*)?(?:=(?![=>])|,)\\s*(.+)$/gm',
    ],
  },
  {
    file: 'src/plan/evidence/sources.ts',
    bound: 'linear: a source file of at most 64 KiB, and no two starts go over the same characters',
    patterns: ['/\\b(?:UseWebRoot\\(|WebRootPath\\s*=)\\s*"([\\w./-]+)"/'],
  },
  {
    file: 'src/plan/evidence/unlisted-daemons.ts',
    bound: 'the name of a package',
    patterns: ['/-(server|daemon|hpa|bin)$|(?<!\\d)\\d+$/'],
  },
  {
    file: 'src/plan/exemptions.ts',
    bound: 'one line of a Dockerfile that is a comment',
    patterns: [
      '/^#\\s*hadolint\\s+global\\s+ignore=(?:\\S+,)?\\s*DL3002\\b(?<reason>.*)$/',
      '/^#\\s*hadolint\\s+ignore=(?:\\S+,)?\\s*DL3002\\b(?<reason>.*)$/',
      '/^#\\s*kics-scan\\s+disable=\\S*fd54f200-402c-4333-a5a4-36ef6709af2f\\b(?<reason>.*)$/',
    ],
  },
  {
    file: 'src/plan/included-files.ts',
    bound: 'linear in each line of a configuration file of at most 64 KiB',
    patterns: [
      '/^[ \\t]*[$!]?(?:include(?:optional|config|dir|-toplevel)?|import)\\b[ \\t]*[:=]?[ \\t]*["\']?([^\\s;"\'#]+)/gim',
    ],
  },
  {
    file: 'src/plan/ports/port-lists.ts',
    bound: 'one line of a configuration file',
    patterns: [
      '/(?:(?<!\\s)\\s+)?,\\s*/',
      '/\\w\\s*\\(\\s*["\'](?!\\d+["\']|0\\.0\\.0\\.0["\']|\\*["\']|::["\'])[\\w.:-]+["\']/',
    ],
  },
  {
    file: 'src/plan/ports/script-ports.ts',
    bound: 'the 256 characters before a port',
    patterns: ['/(?<![\\w.\\]*}"-])([\\w.\\]*}"-]*)$/'],
  },
  {
    file: 'src/plan/shipped/run-actions.ts',
    bound: 'one instruction of a Dockerfile, whose lines BuildKit bounds with 64 KiB',
    patterns: [
      '/\\b(mkdir|chown|chmod|rm|touch|ln|a2(?:en|dis)site|openssl|ssh-keygen|certtool|mkcert|mosquitto_passwd|svnadmin|trac-admin)\\b|\\b(?:git|hg)\\b[^&|;\\n]*\\binit\\b|(?:^|[;&|({!\\n]|\\b(?:do|then|else|sudo))\\s*install\\s/',
    ],
  },
  {
    file: 'src/plan/shipped/run-texts.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<!\\\\)(?:\\\\\\\\)*(?:\\$[\\w({!?$@*#-]|`)/'],
  },
  {
    file: 'src/plan/step-down/root-work.ts',
    bound: 'one instruction of a Dockerfile, whose lines BuildKit bounds with 64 KiB',
    patterns: [
      '/\\b(useradd|adduser|addgroup|group(add|mod|del)|user(mod|del)|deluser|delgroup|passwd|apt|apt-get|apk|yum|dnf|microdnf|tdnf|zypper|pacman|dpkg|rpm|pecl|chown|chgrp|update-|ldconfig|setcap|a2|locale-gen|docker-php|install-php|mkdir|ln|cp|mv|install)\\b|>\\s*\\/|tee\\b/',
    ],
  },
  {
    file: 'src/profile/compose-ports.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<!\\d)(\\d+)-(\\d+)(?:\\/\\w+)?$/', '/\\$(\\{(?:[^}$]|\\$(?!\\{))*\\}|\\w+)(\\/\\w+)?$/'],
  },
  { file: 'src/profile/image-name.ts', bound: 'the name of an image', patterns: ['/[:@][^/]*$/'] },
  { file: 'src/proof/ask/ask-port.ts', bound: 'a word of at most 40 characters', patterns: ['/[\\d.]{4,}.*$/'] },
  {
    file: 'src/proof/compare/doubts.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ['/<title[^>]{0,1000}>([^<]+)/i'],
  },
  {
    file: 'src/proof/compare/drawn-names.ts',
    bound: 'the name of one file: 255 bytes',
    patterns: ['/^(?=.*\\d)(?=.*[a-z])(?=.*[A-Z])[\\w-]{20,}$/', '/^[\\da-f]{30,}(\\.\\w+)?$/'],
  },
  {
    file: 'src/proof/compare/unrun-scripts.ts',
    bound:
      'linear: it starts once in each run of such characters, which its look-behind sees to and recheck does not see',
    patterns: ['/(?<![\\w.$/-])\\/[\\w./-]+/g'],
  },
  {
    file: 'src/proof/conditions/arbitrary-cell.ts',
    bound: 'a line of a log that is at most 2000 characters long',
    patterns: ['/setgroups|setuid|setgid|\\bmapp(ed|ing)|invalid argument|cannot find .* in|set user/i'],
  },
  {
    file: 'src/proof/learn/refusals.ts',
    bound: 'a line of a log that is at most 2000 characters long',
    patterns: [
      '/["\'`‘“]([^"\'`’”\\s]+)["\'`’”]/g',
      '/\\b(must|should|has to|needs to) be owned by\\b|\\b(is )?not owned by\\b|\\b(bad|wrong|invalid|incorrect|insecure|unsafe) owner(ship)?\\b|\\bowner(ship)? (of|for) .{0,120} (is (not|wrong|invalid|incorrect)|must|should)\\b/i',
      "/\\b(set(e|re|res)?[ug]id|setgroups|initgroups|chroot)\\b.*(fail|denied|not permitted|unable|cannot|error)|(fail|unable|cannot|can't|could not|not permitted).*\\b(set(e|re|res)?[ug]id|setgroups|initgroups|chroot)\\b|(cannot|can't|could not|unable to|failed to) (change|switch|drop|set).{0,30}\\b(uid|gid|user|groups?|privileges)\\b|failed switching to/i",
      '/^(\\s*(\\[[^\\]]*\\]|\\(?\\d{4}[-/.]\\d\\d[-/.]\\d\\d\\S*|\\d\\d:\\d\\d:\\d\\d\\S*|[A-Z][a-z]{2} +\\d+ \\d\\d:\\d\\d:\\d\\d|UTC|GMT|\\d+[:#]\\d*#?\\S*:?))+\\s*/',
      "/for reading|\\bread\\b(?!-only)|can't load|cannot load|loading|opendir|open (the )?config|open\\(\\).*conf|BIO_new_file|private key|certificate/i",
    ],
  },
  {
    file: 'src/proof/root/refuses-others.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: [
      "/\\b(do not|don't|not be|should not|cannot be|can't be|never)\\b.{0,30}\\b(run|started|executed)\\b.{0,20}\\broot\\b/i",
      '/\\b(must|needs?|requires?|required|has to|have to|only|should|not)\\b.{0,40}\\b(root|superuser|super-user|uid 0)\\b|\\b(root|superuser)\\b.{0,30}\\b(required|needed|privileges?|permissions?)\\b/i',
    ],
  },
  {
    file: 'src/proof/trace/network-calls.ts',
    bound: "one call in strace's output, which cuts strings and addresses off",
    patterns: ['/sun_path=(".*")\\}$/'],
  },
  {
    file: 'src/proof/trace/operation-of.ts',
    bound: "one call in strace's output, which cuts strings and addresses off",
    patterns: ['/AT_FDCWD(<[^>]*>(\\(deleted\\))?)?, /'],
  },
  {
    file: 'src/proof/trace/parse-trace.ts',
    bound: "one call in strace's output, which cuts strings and addresses off",
    patterns: ['/^((alarm|setitimer)\\([^)]*[1-9]|setsockopt\\([^)]*SO_RCVTIMEO\\w*, (?!"(\\\\0)*"))/'],
  },
  {
    file: 'src/report/proof-hint.ts',
    bound: 'linear: what is repeated has a bound, so that each start costs a constant',
    patterns: ["/\\b(\\w+n't|cannot|not|never|refus(es|ing))\\b.{0,40}\\b(root|superuser|uid 0)\\b/i"],
  },
  {
    file: 'src/userns/daemon-arguments.ts',
    bound: "dockerd's own command line",
    patterns: ['/--userns-remap(?:=|\\s+)"?([^\\s"\']+)/'],
  },
  {
    file: 'src/userns/daemon-config.ts',
    bound: "daemon.json, which is the administrator's",
    patterns: ['/^[ \\t]*(?:\\/\\/[^\\r\\n]*|(?:\\/\\*(?:[^\\r\\n*]|\\*(?!\\/))*\\*\\/[ \\t]*)+(?=\\r?\\n))?/'],
  },
  {
    file: 'src/workspace/context-files.ts',
    bound: 'a path, of at most PATH_MAX on a disk: 4096 characters',
    patterns: [
      '/(^|\\/)([^/.]+|\\.env|Gemfile|artisan|.*\\.(sh|bash|js|mjs|cjs|ts|mts|jsx|tsx|py|go|rb|ru|php|pl|pm|psgi|cgi|conf|cfg|ini|ya?ml|toml|json|xml|properties|env|cnf|template|tmpl|j2|service|txt|lock|vcl|hcl))$/i',
      '/(^|\\/)(id_[a-z0-9]+|.*\\.(pem|key|p12|pfx|jks|keystore|kdbx|gpg|asc|jwk|psk)|.*(passwd|password|secret|token|credential)[^/]*)$/i',
    ],
  },
  {
    file: 'src/workspace/copied-sources.ts',
    bound: 'the value of one flag',
    patterns: ['/(?:^|,)(?:source|src)=([^,]+)/'],
  },
]

/** All that are made while the program runs, and what of a stranger's is in them. */
const MADE: Readonly<Record<string, string>> = {
  'catalogue/root-program.ts: pattern': 'the catalogue, which is ours',
  "src/borders/terminal.ts: `(${'\\u001b'}\\\\[(?:1|2|22|3[1236]|39)m)`": 'constants, and names of \\w alone',
  'src/dockerfile/keywords.ts: `[${unicodeSpaces}]`': 'constants, and names of \\w alone',
  'src/engine/listeners.ts: `^${table.toUpperCase()}: inuse 0\\\\b`': 'constants, and names of \\w alone',
  'src/image/reference.ts: `^(?:${label}(?:\\\\.${label})*|\\\\[[a-fA-F0-9:]+\\\\])(?::[0-9]+)?$`':
    'constants, and names of \\w alone',
  "src/image/sources/catalogue-match.ts: `^${glob.replace(/[.+?^${}()|[\\]\\\\]/g, '\\\\$&').replaceAll('*', '[^/]*')}$`":
    'the catalogue, which is ours',
  'src/image/sources/catalogue-match.ts: tagPattern': 'the catalogue, which is ours',
  'src/image/sources/catalogue.ts: pattern': 'the catalogue, which is ours',
  'src/image/sources/catalogue.ts: rule.pattern': 'the catalogue, which is ours',
  'src/image/step-down/daemons.ts: `^[ \\\\t]*(?:${key})[ \\\\t]*=[ \\\\t]*${value}[ \\\\t]*(?:;[ \\\\t]*)?$`':
    'constants, and names of \\w alone',
  'src/image/step-down/daemons.ts: `^[ \\\\t]*(?:${key})[ \\\\t]+${value}[ \\\\t]*(?:;[ \\\\t]*)?$`':
    'constants, and names of \\w alone',
  'src/image/step-down/daemons.ts: `^[ \\\\t]*(?:(?:export[ \\\\t]+)?(?:: \\\\$\\\\{)?APACHE_RUN_GROUP:?=|[Gg]roup[ \\\\t]+)${wordAsGroup}`':
    'constants, and names of \\w alone',
  'src/image/step-down/daemons.ts: `^[ \\\\t]*(?:(?:export[ \\\\t]+)?(?:: \\\\$\\\\{)?APACHE_RUN_USER:?=|[Uu]ser[ \\\\t]+)${word}`':
    'constants, and names of \\w alone',
  'src/image/step-down/daemons.ts: `^[ \\\\t]*-u[ \\\\t]*${word}`': 'constants, and names of \\w alone',
  'src/image/step-down/daemons.ts: `^[ \\\\t]*username:[ \\\\t]*${word}`': 'constants, and names of \\w alone',
  'src/image/step-down/directives.ts: `^[ \\\\t]*(?:export[ \\\\t]+)?(?:: \\\\$\\\\{)?${name}:?=["\']?([\\\\w.-]+)`':
    'constants, and names of \\w alone',
  'src/image/step-down/directives.ts: daemon.user': 'constants, and names of \\w alone',
  'src/image/step-down/folder-edits.ts: String.raw`\\bfor\\s+${name}\\s+in\\s+([^;\\n]+)`':
    'constants, and names of \\w alone',
  'src/image/step-down/guard.ts: `${uid}${operator}${zero}|${zero}${operator}${uid}|${name}${operator}${root}`':
    'constants, and names of \\w alone',
  'src/image/step-down/guard.ts: `^case ${uid} in ["\']?0["\']?$`': 'constants, and names of \\w alone',
  'src/image/step-down/sure-conditions.ts: `(^|[^\\\\w$"{])${name}\\\\+?=|\\\\b(read|for|printf|mapfile|readarray|getopts)\\\\b[^\\\\n;]*\\\\b${name}\\\\b|\\\\{${name}:?=`':
    'constants, and names of \\w alone',
  'src/plan/account/file-owners.ts: `\\\\b${escapeEre(name)}\\\\b`': 'a name, escaped, between two borders of words',
  'src/plan/shipped/shipped-draft.ts: WORD': 'constants, and names of \\w alone',
  'src/plan/closed-places.ts: `^${text}${end}`': 'a glob, escaped but for its stars; a path',
  'src/plan/evidence/catalogue.ts: String.raw`(?<!\\d)${move.from}(?!\\d)`': 'a number',
  'src/plan/evidence/daemon-ports.ts: onlyWith': 'the catalogue, which is ours',
  'src/plan/evidence/help-option.ts: `^${VALUE}(?=[\\\\s,;:]|$)`': 'constants, and names of \\w alone',
  'src/plan/evidence/main-config.ts: String.raw`(?:^|[\\s/])${program}\\s(?:[^;&|]*\\s)?${option}\\s*["\']?(/[^\\s"\';&|]+)`':
    'constants, and names of \\w alone',
  'src/plan/evidence/packages.ts: `^(?:${pattern})$`': 'the catalogue, which is ours',
  "src/plan/evidence/root-home.ts: homeTools.map(({ run }) => run.source).join('|')":
    'constants, and names of \\w alone',
  'src/plan/evidence/vendor-edits.ts: line': 'the catalogue, which is ours',
  'src/plan/evidence/working-folder.ts: `^(?:${option})$`': 'the catalogue, which is ours',
  'src/plan/evidence/working-folder.ts: only': 'the catalogue, which is ours',
  'src/plan/evidence/working-folder.ts: rule.with': 'the catalogue, which is ours',
  'src/plan/evidence/working-folder.ts: unless': 'the catalogue, which is ours',
  'src/plan/file-edit.ts: source': 'an edit of ours: what it takes from a file is escaped by escapeEre',
  'src/plan/included-files.ts: `^${source}$`': 'a glob, escaped but for its stars; a path',
  'src/plan/ports/healthcheck.ts: String.raw`(${LOOPBACK}(?::|["\']?,\\s*["\']?|\\s+))${from}(?!\\d)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/healthcheck.ts: String.raw`(\\b${scheme}://${LOOPBACK})(?=[/"\'\\s]|$)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/healthcheck.ts: String.raw`(\\b(?:curl|wget)\\b[^|;&]*?\\s)(${LOOPBACK})(?=[/"\'\\s]|$)(?!:)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-arguments.ts: String.raw`((?:^|[\\w\\]*+.]|//[^/;,]*):)${from}(?=$|[/;,\\s"\'])`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-arguments.ts: `^(-[pPlb])${from}$`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-files.ts: String.raw`${LOCAL}\\]?(?:[:,]|\\s+)${port}(?![\\d.])|${LOCAL}${beside}${named}|${named}${beside}["\']?[\\w.-]*["\']?\\s{0,9}[:=]?\\s{0,9}["\']?${LOCAL}`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-guess.ts: String.raw`(?<![\\w./%$-])${other}${port}(?![\\w.%-]|\\/(?!tcp\\b|udp\\b))`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-guess.ts: `^-[A-Za-z]${from}$`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`(?:<\\w+\\b[^>]*|\\binput\\([^)]*)\\bport\\s*=\\s*["\']${from}["\']`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`^\\s*${ANY_ADDRESS}${from}(?=["\']?\\/?\\s*(?:[{,;]|$))`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: String.raw`^\\s*${BEFORE}[<"\']?${KEY}["\']?(?:\\s*[:=]\\s*|\\s+)["\']?(?:\\S*[:@\\]*])?${from}(?![\\w.:]|\\s*\\.)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lines.ts: `${from}(?=["\']?[;>]?$)`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lists.ts: String.raw`(?<![\\w.:@])${ADDRESS}${from}(?![\\w.:@])`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lists.ts: String.raw`\\b(?:local)?port\\s*\\(\\s*["\']?${from}["\']?\\s*\\)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lists.ts: String.raw`^(?:\\d+(?:\\s*,\\s*|\\s+))*${from}(?=\\s*(?:[,;\\s]|$))`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lists.ts: String.raw`^\\s*(?:["\']?${key}["\']?(?:\\s*[:=]\\s*|\\s+)|-\\s+)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/port-lists.ts: `:${from}/?$`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/renumbered.ts: String.raw`(\\\\\\d|(?<!\\d))${move.to}(?!\\d)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/said-ports.ts: String.raw`^[ \\t]*(?:\\w*[ \\t]*\\{[ \\t]*)?<?(?:listen|bind|virtualhost)(?:[ \\t]*[:=][ \\t]*|[ \\t]+)["\']?${ANY_LINE}(\\d{1,3})(?![\\w.:-])`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/script-ports.ts: String.raw`(^|.)\\$\\{(\\w*(?:PORT|LISTEN)\\w*):?[-=]${from}\\}`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/script-ports.ts: String.raw`\\b${from}\\b`': 'numbers of ports between constants; one line of a file',
  'src/plan/ports/script-ports.ts: String.raw`\\bPORT=(["\']?)${from}\\1(?=\\s|$)`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/source-ports.ts: String.raw`\\blisten(?:AndServe)?\\(\\s*(?:["\'][\\d.]*:)?${from}\\b|\\b(?:run|serve|listen)\\([^()\\n]*\\bport\\s*[=:]\\s*${from}\\b|(?:\\b\\w*Server|\\.bind)\\(\\(\\s*["\'][^"\']*["\']\\s*,\\s*${from}\\b|\\bInetSocketAddress\\(\\s*${from}\\b|\\bset\\(?\\s*:port,\\s*${from}\\b`':
    'numbers of ports between constants; one line of a file',
  'src/plan/ports/source-ports.ts: form': 'numbers of ports between constants; one line of a file',
  'src/plan/shipped/context-files.ts: `^${source}$`': 'a glob of COPY or rm, escaped but for its stars; a path',
  'src/plan/shipped/removed.ts: `^${source}(?:/|$)`': 'a glob of COPY or rm, escaped but for its stars; a path',
  "src/plan/step-down/step-down-edits.ts: String.raw`(?<!\\w=\\S*\\s+)(?:${texts.join('|')})(?![\\w./-])`":
    'escaped texts',
  'src/profile/compose-ports.ts: `[:\\\\s]${from}\\\\b`': 'numbers of ports and escaped names',
  'src/profile/compose-ports.ts: `\\\\b${host}:${port}\\\\b`': 'numbers of ports and escaped names',
  'src/profile/compose-ports.ts: `\\\\b${scheme}://${host}(?![\\\\w.:-])`': 'numbers of ports and escaped names',
  'src/profile/image-changes.ts: String.raw`(?<!\\d)${to}(?!\\d)`': 'numbers',
  'src/profile/rewrite-yaml.ts: `(?: {${column + 1},}#.*(?:\\\\n|$))*`': 'numbers',
  'src/proof/ask/http-answer.ts: `^${name}:[ \\\\t]*([^\\\\r\\\\n]+)`': 'constants, and names of \\w alone',
  'src/proof/compare/new-errors.ts: `${String.fromCharCode(27)}\\\\[[\\\\d;]*m`': 'constants, and names of \\w alone',
  'src/proof/learn/refusals.ts: String.raw`^\\W*${escapeEre(path)}:?( line)? `':
    'an escaped path; a line of at most 2000 characters',
  'src/proof/learn/refusals.ts: `${String.fromCharCode(27)}\\\\[[\\\\d;]*m`': 'constants, and names of \\w alone',
  'src/proof/trace/open-calls.ts: `\\\\b${name}=([\\\\w|]+)`': 'constants, and names of \\w alone',
  'src/temporary.ts: `^\\\\..+\\\\.(${tokenPattern})\\\\.[0-9a-f]{8}\\\\.tmp$`': 'constants, and names of \\w alone',
  'src/temporary.ts: `^harden-image-(${tokenPattern})-[a-z]+-\\\\w{6}$`': 'constants, and names of \\w alone',
  'src/userns/sub-ids.ts: `^[ \\\\t]*${prefix}_${name}[ \\\\t]+(\\\\d+)[ \\\\t]*$`':
    'constants, and names of \\w alone',
  'src/workspace/dockerignore.ts: `^${source}$`': 'bounds.patternFolders and bounds.patternStars',
  'src/workspace/smoke-rules.ts: value': 'bounds.patternLength, and a process of its own that bounds.patternMs ends',
  'transforms/raise-ports.ts: `\\\\b${from}\\\\b`': 'a number',
}

const verdicts = keptVerdicts()
const { literals, made } = regularExpressions()

test('each regular expression has a verdict of recheck: npm run check:regex asks for those of new ones', () => {
  expect(literals.length).toBeGreaterThan(1000)
  expect(literals.filter((literal) => verdicts[literal] === undefined)).toEqual([])
})

test('none takes exponential time', () => {
  expect(literals.filter((literal) => verdicts[literal] === 'exponential')).toEqual([])
})

test('each that is not linear is listed with what bounds it, and nothing else is', () => {
  const slow = literals.filter((literal) => !LINEAR.has(verdicts[literal] ?? ''))
  expect(BOUNDED.flatMap(({ patterns }) => patterns).sort()).toEqual(slow.sort())
})

test('each that is made while the program runs is listed with what a stranger says in it', () => {
  expect(Object.keys(MADE).sort()).toEqual(made)
})

test('recheck still says of some what is kept of it', async () => {
  const linear = literals.filter((literal) => LINEAR.has(verdicts[literal] ?? ''))
  const some = Array.from({ length: 10 }, () => linear[Math.floor(Math.random() * linear.length)] ?? '')
  const said = await Promise.all(
    some.map(async (literal) => [literal, await verdictOf(literal, 5_000, ['automaton'])] as const),
  )
  // Its automaton is exact; its fuzzing says another thing on a busy machine. What does not end in time says nothing.
  expect(said.filter(([, verdict]) => !LINEAR.has(verdict) && verdict !== 'unknown')).toEqual([])
  expect(await verdictOf('/^(a+)+$/', 30_000)).toBe('exponential')
}, 120_000)
