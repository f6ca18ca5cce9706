// Small applications, and what another user than root must be given to run them: by what their own files say.
import { expect, test } from '@jest/globals'
import { type Files, worked } from './worked.ts'

interface Application {
  readonly says: string
  readonly files: Files
  /** In the result, in turn. */
  readonly gives?: readonly string[]
  readonly not?: readonly string[]
  /** Parts of what is left for a person; none: nothing is. */
  readonly todos?: readonly string[]
  /** Kind and message of what a run answers, but for the base image; not given: whatever it is. */
  readonly asks?: readonly string[]
}

async function checked({ files, gives = [], not = [], todos = [], asks }: Application): Promise<void> {
  const result = (await worked(files, ['Dockerfile'])).get('Dockerfile')
  const left = (result?.findings ?? []).filter(({ outcome }) => outcome === 'todo').map(({ message }) => message)
  const asked = (result?.findings ?? []).flatMap(({ question = 'base-image', message }) =>
    question === 'base-image' ? [] : [`${question}: ${message}`],
  )
  if (asks !== undefined) expect(asked).toEqual(asks)
  for (const text of gives) expect(result?.output).toContain(text)
  for (const text of not) expect(result?.output).not.toContain(text)
  expect(left).toEqual(todos.map((text) => expect.stringContaining(text)))
}

const settings =
  "from pathlib import Path\nVAR = Path('/srv/board/var')\nfor d in ('db', 'log'):\n    (VAR / d).mkdir(exist_ok=True)\nINSTALLED_APPS = []\nLOGGING = {'handlers': {'file': {'class': 'logging.FileHandler', 'filename': '/srv/board/trail/all.log'}}}\n"
const board = (run: string): Files => ({
  Dockerfile: `FROM python:3.13\nWORKDIR /srv/board\nCOPY . .\n${run}CMD ["python", "manage.py", "runserver"]\n`,
  'manage.py': '',
  'board/settings.py': settings,
})

test.each<Application>([
  {
    says: 'all in the folders that its settings make, and the log that they begin',
    files: board('RUN python manage.py collectstatic --noinput\n'),
    gives: ['chown -Rh 10001:10001 /srv/board/trail /srv/board/var/db /srv/board/var/log'],
  },
  {
    says: 'the folders alone, where no step has run it',
    files: board(''),
    gives: ['/srv/board/var/db', '/srv/board/trail'],
    not: ['-R'],
  },
  {
    says: 'the folders alone, where the step is not of root',
    files: board('RUN useradd -u 1500 web\nUSER web\nRUN python manage.py check\nUSER root\n'),
    not: ['-R'],
  },
])('what the build has run as root is left behind for its user: $says', checked)

const posted = (run: string, recipe = 'install -m 640 postd.conf $(DESTDIR)$(ETC)/postd.conf'): Files => ({
  Dockerfile: `FROM debian:13\nCOPY . /usr/src/postd\nRUN ${run}\nCMD ["/usr/local/sbin/postd"]\n`,
  Makefile: `ETC ?= /etc\npostd: postd.c\n\t$(CC) -o $@ $<\n\ninstall: postd\n\tinstall -D postd $(DESTDIR)/usr/local/sbin/postd\n\t@${recipe}\n\ncheck:\n\tinstall -m 600 postd.conf /etc/postd.check\n`,
  'postd.conf': 'spool /var/spool/postd\nlog /var/log/postd.log\n',
  'postd.c': 'int main(void) { return 0; }\n',
})

test.each<Application>([
  {
    says: 'what the configuration says that it puts below /etc, and closes to others',
    files: posted('cd /usr/src/postd && make && make install && rm -rf /usr/src/postd'),
    gives: ['touch /var/log/postd.log', 'chgrp 10001 /etc/postd.conf', 'chmod 640 /etc/postd.conf'],
  },
  {
    says: 'where a variable of the command says it, in the folder of -C',
    files: posted('make -C /usr/src/postd ETC=/etc/post install'),
    gives: ['touch /var/log/postd.log', 'chgrp 10001 /etc/post/postd.conf'],
  },
  {
    says: 'open to others there is nothing to read for it',
    files: posted('make -C /usr/src/postd install', 'install -m 644 postd.conf /etc/postd.conf'),
    gives: ['touch /var/log/postd.log'],
    not: ['chgrp'],
  },
  {
    says: 'a target that nobody makes puts nothing anywhere',
    files: posted('make -C /usr/src/postd && cp /usr/src/postd/postd /usr/local/sbin/'),
    not: ['/etc/postd', 'chgrp'],
    asks: [
      'sources: sources in C are not read for what they write',
      'start-script: /usr/local/sbin/postd, which it starts, could not be read',
    ],
  },
])('make install of the build puts files into the image: $says', checked)

