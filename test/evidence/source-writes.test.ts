// What a source says of the places that it writes to, by grammar: a line of src/evidence/languages has a case here.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources of JavaScript
import { expect, test } from '@jest/globals'
import { bounds } from '../../src/bounds.ts'
import go from '../../src/evidence/languages/go.json' with { type: 'json' }
import php from '../../src/evidence/languages/php.json' with { type: 'json' }
import python from '../../src/evidence/languages/python.json' with { type: 'json' }
import script from '../../src/evidence/languages/script.json' with { type: 'json' }
import { sourceModules } from '../../src/evidence/source-modules.ts'
import { type ReadSource, readSource } from '../../src/evidence/source-writes.ts'
import { NO_PARSERS } from '../../src/evidence/syntax.ts'
import { normalisePath } from '../../src/places.ts'
import { parsers } from '../harden/support/facts.ts'

const about = {
  parsers,
  texts: new Map<string, string>(),
  workdir: '/app',
  env: new Map([['CACHE', '/var/cache/app']]),
}

/** A statement of Go stands in a function, PHP behind its tag, and a script names its modules; lines stay. */
function whole(path: string, text: string): string {
  if (path.endsWith('.php') && !text.startsWith('<?')) return `<?php ${text}`
  if (/\.[cm]?[jt]sx?$/.test(path)) return `${text}\nimport 'fs'; import 'child_process'; import 'multer'`
  if (!path.endsWith('.go')) return text
  return /^func |\nfunc /.test(text) ? `package p; ${text}` : `package p; func f() { ${text}\n}`
}

function read(file: string, text: string, more: object = {}): ReadSource {
  const path = file.startsWith('/') ? file : `/app/src/${file}`
  return readSource(path, whole(path, text), sourceModules({ ...about, ...more }))
}

function paths(file: string, text: string): readonly string[] {
  return read(file, text).writes.map(
    ({ path, kind, line, beside }) => `${kind} ${path} ${line}${beside === true ? ' beside' : ''}`,
  )
}

