import { expect, test } from '@jest/globals'
import { sourceWrites } from '../../src/plan/evidence/source-writes.ts'

const about = { workdir: '/app', env: new Map([['CACHE', '/var/cache/app']]) }
const paths = (file: string, text: string) =>
  sourceWrites(file, text, about).map(({ path, kind, line }) => `${kind} ${path} ${line}`)

test.each([
  ['server.js', "fs.mkdirSync('uploads')", ['directory /app/uploads 1']],
  [
    'server.js',
    "const D = path.join(__dirname, 'data')\nmkdirSync(D, { recursive: true })",
    ['directory /app/src/data 2'],
  ],
  [
    'server.js',
    "const U = process.env.UPLOADS || path.join(process.cwd(), 'up')\nmkdirSync(U)",
    ['directory /app/up 2'],
  ],
  ['server.js', "const C = process.env.CACHE ?? '/tmp'\nmkdirSync(C)", ['directory /var/cache/app 2']],
  ['server.js', 'writeFileSync(`$' + '{process.cwd()}/state.json`, text)', ['file /app/state.json 1']],
  ['server.js', "const upload = multer({ dest: 'uploads/' })", ['directory /app/uploads/ 1']],
  ['server.js', 'mkdirSync(folder)', []],
  ['server.js', "// mkdirSync('old')", []],
  ['server.js', "readFileSync('config.json')", []],
  ['server.test.js', "mkdirSync('fixtures')", []],
  ['app.py', "open('log.txt', 'a')", ['file /app/log.txt 1']],
  ['app.py', "open('config.ini')", []],
  ['app.py', "BASE = Path(__file__).parent\nDB = BASE / 'x.db'\nsqlite3.connect(DB)", ['database /app/src/x.db 3']],
  ['app.py', "os.makedirs(os.environ.get('DATA', '/data'))", ['directory /data 1']],
  ['app.py', "create_engine('sqlite:////data/app.db')", ['database /data/app.db 1']],
  ['index.php', "file_put_contents(__DIR__ . '/cache/x', $text);", ['file /app/src/cache/x 1']],
  ['config.ru', "File.open('visits', File::RDWR | File::CREAT) do |file|", ['file /app/visits 1']],
  ['config.ru', "File.open('visits', File::RDONLY)", []],
  [
    'puma.rb',
    "pidfile 'tmp/puma.pid'\nstdout_redirect 'log/puma.log', 'log/puma.err', true",
    ['file /app/tmp/puma.pid 1', 'file /app/log/puma.log 2'],
  ],
  ['main.go', 'os.WriteFile("x", nil, 0o644)', []],
])('%s: %s', (file, text, expected) => {
  expect(paths(`/app/src/${file}`, text)).toEqual(expected)
})