const stacked = (more = ''): Files => ({
  Dockerfile: `FROM debian:13\nRUN apt-get update && apt-get install -y redis-server supervisor\n${more}COPY queue.conf /etc/redis/redis.conf\nCOPY supervisord.conf /etc/supervisord.conf\nCMD ["supervisord", "-c", "/etc/supervisord.conf"]\n`,
  'queue.conf': 'dir /srv/queue\n',
  'supervisord.conf':
    '[supervisord]\nnodaemon=true\nlogfile=/dev/null\n[program:queue]\ncommand=redis-server /etc/redis/redis.conf\nuser=redis\n[program:web]\ncommand=/usr/bin/web\nuser=www-data\n',
})

test.each<Application>([
  {
    says: 'opens the folder of its configuration',
    files: stacked(),
    gives: ['chmod 2771 /etc/redis', 'USER 33:33'],
  },
  {
    says: 'not where a step has made the folder itself',
    files: stacked('RUN rm -rf /etc/redis && mkdir -p /etc/redis\n'),
    not: ['/etc/redis \\'],
  },
])('who runs the server of a package as another than its own account $says', checked)

test.each<Application>([
  {
    says: 'its log by the version of the service',
    files: {
      Dockerfile:
        'FROM debian:13\nRUN apt-get update && apt-get install -y nginx php-fpm\nCMD service php8.4-fpm start && nginx -g "daemon off;"\n',
    },
    gives: ['/var/log/php8.4-fpm.log'],
  },
])('an init script of PHP is one of a listed server: $says', checked)

test('a source that is not in the build context is a question, and one of settings is none', () =>
  checked({
    says: '',
    files: {
      Dockerfile: 'FROM node:22\nWORKDIR /app\nCOPY server.js .env ./\nCOPY dist ./dist\nCMD ["node", "server.js"]\n',
      'server.js': '',
    },
    asks: ['sources: dist is not in the build context'],
  }))

test('a project whose package.json is not in the build context is a question', () =>
  checked({
    says: '',
    files: {
      Dockerfile:
        'FROM node:22\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN yarn\nCOPY . .\nCMD ["yarn", "start"]\n',
    },
    asks: ['sources: package.json is not in the build context'],
  }))

const saved = (name: string, text = 'a'): Files => ({
  Dockerfile: 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n',
  'main.py':
    'import os\nDATA = "out"\nos.makedirs(DATA, exist_ok=True)\nopen(os.path.join(DATA, f"{coin}.json"), "w").write(x)\n',
  [name]: text,
})

test.each<Application>([
  { says: 'of that ending', files: saved('out/coin.json'), gives: ['chown 10001:10001 /app/out /app/out/coin.json'] },
  { says: 'of no other', files: saved('out/coin.tmpl'), gives: ['chown 10001:10001 /app/out\n'] },
  { says: 'and not deeper', files: saved('out/old/coin.json'), gives: ['/app/out'], not: ['/app/out/old/coin.json'] },
])('files that COPY brings into a folder where the program writes files $says', checked)

test.each<Application>([
  {
    says: 'that holds folders of state alone',
    files: {
      Dockerfile: 'FROM node:22-alpine\nWORKDIR /app\nCOPY . .\nRUN touch config/DOCKER\nCMD ["node", "index.js"]\n',
      'index.js': '',
      'config/db/.gitkeep': '',
      'config/logs/.gitkeep': '',
    },
    gives: ['chown -Rh 1000:1000 /app/config\n'],
  },
  {
    says: 'but not where it holds something to be read',
    files: {
      Dockerfile: 'FROM node:22-alpine\nWORKDIR /app\nCOPY . .\nCMD ["node", "index.js"]\n',
      'index.js': '',
      'config/default.yaml': 'a: 1\n',
      'config/db/.gitkeep': '',
      'config/logs/.gitkeep': '',
    },
    gives: ['/app/config/db /app/config/logs\n'],
    not: ['-R'],
  },
])('the folder $says', checked)

const started = (script: string, more: Files = {}): Files => ({
  Dockerfile: `FROM python:3.12-alpine\nCOPY . /\nCMD ["/init"]\n`,
  init: script,
  ...more,
})