const WRITES: readonly (readonly [file: string, text: string, paths: readonly string[]])[] = [
  ['server.js', "fs.mkdirSync('uploads')", ['directory /app/uploads 1']],
  [
    'server.js',
    "const D = path.join(__dirname, 'data')\nmkdirSync(D, { recursive: true })",
    ['directory /app/src/data 2'],
  ],
  [
    'server.js',
    "const path = require('node:path')\nconst D = path.join(__dirname, 'data')\nmkdirSync(D)",
    ['directory /app/src/data 3'],
  ],
  [
    'server.js',
    "const U = process.env.UPLOADS || path.join(process.cwd(), 'up')\nmkdirSync(U)",
    ['directory /app/up 2'],
  ],
  ['server.js', "const C = process.env.CACHE ?? '/tmp'\nmkdirSync(C)", ['directory /var/cache/app 2']],
  ['server.js', 'writeFileSync(`${process.cwd()}/state.json`, text)', ['file /app/state.json 1']],
  ['server.js', "const upload = multer({ dest: 'uploads/' })", ['directory /app/uploads/ 1']],
  ['server.js', 'mkdirSync(folder)', []],
  ['server.js', "// mkdirSync('old')", []],
  ['server.js', "run() // mkdirSync('old')", []],
  ['server.js', "get('http://x'); mkdirSync('new')", ['directory /app/new 1']],
  ['app.py', "handler = Stream()  # or open('app.log', 'a')", []],
  ['app.py', "print('# '); open('app.log', 'a')", ['file /app/app.log 1']],
  ['app.py', "db = sqlite3.connect(':memory:')", []],
  ['server.js', "readFileSync('config.json')", []],
  ['app.py', "open('log.txt', 'a')", ['file /app/log.txt 1']],
  ['app.py', "open('config.ini')", []],
  ['app.py', 'out = "./images/"\ncv2.imwrite(out + "img_" + str(k) + ".jpg", img)', ['directory /app/./images 2']],
  ['app.py', 'OUT = "plots"\nplt.savefig(f"{OUT}/a_{n}.png")', ['directory /app/plots 2']],
  [
    'app.py',
    'np.save("out/a.npy", a); joblib.dump(m, "models/m.bin")',
    ['file /app/out/a.npy 1', 'file /app/models/m.bin 1'],
  ],
  ['app.py', 'cv2.imwrite("/tmp" + name, img)\nnp.save(path, a)', []],
  ['a.js', 'const D = "up"\nfs.writeFileSync(`${D}/x-${n}`, t)', ['directory /app/up 2']],
  ['app.py', "B = Path(__file__).resolve(strict=True).parent.parent\nos.makedirs(B / 'up')", ['directory /app/up 2']],
  ['app.py', "BASE = Path(__file__).parent\nDB = BASE / 'x.db'\nsqlite3.connect(DB)", ['database /app/src/x.db 3']],
  ['app.py', "os.makedirs(os.environ.get('DATA', '/data'))", ['directory /data 1']],
  [
    'app.py',
    "class Model:\n    DIR = os.environ.get('DIR', '.')\n    def load(self):\n        os.makedirs(os.path.join(self.DIR, 'seen'))",
    ['directory /app/./seen 4'],
  ],
  [
    'bot.js',
    "const PLUGS = path.join(__dirname, 'plugs')\nfs.mkdirSync(path.join(PLUGS, name), { recursive: true })",
    ['directory /app/src/plugs 2'],
  ],
  [
    'bot.js',
    "const PLUGS = path.join(__dirname, 'plugs')\nconst dir = path.join(PLUGS, name)\nconst state = path.join(dir, 'state.json')\nfs.writeFileSync(state, text)",
    ['directory /app/src/plugs 4'],
  ],
  ['bot.js', "fs.rmSync(path.join('plugs', name), { recursive: true })", ['directory /app/plugs 1']],
  ['bot.js', "fs.unlinkSync('/run/bot.sock')\nfs.rmSync(path.join(__dirname, name))", []],
  ['app.py', "PLUGS = Path('/srv/plugs')\n(PLUGS / name / 'x').write_text(t)", ['directory /srv/plugs 2']],
  ['a.go', 'c := Config{Connection: "data/a.db"}', ['database /app/data/a.db 1']],
  ['a.go', 'os.Mkdir(".", 0770)', []],
  ['app.py', 'for n in "abc":\n    os.makedirs(os.path.join("/srv/x", n))', ['directory /srv/x 2']],
  ['app.py', 'N = "abc"\nfor n in N:\n    os.makedirs(n)', []],
  ['app.py', "CSS = Path('/srv/css/a.css')\nCSS.with_suffix('.new').write_text(t)", ['directory /srv/css 2']],
  ['app.py', "PLUGS = Path('/srv/plugs')\nshutil.rmtree(PLUGS / name)", ['directory /srv/plugs 2']],
  ['app.py', "for f in files:\n    os.remove('/srv/plugs/' + f)", ['directory /srv/plugs 2']],
  ['app.py', "shutil.rmtree('/srv/plugs')\nos.remove(name)", []],
  ['app.js', "['up', 'out'].forEach((d) => mkdirSync(d))", ['directory /app/up 1', 'directory /app/out 1']],
  ['app.js', 'names.forEach((d) => mkdirSync(d))', []],
  ['main.py', 'PIDFile(bus, "/run/sheet.pid").subscribe()', ['file /run/sheet.pid 1']],
  ['main.py', 'with FileLock("/var/lock/sheet.lock"):', ['file /var/lock/sheet.lock 1']],
  [
    'main.py',
    'look = Lookup(["templates"], module_directory="/var/cache/sheet/mako")',
    ['directory /var/cache/sheet/mako 1'],
  ],
  ['main.py', 'serve(app, pid_file="/run/a.pid", socket="/run/db.sock")', ['file /run/a.pid 1']],
  ['main.py', 'LOG_FILE = "/var/log/other/access.log"\nread(path="/var/lib/x")\nPIDFile(bus, where)', []],
  [
    'app.py',
    "VAR = Path('/srv/var')\nfor d in ('db', 'log'):\n    (VAR / d).mkdir(exist_ok=True)",
    ['directory /srv/var/db 3', 'directory /srv/var/log 3'],
  ],
  [
    'app.py',
    "DATA = '/srv/data'\nfor folder in [DATA, os.path.join(DATA, 'a')]:\n    os.makedirs(folder, exist_ok=True)",
    ['directory /srv/data 3', 'directory /srv/data/a 3'],
  ],
  [
    'server.js',
    "for (const d of ['up', 'log']) mkdirSync(path.join('/srv', d), { recursive: true })",
    ['directory /srv/up 1', 'directory /srv/log 1'],
  ],
  ['app.py', 'for d in folders():\n    os.makedirs(d, exist_ok=True)', []],
  ['app.py', "for d in ('db', 'log'):\n    os.makedirs(other, exist_ok=True)", []],
  ['app.py', "def load(self):\n    path = 'x'\n    os.makedirs(self.path)", []],
  ['app.py', "create_engine('sqlite:////data/app.db')", ['database /data/app.db 1']],
  ['index.php', "file_put_contents(__DIR__ . '/cache/x', $text);", ['file /app/src/cache/x 1']],
  ['app.py', 'import os; os.makedirs("/srv/a"); open("/srv/b", "w")', ['directory /srv/a 1', 'file /srv/b 1']],
  ['app.py', 'p = Path("/srv/a"); p.mkdir(); (p / "x").write_text("1")', ['directory /srv/a 1', 'file /srv/a/x 1']],
  ['app.py', 'import os; D = "/srv/a"; os.makedirs(D)', ['directory /srv/a 1']],
  ['app.py', 'import os; D = "/srv/a"; D = other(); os.makedirs(D)', []],
  ['app.py', "Path('/srv/a', 'b').joinpath('c').touch()", ['file /srv/a/b/c 1']],
  ['app.py', "'/'.join(parts).mkdir()", []],
  ['app.py', "shutil.move(new, '/srv/a/x')\nshutil.copy('/srv/b', new)", ['file /srv/a/x 1 beside']],
  [
    'main.go',
    'dir := os.Getenv("D")\nif dir == "" {\n\tdir = "/srv/a"\n}\nos.MkdirAll(dir, 0755)',
    ['directory /srv/a 5'],
  ],
  [
    'main.go',
    'dir := os.Getenv("CACHE")\nif dir == "" {\n\tdir = "/srv/a"\n}\nos.MkdirAll(dir, 0755)',
    ['directory /var/cache/app 5'],
  ],
  ['a.js', "new DailyRotateFile({ filename: '/srv/log/a-x.log' })", ['file /srv/log/a-x.log 1 beside']],
  ['a.php', '<?php\n$dir = "/srv/a";\nfile_put_contents("$dir/$name", $text);', ['directory /srv/a 3']],
  ['a.go', 'const dir = "/srv/a"\nos.Create(filepath.Join(dir, name))', ['directory /srv/a 2']],
  ['main.go', 'dir := "/srv/a"\ndir = "/srv/b"\nos.MkdirAll(dir, 0755)', ['directory /srv/b 3']],
  ['main.go', 'flag.StringVar(&dir, "dir", "/srv/a", "where")\nos.MkdirAll(dir, 0755)', ['directory /srv/a 2']],
  ['main.go', 'os.MkdirTemp("", "x")\nos.MkdirTemp("/srv/a", "x")', ['directory /srv/a 2']],
  [
    'main.go',
    'sql.Open("sqlite3", "file:/srv/a.db?cache=shared")\nsql.Open("postgres", "/srv/b.db")',
    ['database /srv/a.db 1'],
  ],
  ['main.go', 'os.Rename(tmp, "/srv/a/x")\nos.Rename("/srv/b", to)', ['file /srv/a/x 1 beside']],
  ['a.js', "fs.mkdirSync(path.join('a', 'b'))", ['directory /app/a/b 1']],
  [
    'a.js',
    "fs.renameSync(from, '/srv/a/x')\nfs.renameSync('/srv/b/x', to)",
    ['file /srv/a/x 1 beside', 'file /srv/b/x 2 beside'],
  ],
  [
    'a.ts',
    "new winston.transports.File({ level: 'error', filename: 'logs/error.log' })",
    ['file /app/logs/error.log 1'],
  ],
  ['a.ts', "new transports.DailyRotateFile({ dirname: path.join('var', 'log') })", ['directory /app/var/log 1']],
  [
    'a.js',
    "storage({ destination: function (req, file, cb) {\n  cb(null, 'public/uploads/')\n} })",
    ['directory /app/public/uploads/ 1'],
  ],
  ['a.js', "multer.diskStorage({ destination: (req, file, done) => done(null, 'up') })", ['directory /app/up 1']],
  ['a.js', 'storage({ destination: (req, file, cb) => cb(null, folderOf(req)) })', []],
  ['a.js', "new Sequelize({ dialect: 'sqlite', storage: './data/app.sqlite' })", ['database /app/./data/app.sqlite 1']],
  ['a.js', "cache({ storage: 'memory' })", []],
  ['a.js', "low(new FileSync('db.json'))", ['database /app/db.json 1']],
  ['a.js', "const S = require('session-file-store')(session)\nnew FileStore({})", ['directory /app/sessions 2']],
  ['a.js', "require('session-file-store')\nnew FileStore({ path: '/data/s' })", ['directory /data/s 2']],
  ['a.js', 'writeFileSync(`data/${id}.json`, text)', ['directory /app/data 1']],
  [
    'a.js',
    "const UP = path.join(__dirname, 'up')\nwriteFileSync(path.join(UP, file.name), text)",
    ['directory /app/src/up 2'],
  ],
  ['a.js', 'writeFileSync(path.join(__dirname, name), text)', []],
  ['a.js', "createWriteStream('./files/' + name)", ['directory /app/./files 1']],
  ['a.py', "open(f'uploads/{name}', 'wb')", ['directory /app/uploads 1']],
  ['a.py', "open(UP / name, 'wb')\nUP = Path('media')", ['directory /app/media 1']],
  ['a.py', "open(f'{name}', 'wb')", []],
  ['a.py', 'open("/srv/" + name + "/own", "w")', ['directory /srv 1']],
  ['a.py', "upload.save(os.path.join('static', 'up', name))", ['directory /app/static/up 1']],
  ['a.py', 'user.save(commit)', []],
  ['a.py', "logging.basicConfig(level=1, filename='app.log')", ['file /app/app.log 1']],
  [
    'a.php',
    "move_uploaded_file($_FILES['f']['tmp_name'], 'up/' . basename($_FILES['f']['name']));",
    ['directory /app/up 1'],
  ],
  ['a.php', "new PDO('sqlite:' . __DIR__ . '/../data/x.sqlite');", ['database /app/src/../data/x.sqlite 1']],
  ['a.py', "UP = Path(__file__).resolve().parent / 'up'\nUP.mkdir(exist_ok=True)", ['directory /app/src/up 2']],
  ['a.py', "DATA = Path('state')\n(DATA / 'x.json').write_text('')", ['file /app/state/x.json 2']],
  ['a.py', "UP = Path('up')\n(UP / file.name).write_bytes(data)", ['directory /app/up 2']],
  ['a.py', "Path('/srv/x/log.txt').open('a')\nPath('/srv/x/in.txt').open()", ['file /srv/x/log.txt 1']],
  ['a.py', 'os.mkdir(path)\nself.folder.mkdir()', []],
  ['a/b.py', "(Path(__file__).parent.parent / 'db').mkdir()", ['directory /app/src/db 1']],
  ['gunicorn.conf.py', "pidfile = '/run/web.pid'\naccesslog = '-'", ['file /run/web.pid 1 beside']],
  ['a.py', "RotatingFileHandler('/var/log/x.log', maxBytes=9)", ['file /var/log/x.log 1 beside']],
  ['a.php', `error_log("x\\n", 3, '/var/log/x.log');`, ['file /var/log/x.log 1']],
  [
    'a.mjs',
    "const __filename = fileURLToPath(import.meta.url)\nconst __dirname = path.dirname(__filename)\nconst data = process.env.DATA ?? join(__dirname, '..', 'data')\nawait mkdir(data)",
    ['directory /app/src/../data 4'],
  ],
  ['a.mjs', "mkdir(new URL('../cache/', import.meta.url))", ['directory /app/src/../cache/ 1']],
  [
    'settings.py',
    "a = {'filename': BASE_DIR / 'django.log',\n'LOCATION': '/var/cache/x',\n'LOCATION': 'redis://x'}",
    ['file /app/src/django.log 1 beside', 'directory /var/cache/x 2'],
  ],
  [
    'a.php',
    "define('ROOT', dirname(__DIR__));\nconst CACHE = ROOT . '/cache';\nmkdir(CACHE);",
    ['directory /app/cache 3'],
  ],
  [
    'ecosystem.config.js',
    "a = { out_file: '/var/log/a.log', pid_file: '/run/a.pid' }",
    ['file /var/log/a.log 1', 'file /run/a.pid 1 beside'],
  ],
  ['main.go', 'os.WriteFile("x", nil, 0o644)', ['file /app/x 1']],
  ['main.go', 'dir := flag.String("data", "/data", "where")\nos.MkdirAll(*dir, 0o755)', ['directory /data 2']],
  ['main.go', 'd := getEnv("DATA", "state")\nos.Create(filepath.Join(d, "x"))', ['file /app/state/x 2']],
  ['main.go', 'os.OpenFile("/data/x", os.O_RDONLY, 0)', []],
  ['main.go', 'sql.Open("sqlite3", "./x.db")', ['database /app/./x.db 1']],
  ['a.go', 'os.Create(fmt.Sprintf("sessions/worker-%d.session", n))', ['directory /app/sessions 1']],
  ['a.py', "open('reports/%s.csv' % name, 'w')", ['directory /app/reports 1']],
  ['a.py', "open('reports/{}.csv'.format(name), 'w')", ['directory /app/reports 1']],
  ['a.go', 'os.Create(fmt.Sprintf("%d.session", n))', []],
  ['a.py', '(UPLOADS / f"{name(self.path)}.txt").write_bytes(b)\nUPLOADS = Path("up")', ['directory /app/up 1']],
  // One of each line that none of the above has.
  ['main.go', 'l := &Logger{Filename: "/srv/a.log"}', ['file /srv/a.log 1 beside']],
  ['main.go', 'db, err := badger.Open(badger.DefaultOptions("/srv/a"))', ['directory /srv/a 1']],
  ['main.go', 'db, err := bolt.Open("/srv/a.db", 0o600, nil)', ['database /srv/a.db 1']],
  ['main.go', 'd, _ := filepath.Abs("up")\nos.MkdirAll(d, 0o755)', ['directory /app/up 2']],
  ['main.go', 'os.MkdirAll(filepath.Dir("/srv/a/x"), 0o755)', ['directory /srv/a 1']],
  ['main.go', 'd, err := os.Getwd()\nos.Create(filepath.Join(d, "x"))', ['file /app/x 2']],
  ['main.go', 'h, _ := os.UserHomeDir()\nos.MkdirAll(filepath.Join(h, ".a"), 0o755)', []],
  ['a.php', "fopen('/srv/a', 'ab'); fopen('/srv/b', 'r');", ['file /srv/a 1']],
  ['a.php', "new SQLite3('/srv/a.db');", ['database /srv/a.db 1']],
  ['a.php', "mkdir(getenv('UP') ?: '/srv/up');", ['directory /srv/up 1']],
  ['a.php', "mkdir($_ENV['CACHE'] . '/x');", ['directory /var/cache/app/x 1']],
  ['a.php', "mkdir(getcwd() . '/x');", ['directory /app/x 1']],
  ['a.php', "mkdir(sprintf('/srv/up/%s', $n));", ['directory /srv/up 1']],
  ['a.php', "mkdir(dirname(__FILE__) . '/x');", ['directory /app/src/x 1']],
  [
    'a.php',
    "class A {\n  private $dir = '/srv/a';\n  const B = '/srv/b';\n  function f() { mkdir($this->dir); mkdir(self::B); }\n}",
    ['directory /srv/a 4', 'directory /srv/b 4'],
  ],
  ['a.py', "app.config['UPLOAD_FOLDER'] = '/srv/up'", ['directory /srv/up 1']],
  ['a.py', "app.config['KEPT'] = '/srv/kept'\nos.makedirs(app.config['KEPT'])", ['directory /srv/kept 2']],
  ['a.py', "import numpy as n\nn.savetxt('/srv/a.csv', x)", ['file /srv/a.csv 2']],
  ['a.py', "look(cache_dir='/var/cache/a')", ['directory /var/cache/a 1']],
  ['a.py', "open(os.path.join(os.path.dirname('/srv/a/x'), 'y'), 'w')", ['file /srv/a/y 1']],
  ['a.py', "os.makedirs(os.path.expanduser('~/x'))", []],
  ['a.py', "from os import makedirs\nmakedirs('/srv/a')", ['directory /srv/a 2']],
  ['a.py', "gzip.open('/srv/a.gz', 'wb')\ngzip.open('/srv/b.gz')", ['file /srv/a.gz 1']],
  ['a.py', "logging.FileHandler('/srv/a.log')", ['file /srv/a.log 1']],
  ['a.py', "plt.imsave('/srv/a.png', x)", ['file /srv/a.png 1']],
  ['a.py', "shelve.open('/srv/a')", ['file /srv/a 1']],
  ['gunicorn.conf.py', "accesslog = '/srv/a.log'\nerrorlog = '-'", ['file /srv/a.log 1']],
  ['a.py', "def place():\n    return '/srv/a'\nos.makedirs(place())", ['directory /srv/a 3']],
  [
    'a.py',
    "if x:\n    D = '/srv/a'\nelse:\n    D = '/srv/b'\nos.makedirs(D)",
    ['directory /srv/a 5', 'directory /srv/b 5'],
  ],
  [
    'a.ts',
    "class A {\n  constructor(private readonly dir = '/srv/a') {}\n  f() { mkdirSync(this.dir) }\n}",
    ['directory /srv/a 3'],
  ],
  ['a.py', "os.makedirs(os.path.join(basedir, 'up').rstrip('/'))", ['directory /app/src/up 1']],
  ['a.js', "outputJson('/srv/a.json', x)", ['file /srv/a.json 1']],
  ['a.js', "fs.openSync('/srv/a', 'a')\nfs.openSync('/srv/b', 'r')", ['file /srv/a 1']],
  ['a.js', "new sqlite3.Database('/srv/a.db')", ['database /srv/a.db 1']],
  ['a.js', "const Database = require('better-sqlite3'); new Database('./db/a.db')", ['database /app/./db/a.db 1']],
  ['a.mjs', "import Database from 'better-sqlite3'; new Database('/srv/a.db')", ['database /srv/a.db 1']],
  ['a.js', "const fs = require('fs-extra'); fs.copy('a.html', 'app/b.html', {})", ['file /app/app/b.html 1 beside']],
  ['a.js', "const fs = require('fs-extra'); fs.move('a', 'b.txt')", ['file /app/b.txt 1 beside']],
  ['a.js', "form({ uploadDir: path.resolve('up') })", ['directory /app/up 1']],
  [
    'a.js',
    "await JSONFilePreset('/srv/a.json', {})\nnew Datastore({ filename: '/srv/b.db' })",
    ['database /srv/a.json 1', 'database /srv/b.db 2', 'database /srv/b.db 2'],
  ],
  ['a.js', "mkdirSync(new URL('./up', import.meta.url).pathname.toString())", ['directory /app/src/./up 1']],
  ['a.js', "mkdirSync(path.join(os.homedir(), '.a'))", []],
  ['a.js', "const config = { dir: '/srv/a' }\nmkdirSync(config.dir)", ['directory /srv/a 2']],
]

test.each(WRITES)('%s: %s', (file, text, expected) => {
  expect(paths(file, text)).toEqual(expected)
})

test.each<[file: string, text: string, absent: boolean]>([
  ['a.py', 'os.mkdir("probe")', true],
  ['a.py', 'os.makedirs("probe")', true],
  ['a.py', 'os.makedirs("probe", exist_ok=True)', false],
  ['a.py', 'if not os.path.isdir("probe"):\n    os.mkdir("probe")', false],
  ['a.py', 'try:\n    os.mkdir("probe")\nexcept FileExistsError:\n    pass', false],
  ['a.py', 'open("probe", "x")', true],
  ['a.py', 'open("probe", "w")', false],
  ['a.js', 'fs.mkdirSync("probe")', true],
  ['a.js', 'fs.mkdirSync("probe", { recursive: true })', false],
  ['a.js', 'if (!fs.existsSync("probe")) fs.mkdirSync("probe")', false],
  ['a.go', 'if err := os.Mkdir("probe", 0o755); err != nil {\n\tlog.Fatal(err)\n}', true],
  ['a.go', 'if err := os.Mkdir("probe", 0o755); err != nil && !os.IsExist(err) {\n\tlog.Fatal(err)\n}', false],
  ['a.go', 'os.MkdirAll("probe", 0o755)', false],
  ['a.py', 'P = Path("probe")\nif not P.exists():\n    P.mkdir(parents=True)\n    fetch(P)', true],
  ['a.py', 'P = "probe"\nif not os.path.exists(P):\n    os.makedirs(P)\n    fetch(P)', true],
  [
    'a.js',
    'const P = "probe"\nif (!fs.existsSync(P)) {\n  fs.mkdirSync(P, { recursive: true })\n  fetchAll(P)\n}',
    true,
  ],
  ['a.py', 'P = Path("probe")\nif not P.exists():\n    P.mkdir(parents=True)\nfetch(P)', false],
  ['a.py', 'P = "probe"\nif not os.path.exists(P):\n    os.makedirs(P)\n    logger.info("made %s", P)', false],
  [
    'a.js',
    'const P = "probe"\nif (!fs.existsSync(P)) {\n  fs.mkdirSync(P, { recursive: true })\n}\nfetchAll(P)',
    false,
  ],
])('%s: %s has to find nothing there: %s', (file, text, expected) => {
  const [found] = read(file, text).writes
  expect(found?.path).toBe('/app/probe')
  expect(found?.absent === true).toBe(expected)
})