test.each<Application>([
  {
    says: 'is no s6 where it is a file of the project',
    files: started('#!/bin/sh\nmkdir -p /srv/logs\nexec gunicorn main:app\n'),
    gives: ['install -d -o 10001 -g 10001 /srv/logs', 'USER 10001:10001'],
  },
  {
    says: 'is s6 where the project brings all of that',
    files: started('#!/bin/sh\nexec /etc/s6/init\n', { 'etc/s6/init': '' }),
    not: ['USER'],
    todos: ['must keep root: init is the init of s6-overlay'],
  },
])('/init $says', checked)

const browsed = (settings: string): Files => ({
  Dockerfile: 'FROM alpine:3.20\nCOPY browse.json /.browse.json\nCOPY browse /browse\nENTRYPOINT ["/browse"]\n',
  browse: '\0',
  'browse.json': settings,
})

test.each<Application>([
  {
    says: 'a database that settings name',
    files: browsed('{\n  "database": "/kept/browse.db",\n  "root": "/srv"\n}\n'),
    gives: ['install -d -o 10001 -g 10001 /kept\n'],
  },
  { says: 'but not one by its address', files: browsed('{\n  "database": "/browse"\n}\n'), not: ['chown'] },
])('the folder of $says', checked)

const fetched = (run: string, cmd: string): Files => ({
  Dockerfile: `FROM node:22\nRUN ${run}\nWORKDIR /opt/pad\nCMD ${cmd}\n`,
})

test.each<Application>([
  {
    says: 'unpacked by an option in words',
    files: fetched(
      'curl --output /tmp/x.tgz https://x.org/x.tgz && tar --extract --file /tmp/x.tgz --directory /opt',
      '["./bin/padd"]',
    ),
    asks: ['program-from-elsewhere: padd comes from elsewhere (RUN in line 2)'],
  },
  {
    says: 'cloned and moved',
    files: fetched('cd /tmp && git clone https://x.org/pad.git && mv pad /opt/pad', '["node", "src/server.js"]'),
    asks: ['program-from-elsewhere: /opt/pad/src/server.js comes from elsewhere (RUN in line 2)'],
  },
  {
    says: 'but not one that lies elsewhere',
    files: fetched('cd /tmp && git clone https://x.org/pad.git && mv pad /opt/other', '["node", "src/server.js"]'),
    asks: [],
  },
])('a program that is fetched in parts is a question: $says', checked)

test.each<Application>([
  {
    says: 'by mv',
    files: {
      Dockerfile:
        'FROM debian:13\nRUN curl https://x.org/x.tgz | tar xz -C /tmp && mv /tmp/x /srv/data\nVOLUME /srv/data\nCMD ["/usr/bin/x"]\n',
    },
    gives: ['chown -Rh 10001:10001 /srv/data'],
  },
  {
    says: 'but not by a file',
    files: {
      Dockerfile:
        'FROM debian:13\nRUN mkdir /srv/data && mv /etc/x.conf /srv/data/x.conf\nVOLUME /srv/data\nCMD ["/usr/bin/x"]\n',
    },
    not: ['-R'],
  },
])('a volume that a RUN fills goes with all in it $says', checked)

const asking = (compose: string): Files => ({
  Dockerfile: 'FROM node:22\nWORKDIR /app\nCOPY run.sh ./\nCMD ["/app/run.sh"]\n',
  'run.sh': '#!/bin/sh\nif [ ! -d shared ]; then\n  mkdir shared\n  fill shared\nfi\nexec node .\n',
  'compose.yaml': compose,
})

test.each<Application>([
  {
    says: 'made where a volume is mounted',
    files: asking('services:\n  web:\n    build: .\n    volumes: ["x:/app/shared"]\n'),
    gives: ['install -d -o 1000 -g 1000 /app/shared\n'],
  },
  {
    says: 'left to it elsewhere',
    files: asking('services:\n  web:\n    build: .\n    volumes: ["x:/app/other"]\n'),
    not: ['mkdir -p /app/shared'],
  },
])('a folder that the start asks for is $says', checked)

const logged = (handler: string): Files => ({
  Dockerfile:
    'FROM python:3.12-slim\nWORKDIR /code\nCOPY . .\nCMD ["uvicorn", "main:app", "--log-config", "logging.ini"]\n',
  'main.py': 'x = 1\n',
  'logging.ini': `[handlers]\nkeys=file\n\n[handler_file]\n${handler}\n`,
})

test.each<Application>([
  {
    says: 'a file',
    files: logged("class=FileHandler\nargs=('/var/log/hub/a.log', 'a')"),
    gives: ['chown 10001:10001 /var/log/hub'],
  },
  {
    says: 'one that is rotated',
    files: logged("class=handlers.RotatingFileHandler\nformatter=f\nargs=('/srv/hub/a.log', 'a', 10)"),
    gives: ['/srv/hub'],
  },
  { says: 'not standard output', files: logged('class=StreamHandler\nargs=(sys.stdout,)'), not: ['chown'] },
])('a configuration of logging names where it goes: $says', checked)

const keyed = (copy: string, more: Files = {}): Files => ({
  Dockerfile: `FROM nginx:1.27\n${copy}\nCOPY site.conf /etc/nginx/conf.d/default.conf\n`,
  'site.conf': 'server { listen 8080; ssl_certificate_key /etc/nginx/key.pem; }\n',
  ...more,
})
const CLOSED = 'key.pem: a private key is for its owner alone, and COPY gives it to root'

test.each<Application>([
  { says: 'that is made before', files: keyed('COPY cert.pem key.pem /etc/nginx/'), todos: [CLOSED] },
  { says: 'not one that COPY gives away', files: keyed('COPY --chown=101:101 key.pem /etc/nginx/') },
  { says: 'not one that COPY opens', files: keyed('COPY --chmod=640 --chown=root:nginx key.pem /etc/nginx/') },
  { says: 'not a certificate', files: keyed('COPY cert.pem ca.pem /etc/nginx/') },
  { says: 'not one that is there', files: keyed('COPY key.pem /etc/nginx/', { 'key.pem': 'x' }) },
])('a private key that the build context has not: $says', checked)

const reports = (cmd: string): Files => ({
  Dockerfile: `FROM python:3.12-slim\nWORKDIR /app/shop\nCOPY . .\nCMD ${cmd}\n`,
  'app.py': '',
})

test.each<Application>([
  {
    says: 'a report of tests, by a runner in a shell',
    files: reports('["sh", "-c", "./prepare && poetry run check --junit-xml=report.xml -v"]'),
    gives: ['chmod 1775 /app/shop'],
  },
  {
    says: 'an archive where only root may',
    files: reports('["zip", "-r", "/pages.zip", "."]'),
    todos: ['/pages.zip is not given to the user'],
  },
  { says: 'not a format', files: reports('["check", "--output", "json"]'), not: ['/app/shop/json'] },
  { says: 'not standard output', files: reports('["zip", "-r", "-", "."]'), not: ['chmod'] },
])('what a command of the start is told to write: $says', checked)

const large = (path: string, lines = '', more: Files = {}): Files => ({
  Dockerfile: `FROM python:3.12-slim\nWORKDIR /srv\n${lines}COPY . .\nCMD ["python3", "serve.py"]\n`,
  'serve.py': 'import store\n',
  [path]: 'x = 1\n'.repeat(100_000),
  ...more,
})

test.each<Application>([
  {
    says: 'of the program',
    files: large('store.py'),
    asks: ['sources: store.py was not read: too large, or too many'],
  },
  {
    says: 'two of them',
    files: large('store.py', '', { 'a.go': '// a line\n'.repeat(60_000) }),
    asks: ['sources: a.go, store.py were not read: too large, or too many'],
  },
  { says: 'not of a test', files: large('tests/all.py'), asks: [] },
  { says: 'not of what a generator has written', files: large('store_pb2.gen.py'), asks: [] },
  { says: 'not what browsers get', files: large('assets/vendor/scalar.js'), asks: [] },
  { says: 'not what is no source', files: large('store.csv'), asks: [] },
  {
    says: 'not what the image does not get',
    files: large('store.py', '', { '.dockerignore': 'store.py\n' }),
    asks: [],
  },
])('a source that is too large is said: $says', checked)

test('a source of some size is read, whatever it is called', () =>
  checked({
    says: '',
    files: {
      Dockerfile: 'FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nCMD ["python3", "token.py"]\n',
      'token.py': `${'x = 1\n'.repeat(20_000)}import os\nos.makedirs("/var/lib/shop", exist_ok=True)\n`,
    },
    gives: ['chown 10001:10001 /var/lib/shop'],
  }))

const handed = (made: string): Files => ({
  Dockerfile: `FROM debian:13 AS build\nRUN mkdir -p ${made}\nFROM debian:13\nCOPY --from=build ${made} /var/lib/agent\nCOPY agentd /bin/agentd\nCMD ["agentd"]\n`,
  agentd: '\0',
})

test.each<Application>([
  {
    says: 'a folder of state by itself',
    files: handed('/empty'),
    gives: ['COPY --chown=10001:10001 --from=build /empty /var/lib/agent'],
  },
  {
    says: 'not where something lies in it',
    files: handed('/rules && echo x > /rules/a'),
    not: ['chown 10001:10001 /var/lib/agent'],
  },
])('what a stage makes empty is copied to be filled: $says', checked)