test.each<[file: string, text: string, open: readonly string[]]>([
  ['a.js', 'function save(file) {\n  fs.writeFileSync(file, text)\n}', ['writeFileSync file 2']],
  ['a.py', 'os.makedirs(self.config_dir)', ['os.makedirs self.config_dir 1']],
  ['a.go', 'os.WriteFile(cfg.Path, data, 0o600)', ['os.WriteFile cfg.Path 1']],
  ['a.go', 'os.MkdirAll(filepath.Dir(name), 0o755)', ['os.MkdirAll filepath.Dir(name) 1']],
  ['a.js', "fs.writeFileSync('out.txt', text)", []],
  ['a.js', "fs.writeFileSync(path.join('uploads', name), text)", []],
  ['a.go', 'path := "data/x"\nos.WriteFile(path, data, 0o600)', []],
  ['a.py', 'open(name)', []],
  ['a.py', 'os.remove(name)', []],
  ['a.py', 'cache.touch(key)', []],
  ['a.py', 'open(sys.stdout.fileno(), "w")', []],
  ['a.go', 'os.CreateTemp("", "x")', []],
  ['a.go', 'os.MkdirAll(tmpDir, 0o755)', []],
  ['a.go', 'home, _ := os.UserHomeDir()\nos.MkdirAll(home+"/.acme", 0o755)', []],
  ['a.py', 'os.makedirs(os.path.expanduser("~/x"))', []],
])('%s: %s leaves the path to the run', (file, text, expected) => {
  const { open } = read(file, text)
  expect(open.map(({ call, expression, line }) => `${call} ${expression} ${line}`)).toEqual(expected)
})

test.each<[file: string, text: string, others: Readonly<Record<string, string>>, paths: readonly string[]]>([
  [
    'club/save.py',
    'from club.places import SAVED\nopen(SAVED, "w")',
    {
      'club/places.py':
        'import os\nROOT = os.path.join(os.path.dirname(__file__), "..")\nSAVED = os.path.join(ROOT, "club.yaml")\n',
    },
    ['/app/club.yaml'],
  ],
  [
    'club/save.py',
    'from .places import (\n    READ,\n    SAVED as FILE,\n)\nopen(FILE, "w")',
    { 'club/places.py': 'READ = "/srv/read"\nSAVED = "/srv/club"\n' },
    ['/srv/club'],
  ],
  [
    'club/save.py',
    'from . import places\nopen(places.SAVED, "w")',
    { 'club/places.py': 'from .root import ROOT\nSAVED = ROOT + "/club"\n', 'club/root.py': 'ROOT = "/srv"\n' },
    ['/srv/club'],
  ],
  [
    'lib/save.js',
    "const { SAVED } = require('../places')\nfs.writeFileSync(SAVED, text)",
    { 'places.js': "const SAVED = path.join(__dirname, 'club.json')\nmodule.exports = { SAVED }\n" },
    ['/app/club.json'],
  ],
  [
    'lib/save.ts',
    "import * as places from './places.js'\nawait writeFile(places.SAVED, text)",
    { 'lib/places.ts': "export const SAVED = '/srv/club.json'\n" },
    ['/srv/club.json'],
  ],
  ['club/save.py', 'open(SAVED, "w")', { 'club/places.py': 'SAVED = "/srv/club"\n' }, []],
  [
    'lib/save.js',
    "import { SAVED } from 'places'\nfs.writeFileSync(SAVED, text)",
    { 'places.js': "const SAVED = '/srv/x'\n" },
    [],
  ],
  [
    'club/save.py',
    'from .places import SAVED\nopen(SAVED, "w")',
    { 'club/places.py': 'from .save import SAVED\n' },
    [],
  ],
])('%s: %s means what another module says', (file, text, others, expected) => {
  const texts = new Map(Object.entries({ ...others, [file]: text }).map(([path, one]) => [`/app/${path}`, one]))
  const { writes } = read(`/app/${file}`, text, { texts })
  expect(writes.map(({ path }) => normalisePath(path))).toEqual(expected)
})

test.each<[file: string, text: string, paths: readonly string[]]>([
  [
    'a.py',
    'def save(data, path: str = "club.yaml"):\n    with open(path, "w") as file:\n        dump(data, file)',
    ['/app/club.yaml'],
  ],
  [
    'a.py',
    'class Box:\n    def __init__(self, folder: str = "inbox", size: int = 3):\n        self.folder = folder\n    def open(self):\n        os.makedirs(self.folder, exist_ok=True)',
    ['/app/inbox'],
  ],
  ['a.js', "function save(data, file = 'club.json') {\n  fs.writeFileSync(file, data)\n}", ['/app/club.json']],
  ['a.py', 'def save(data, path=None):\n    open(path, "w")', []],
  ['a.py', 'def other(path="club.yaml"):\n    pass\ndef save(data, path):\n    open(path, "w")', []],
])('%s: %s writes where a call says nothing, and what another says stays open', (file, text, expected) => {
  const { writes, open } = read(file, text)
  expect(writes.map(({ path }) => path)).toEqual(expected)
  expect(open).toHaveLength(1)
})

test.each<[file: string, text: string, paths: readonly string[], open: number]>([
  ['a.py', 'draft = os.path.join("drafts", "x.wav")\nos.replace(draft, path)', ['/app/drafts/x.wav'], 1],
  ['a.py', 'os.replace(draft, "out/x.wav")', ['/app/out/x.wav'], 0],
])('%s: %s takes away what it moves', (file, text, expected, left) => {
  const { writes, open } = read(file, text)
  expect(writes.map(({ path, beside }) => (beside === true ? path : ''))).toEqual(expected)
  expect(open).toHaveLength(left)
})

const USES: readonly (readonly [file: string, text: string, found: readonly string[]])[] = [
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nsubprocess.run(["convert", src, os.path.join(CACHE, name)], check=True)',
    ['/var/cache/x 3'],
  ],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\ndef f(name):\n    path = os.path.join(CACHE, name)\n    if not os.path.exists(path):\n        subprocess.run(["convert", os.path.join(IN, name), path])',
    ['/srv/in 6', '/var/cache/x 6'],
  ],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nos.system(f"convert {src} {CACHE}/{name}.png")',
    ['/var/cache/x 3'],
  ],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nsubprocess.check_call(["git", "gc"], cwd=os.path.join(IN, repo))',
    ['/srv/in 3'],
  ],
  [
    'a.js',
    "const CACHE = process.env.STORE || '/var/cache/x'\nexecFile('convert', [src, path.join(CACHE, id)], done)",
    ['/var/cache/x 2'],
  ],
  [
    'a.js',
    "const CACHE = process.env.STORE || '/var/cache/x'\nexecSync(`convert ${src} ${CACHE}/${id}.png`)",
    ['/var/cache/x 2'],
  ],
  [
    'a.js',
    "const CACHE = process.env.STORE || '/var/cache/x'\nspawn('git', ['pull'], { cwd: CACHE })",
    ['/var/cache/x 2'],
  ],
  ['a.js', "const OUT = '/srv/out'\nexec(`convert ${src} ${OUT}/${id}.png`, done)", ['/srv/out 2']],
  ['a.js', "const OUT = '/srv/out'\nchild_process.exec(`convert ${src} ${OUT}/${id}.png`)", ['/srv/out 2']],
  [
    'a.php',
    "<?php\n$dir = '/srv/out';\nexec('convert ' . escapeshellarg($src) . ' ' . escapeshellarg($dir . '/' . $n));",
    ['/srv/out 3'],
  ],
  ['a.php', '<?php\n$dir = "/srv/out";\n$to = "$dir/$n.png";\nshell_exec("convert $src $to");', ['/srv/out 4']],
  ['a.go', 'dir := "/srv/out"\ncmd := exec.Command("convert", src, filepath.Join(dir, name))', ['/srv/out 2']],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nfor entry in os.scandir(CACHE):\n    if old(entry):\n        os.unlink(entry.path)',
    ['/var/cache/x 5'],
  ],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nfor f in os.listdir(CACHE):\n    os.remove(os.path.join(CACHE, f))',
    ['/var/cache/x 4'],
  ],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nfor root, dirs, files in os.walk(CACHE):\n    for f in files:\n        os.remove(os.path.join(root, f))',
    ['/var/cache/x 5'],
  ],
  ['a.py', 'CACHE = Path("/var/cache/x")\nfor p in CACHE.glob("*.png"):\n    p.unlink()', ['/var/cache/x 3']],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nshutil.rmtree(os.path.join(CACHE, name), ignore_errors=True)',
    ['/var/cache/x 3'],
  ],
  [
    'a.js',
    "const CACHE = process.env.STORE || '/var/cache/x'\nfor (const f of fs.readdirSync(CACHE)) fs.unlinkSync(path.join(CACHE, f))",
    ['/var/cache/x 2'],
  ],
  [
    'a.js',
    "const CACHE = process.env.STORE || '/var/cache/x'\nconst dir = path.join(CACHE, id)\nawait fs.rm(dir, { recursive: true })",
    ['/var/cache/x 3'],
  ],
  ['a.php', "<?php\n$dir = '/srv/out';\nforeach (glob($dir . '/*') as $f) {\n  unlink($f);\n}", ['/srv/out 4']],
  ['a.go', 'const dir = "/srv/out"\nfunc drop(n string) {\n  os.Remove(filepath.Join(dir, n))\n}', ['/srv/out 3']],
  ['a.go', 'all, _ := filepath.Glob("/srv/out/*.png")\nfor _, f := range all {\n  os.Remove(f)\n}', ['/srv/out 3']],
]

test.each(USES)('%s: %j names %j', (file, text, places) => {
  expect([...new Set(read(file, text).uses.map(({ path, line }) => `${path} ${line}`))]).toEqual(places)
})

test.each<[file: string, text: string]>([
  ['a.py', 'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nsubprocess.run(["ls", "-l", name])'],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\ndef f(path):\n    subprocess.run(["convert", path])',
  ],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\ndef f(n):\n    path = os.path.join(CACHE, n)\n    return path\ndef g(path):\n    os.unlink(path)',
  ],
  [
    'a.js',
    "const CACHE = process.env.STORE || '/var/cache/x'\nconst p = path.join(CACHE, id)\nonDone((p) => {\n  fs.unlinkSync(p)\n})",
  ],
  ['a.py', 'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\n# os.unlink(os.path.join(CACHE, name))'],
  ['a.py', 'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\napp.run(os.path.join(CACHE, name))'],
  [
    'a.py',
    'CACHE = os.environ.get("STORE", "/var/cache/x")\nIN = "/srv/in"\nfor f in os.listdir(CACHE):\n    print(f)\n    os.remove(other)',
  ],
  ['a.js', "const CACHE = process.env.STORE || '/var/cache/x'\nconst m = /x/.exec(path.join(CACHE, id))"],
])('%s: %j names none', (file, text) => {
  expect(read(file, text).uses).toEqual([])
})

test('a web server starts PHP where it lies, a command line where the command does', () => {
  const write = "file_put_contents('cache/x', $text);"
  const served = (folder: string): string => folder
  expect(read('/srv/site/a.php', write, { served }).writes.map(({ path }) => path)).toEqual(['/srv/site/cache/x'])
  expect(paths('/srv/site/a.php', write)).toEqual(['file /app/cache/x 1'])
})

test('what a file of settings calls by a name is known in the other files of the program', () => {
  const texts = new Map([
    ['/app/conf/settings.py', "LOG = os.getenv('L', '/var/log/a')\nHOME = '/srv/one'\n"],
    [
      '/app/conf/config.js',
      "module.exports = {\n  logDir: process.env.LOG_DIR || '/var/log/votes',\n  HOME: '/srv/two',\n}\n",
    ],
    ['/app/conf/other.py', "ELSE = '/srv/else'\n"],
  ])
  const found = (file: string, text: string) => read(file, text, { texts }).writes.map(({ path }) => path)
  expect(found('a.py', 'from settings import LOG\nos.makedirs(LOG, exist_ok=True)')).toEqual(['/var/log/a'])
  expect(found('a.py', 'from . import settings\nos.makedirs(settings.LOG)')).toEqual(['/var/log/a'])
  expect(found('s.js', "const config = require('my-config')\nfs.mkdirSync(config.logDir)")).toEqual(['/var/log/votes'])
  // Not brought in, of something else, said by two, or in no file of settings.
  expect(found('a.py', 'os.makedirs(LOG)')).toEqual([])
  expect(found('s.js', 'fs.mkdirSync(request.logDir)')).toEqual([])
  expect(found('a.py', 'from settings import HOME\nos.makedirs(HOME)')).toEqual([])
  expect(found('a.py', 'from other import ELSE\nos.makedirs(ELSE)')).toEqual([])
})

const KEYS = new Set(
  'call new key name keyword whole path when like writes beside within known fresh usual of called uses means'.split(
    ' ',
  ),
)
const ALL = [...WRITES, ...USES].map(([file, text]) => [file, text] as const)

test.each([
  ['go', /\.go$/, go],
  ['php', /\.php$/, php],
  ['python', /\.py$/, python],
  ['script', /\.[cm]?[jt]sx?$/, script],
])('each line of %s.json has a case, and nothing but what is known', (_, files, rules) => {
  const texts = ALL.flatMap(([file, text]) => (files.test(file) ? [text] : [])).join('\n')
  const namesOf = (rule: Readonly<Record<string, unknown>>) =>
    ['call', 'new', 'key', 'name', 'keyword'].flatMap((by) => (rule[by] ?? []) as readonly string[])
  const all = (rules as readonly Readonly<Record<string, unknown>>[]).map(namesOf)
  const last = (name: string) => name.slice(name.lastIndexOf('.') + 1)
  const isIn = (name: string) => new RegExp(`(?<!\\w)${name.replace(/[.$]/g, '\\$&')}(?!\\w)`).test(texts)
  // `open` is the last word of several lines: such a name has to stand there in full.
  const isOnly = (name: string) => all.filter((names) => names.map(last).includes(last(name))).length === 1
  const left = all.filter((names) => !names.some((name) => isIn(name) || (isOnly(name) && isIn(last(name)))))
  const missing = left.map((names) => `add a case to WRITES or USES in this file with ${names.join(' or ')}`)
  expect(missing).toEqual([])
  expect(rules.flatMap((rule) => Object.keys(rule)).filter((key) => !KEYS.has(key))).toEqual([])
})

test('without a grammar nothing is read, and that is said', () => {
  expect(read('a.py', "os.makedirs('/srv/a')", { parsers: NO_PARSERS })).toMatchObject({
    writes: [],
    unread: 'no tree',
  })
  // Where nothing is written no grammar is asked for.
  expect(read('a.py', 'print(1)', { parsers: NO_PARSERS }).unread).toBeNull()
})

const MANY = 100_000

test.each([
  ['a name that is many others', Array.from({ length: 200 }, (_, i) => `a${i + 1} = a${i} + a${i}`).join('\n')],
  ['one that leads back to itself', 'a200 = a1\na1 = a200 or a1'],
  ['many values', `${Array.from({ length: MANY }, (_, i) => `if x:\n  a200 = "/srv/${i}"`).join('\n')}`],
  ['a long sum', `a200 = ${Array(MANY).fill('"/a"').join(' + ')}`],
  ['brackets', `a200 = ${'('.repeat(MANY)}"/a"${')'.repeat(MANY)}`],
  ['brackets that stay open', `a200 = ${'f('.repeat(MANY)}`],
])('%s takes no long time', (_, text) => {
  const since = performance.now()
  const { writes } = read('a.py', `${text}\nos.makedirs(a200)`)
  expect(performance.now() - since).toBeLessThan(10_000)
  expect(writes.length).toBeLessThan(25)
})

test('a source of more characters than are parsed is not read', () => {
  const text = `os.makedirs('/srv/a')\n# ${'x'.repeat(bounds.sourceLength)}\n`
  expect(read('a.py', text).unread).toBe('no tree')
})
