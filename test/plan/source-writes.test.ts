import { expect, test } from '@jest/globals'
import { sharedPaths, sourceWrites } from '../../src/evidence/source-writes.ts'
import { normalisePath } from '../../src/places.ts'

const about = { workdir: '/app', env: new Map([['CACHE', '/var/cache/app']]) }
const paths = (file: string, text: string) =>
  sourceWrites(file, text, about).writes.map(
    ({ path, kind, line, beside }) => `${kind} ${path} ${line}${beside === true ? ' beside' : ''}`,
  )

test.each([
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
  ['server.js', 'writeFileSync(`$' + '{process.cwd()}/state.json`, text)', ['file /app/state.json 1']],
  ['server.js', "const upload = multer({ dest: 'uploads/' })", ['directory /app/uploads/ 1']],
  ['server.js', 'mkdirSync(folder)', []],
  ['server.js', "// mkdirSync('old')", []],
  ['server.js', "run() // mkdirSync('old')", []],
  ['server.js', "get('http://x'); mkdirSync('new')", ['directory /app/new 1']],
  ['app.py', "handler = Stream()  # or open('app.log', 'a')", []],
  ['app.py', "print('# '); open('app.log', 'a')", ['file /app/app.log 1']],
  ['app.py', "db = sqlite3.connect(':memory:')", []],
  ['server.js', "readFileSync('config.json')", []],
  ['server.test.js', "mkdirSync('fixtures')", []],
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
  ['a.js', 'const D = "up"\nfs.writeFileSync(`$' + '{D}/x-$' + '{n}`, t)', ['directory /app/up 2']],
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
  ['app.py', "PLUGS = Path('/srv/plugs')\nshutil.rmtree(PLUGS / name)", ['directory /srv/plugs 2']],
  ['app.py', "for f in files:\n    os.remove('/srv/plugs/' + f)", ['directory /srv/plugs 2']],
  ['app.py', "shutil.rmtree('/srv/plugs')\nos.remove(name)", []],
  [
    'config/puma.rb',
    "top = File.expand_path('..', __dir__)\n%w[tmp/pids log].each { |d| FileUtils.mkdir_p(File.join(top, d)) }",
    ['directory /app/src/config/../tmp/pids 2', 'directory /app/src/config/../log 2'],
  ],
  ['app.rb', "['a', 'b'].each do |d|\n  Dir.mkdir(\"/srv/\" + d)\nend", ['directory /srv/a 2', 'directory /srv/b 2']],
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
  ['hits.lua', 'local log = assert(io.open("access.log", "a"))', ['file /app/access.log 1']],
  ['hits.lua', 'local DATA = os.getenv("DATA") or "./data"\nlfs.mkdir(DATA)', ['directory /app/./data 2']],
  [
    'hits.lua',
    'local DATA = "/srv/hits"\nlocal dir = DATA .. "/" .. site\nlfs.mkdir(dir)\nlocal out = io.open(dir .. "/n.txt", "w")',
    ['directory /srv/hits 4', 'directory /srv/hits 3'],
  ],
  ['hits.lua', 'os.execute("mkdir -p /srv/hits/old && true")', ['directory /srv/hits/old 1']],
  ['hits.lua', 'local D = "keep"\nos.execute("mkdir -p " .. D)', ['directory /app/keep 2']],
  ['hits.lua', 'os.rename("a.new", "/srv/hits/a")', ['file /srv/hits/a 1 beside']],
  ['hits.lua', '-- io.open("old.log", "a")\nlocal f = io.open("page.tpl")\nio.open(path, "w")', []],
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
  ['config.ru', "File.open('visits', File::RDWR | File::CREAT) do |file|", ['file /app/visits 1']],
  ['config.ru', "File.open('visits', File::RDONLY)", []],
  ['app.rb', 'File.write("count.txt", "1")', ['file /app/count.txt 1']],
  ['app.rb', "File.binwrite 'data/x', bytes", ['file /app/data/x 1']],
  [
    'app.rb',
    "FileUtils.mkdir_p(File.expand_path('../exports', __FILE__))",
    ['directory /app/src/__file__/../exports 1'],
  ],
  ['app.rb', "FileUtils.mkdir_p(File.expand_path('exports', other))", []],
  ['app.py', 'import os; os.makedirs("/srv/a"); open("/srv/b", "w")', ['file /srv/b 1', 'directory /srv/a 1']],
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
  [
    'a.c',
    '#define STATE "/srv/a"\n#define PID STATE "/a.pid"\nint main() {\n  const char *dir = getenv("D") ? getenv("D") : STATE;\n  mkdir(dir, 0750);\n  FILE *p = fopen(PID, "w");\n}',
    ['directory /srv/a 5', 'file /srv/a/a.pid 6'],
  ],
  // What puts old logs aside needs the folder.
  ['a.rb', "Logger.new('/srv/log/a.log')", ['file /srv/log/a.log 1']],
  ['a.rb', "Logger.new('/srv/log/a.log', 'daily')", ['file /srv/log/a.log 1', 'file /srv/log/a.log 1 beside']],
  ['a.rb', "Logger.new('/srv/log/a.log', 5, 9000)", ['file /srv/log/a.log 1', 'file /srv/log/a.log 1 beside']],
  ['a.rb', "Logger.new('/srv/log/a.log', level: 1)", ['file /srv/log/a.log 1']],
  ['a.js', "new DailyRotateFile({ filename: '/srv/log/a-x.log' })", ['file /srv/log/a-x.log 1 beside']],
  ['a.c', 'char a[9] = "/srv/a", b[SIZE] = "/srv/b", *c = A "/c";\nfopen(b, "a");', ['file /srv/b 2']],
  ['a.pl', "my $dir = '/srv/a';\nmkdir($dir);", ['directory /srv/a 2']],
  ['a.pl', "our $dir = $ENV{DIR} // '/srv/a';\nmkdir($dir);", ['directory /srv/a 2']],
  ['a.php', '<?php\n$dir = "/srv/a";\nfile_put_contents("$dir/$name", $text);', ['directory /srv/a 3']],
  ['a.go', 'const dir = "/srv/a"\nos.Create(filepath.Join(dir, name))', ['directory /srv/a 2']],
  ['a.c', 'int f = open("/srv/a/x", O_WRONLY | O_CREAT, 0600);', ['file /srv/a/x 1']],
  ['a.c', 'fopen("/etc/a.conf", "r"); open("/srv/a/x", O_RDONLY); log->open("/srv/a/y", "w");', []],
  [
    'a.cpp',
    'std::ofstream out("/srv/a/x"); fs::create_directories("/srv/b");',
    ['directory /srv/b 1', 'file /srv/a/x 1'],
  ],
  [
    'A.java',
    'Path D = Paths.get(System.getProperty("a.home", "."), "data");\nFiles.createDirectories(D);',
    ['directory /app/./data 2'],
  ],
  ['A.java', 'Files.createDirectories(Path.of(System.getProperty("CACHE")));', ['directory /var/cache/app 1']],
  ['A.java', 'Files.createDirectories(Path.of(System.getProperty("b.home")));', []],
  ['main.go', 'dir := "/srv/a"\ndir = "/srv/b"\nos.MkdirAll(dir, 0755)', []],
  ['main.go', 'flag.StringVar(&dir, "dir", "/srv/a", "where")\nos.MkdirAll(dir, 0755)', ['directory /srv/a 2']],
  ['main.go', 'os.MkdirTemp("", "x")\nos.MkdirTemp("/srv/a", "x")', ['directory /srv/a 2']],
  [
    'main.go',
    'sql.Open("sqlite3", "file:/srv/a.db?cache=shared")\nsql.Open("postgres", "/srv/b.db")',
    ['database /srv/a.db 1'],
  ],
  ['main.go', 'os.Rename(tmp, "/srv/a/x")\nos.Rename("/srv/b", to)', ['file /srv/a/x 1 beside']],
  ['main.rs', 'let p = Path::new("/srv/a").join("b");\nfs::write(&p, text)', ['file /srv/a/b 2']],
  ['main.rs', 'let path = PathBuf::from("/srv/a");\nfs::create_dir_all(path.join("b"))', ['directory /srv/a/b 2']],
  ['main.rs', 'fs::copy("/srv/a", "/srv/b/x")', ['file /srv/b/x 1 beside']],
  ['a.js', "fs.mkdirSync(path.join('a', 'b'))", ['directory /app/a/b 1']],
  [
    'a.js',
    "fs.renameSync(from, '/srv/a/x')\nfs.renameSync('/srv/b/x', to)",
    ['file /srv/a/x 1 beside', 'file /srv/b/x 2 beside'],
  ],
  ['A.java', 'Path D = Path.of("/srv/a");\nFiles.createDirectories(D.resolve("b"));', ['directory /srv/a/b 2']],
  [
    'A.java',
    'Files.copy(in, Path.of("/srv/a/x"), REPLACE_EXISTING);\nFiles.copy(Path.of("/srv/b"), out);',
    ['file /srv/a/x 1 beside'],
  ],
  [
    'A.java',
    'FileChannel.open(Path.of("/srv/a"), WRITE);\nFileChannel.open(Path.of("/srv/b"), READ);',
    ['file /srv/a 1'],
  ],
  ['A.java', 'new File("/srv/a/x").createNewFile();', ['file /srv/a/x 1']],
  ['A.java', 'connect("jdbc:sqlite:/srv/a.db")', ['database /srv/a.db 1']],
  ['A.kt', 'File("/srv/a/x").appendText(line)', ['file /srv/a/x 1']],
  ['app.rb', 'File.writable?("count.txt")', []],
  [
    'puma.rb',
    "pidfile 'tmp/puma.pid'\nstdout_redirect 'log/puma.log', 'log/puma.err', true",
    ['file /app/tmp/puma.pid 1', 'file /app/log/puma.log 2'],
  ],
  [
    'a.ts',
    "new winston.transports.File({ level: 'error', filename: 'logs/error.log' })",
    ['file /app/logs/error.log 1'],
  ],
  ['a.ts', "new transports.DailyRotateFile({ dirname: path.join('var', 'log') })", ['directory /app/var/log 1']],
  [
    'a.js',
    "destination: function (req, file, cb) {\n  cb(null, 'public/uploads/')\n}",
    ['directory /app/public/uploads/ 1'],
  ],
  ['a.js', "multer.diskStorage({ destination: (req, file, done) => done(null, 'up') })", ['directory /app/up 1']],
  ['a.js', 'destination: (req, file, cb) => cb(null, folderOf(req))', []],
  ['a.js', "new Sequelize({ dialect: 'sqlite', storage: './data/app.sqlite' })", ['database /app/./data/app.sqlite 1']],
  ['a.js', "cache({ storage: 'memory' })", []],
  ['a.js', "low(new FileSync('db.json'))", ['database /app/db.json 1']],
  ['a.js', "const S = require('session-file-store')(session)\nnew FileStore({})", ['directory /app/sessions 2']],
  ['a.js', "require('session-file-store')\nnew FileStore({ path: '/data/s' })", ['directory /data/s 2']],
  ['a.js', 'writeFileSync(`data/$' + '{id}.json`, text)', ['directory /app/data 1']],
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
  ['a.py', `open("/srv/" + name + "/own", "w")`, ['directory /srv 1']],
  ['a.py', "upload.save(os.path.join('static', 'up', name))", ['directory /app/static/up 1']],
  ['a.py', 'user.save(commit)', []],
  ['a.py', "logging.basicConfig(level=1, filename='app.log')", ['file /app/app.log 1']],
  [
    'a.php',
    "move_uploaded_file($_FILES['f']['tmp_name'], 'up/' . basename($_FILES['f']['name']));",
    ['directory /app/up 1'],
  ],
  ['a.php', "new PDO('sqlite:' . __DIR__ . '/../data/x.sqlite');", ['database /app/src/../data/x.sqlite 1']],
  ['a.psgi', "open(my $fh, '>>', '/srv/app/visits.log') or die;", ['file /srv/app/visits.log 1']],
  ['a.psgi', 'DBI->connect("dbi:SQLite:dbname=counter.db","","");', ['database /app/counter.db 1']],
  ['a.pl', "open(my $fh, '<', '/srv/app/read.txt');", []],
  ['a.py', "UP = Path(__file__).resolve().parent / 'up'\nUP.mkdir(exist_ok=True)", ['directory /app/src/up 2']],
  ['a.py', "DATA = Path('state')\n(DATA / 'x.json').write_text('')", ['file /app/state/x.json 2']],
  ['a.py', "UP = Path('up')\n(UP / file.name).write_bytes(data)", ['directory /app/up 2']],
  ['a.py', "Path('/srv/x/log.txt').open('a')\nPath('/srv/x/in.txt').open()", ['file /srv/x/log.txt 1']],
  ['a.py', 'os.mkdir(path)\nself.folder.mkdir()', []],
  ['a/b.py', "(Path(__file__).parent.parent / 'db').mkdir()", ['directory /app/src/db 1']],
  ['gunicorn.conf.py', "pidfile = '/run/web.pid'\naccesslog = '-'", ['file /run/web.pid 1 beside']],
  ['a.py', "RotatingFileHandler('/var/log/x.log', maxBytes=9)", ['file /var/log/x.log 1 beside']],
  ['a.php', 'error_log("x\\n", 3, \'/var/log/x.log\');', ['file /var/log/x.log 1']],
  [
    'a.mjs',
    "const __filename = fileURLToPath(import.meta.url)\nconst __dirname = path.dirname(__filename)\nconst data = process.env.DATA ?? join(__dirname, '..', 'data')\nawait mkdir(data)",
    ['directory /app/src/../data 4'],
  ],
  ['a.mjs', "mkdir(new URL('../cache/', import.meta.url))", ['directory /app/src/../cache/ 1']],
  [
    'settings.py',
    "'filename': BASE_DIR / 'django.log',\n'LOCATION': '/var/cache/x',\n'LOCATION': 'redis://x'",
    ['file /app/src/django.log 1 beside', 'directory /var/cache/x 2'],
  ],
  [
    'a.php',
    "define('ROOT', dirname(__DIR__));\nconst CACHE = ROOT . '/cache';\nmkdir(CACHE);",
    ['directory /app/cache 3'],
  ],
  [
    'ecosystem.config.js',
    "{ out_file: '/var/log/a.log', pid_file: '/run/a.pid' }",
    ['file /var/log/a.log 1', 'file /run/a.pid 1 beside'],
  ],
  [
    'lib/shop/files.ex',
    'File.mkdir_p!("/srv/up")\nFile.write!("log/shop.log", text)',
    ['directory /srv/up 1', 'file /app/log/shop.log 2'],
  ],
  [
    'lib/shop/files.ex',
    'dir = System.get_env("DIR", "/etc/shop/saml")\nFile.mkdir_p(Path.join(dir, "a"))',
    ['directory /etc/shop/saml/a 2'],
  ],
  [
    'config/runtime.exs',
    'File.open!("/srv/a.txt", [:append])\nFile.cp!(from, "/srv/b/x")',
    ['file /srv/a.txt 1', 'file /srv/b/x 2 beside'],
  ],
  [
    'lib/shop/files.ex',
    'File.read!("x")\nFile.open("y", [:read])\nFile.exists?("/srv/z")\npath |> File.mkdir_p!()',
    [],
  ],
  ['lib/mix/tasks/shop.ex', 'File.write!("x", "")', []],
  ['config/dev.exs', 'File.mkdir_p!("/srv/up")', []],
  ['main.rs', 'fs::write("x", b"")', ['file /app/x 1']],
  [
    'main.rs',
    'const Q: &str = "/var/lib/x";\nfs::create_dir_all(&Q)?;\nlet f = OpenOptions::new().create(true).append(true).open("/var/log/x.log")?;',
    ['directory /var/lib/x 2', 'file /var/log/x.log 3'],
  ],
  ['main.rs', 'create_dir_all(std::env::var("DIR").unwrap_or_else(|_| "/data".to_string()))', ['directory /data 1']],
  ['main.rs', 'File::open("x")', []],
  [
    'Main.java',
    'private static final String DIR = "/data";\nFiles.createDirectories(Paths.get(DIR, "up"));\nnew FileHandler("logs/x.log");',
    ['directory /data/up 2', 'file /app/logs/x.log 3 beside'],
  ],
  ['Main.java', 'new File("/var/uploads").mkdirs();\nnew FileReader("x");', ['directory /var/uploads 1']],
  [
    'Program.cs',
    'Directory.CreateDirectory(Path.Combine("wwwroot", "up"));\nFile.AppendAllText("/var/log/x.log", s);\nFile.ReadAllText("y");',
    ['directory /app/wwwroot/up 1', 'file /var/log/x.log 2'],
  ],
  [
    'Seed.cs',
    'var root = env.ContentRootPath;\nDirectory.CreateDirectory(Path.Combine(root, "state"));\nZipFile.ExtractToDirectory(Path.Combine(root, "x.zip"), Path.Combine(env.WebRootPath, "pics"));\nFile.Copy("a.json", "state/b.json");',
    ['directory /app/state 2', 'directory /app/wwwroot/pics 3', 'file /app/state/b.json 4 beside'],
  ],
  [
    'Skins.cs',
    'Directory.Delete(Path.Combine(Host.ContentRootPath, "Skins", name), true);\nDirectory.CreateDirectory(Path.Combine(Host.WebRootPath, "skins", name));',
    ['directory /app/Skins 1', 'directory /app/wwwroot/skins 2'],
  ],
  ['Program.cs', 'builder.AddDeveloperSigningCredential();', ['file /app/tempkey.jwk 1 beside']],
  ['Program.cs', 'builder.AddDeveloperSigningCredential(persistKey: false);', []],
  ['Program.cs', '// builder.AddDeveloperSigningCredential();', []],
  ['main.go', 'os.WriteFile("x", nil, 0o644)', ['file /app/x 1']],
  ['main.go', 'dir := flag.String("data", "/data", "where")\nos.MkdirAll(*dir, 0o755)', ['directory /data 2']],
  ['main.go', 'd := getEnv("DATA", "state")\nos.Create(filepath.Join(d, "x"))', ['file /app/state/x 2']],
  ['main.go', 'os.OpenFile("/data/x", os.O_RDONLY, 0)', []],
  ['main.go', 'sql.Open("sqlite3", "./x.db")', ['database /app/./x.db 1']],
  ['a.go', 'os.Create(fmt.Sprintf("sessions/worker-%d.session", n))', ['directory /app/sessions 1']],
  ['a.rs', 'fs::write(format!("out/{name}.txt"), text)', ['directory /app/out 1']],
  ['a.py', "open('reports/%s.csv' % name, 'w')", ['directory /app/reports 1']],
  ['a.py', "open('reports/{}.csv'.format(name), 'w')", ['directory /app/reports 1']],
  ['A.java', 'new FileWriter(String.format("reports/%s.csv", name))', ['directory /app/reports 1']],
  // Of that its folder is the program's own.
  ['a.go', 'os.Create(fmt.Sprintf("%d.session", n))', []],
  ['a.py', '(UPLOADS / f"{name(self.path)}.txt").write_bytes(b)\nUPLOADS = Path("up")', ['directory /app/up 1']],
])('%s: %s', (file, text, expected) => {
  expect(paths(`/app/src/${file}`, text)).toEqual(expected)
})

test('a web server starts PHP where it lies, a command line where the command does', () => {
  const served = (folder: string): string => folder
  const write = "file_put_contents('cache/x', $text);"
  expect(sourceWrites('/srv/site/a.php', write, { ...about, served }).writes.map(({ path }) => path)).toEqual([
    '/srv/site/cache/x',
  ])
  expect(paths('/srv/site/a.php', write)).toEqual(['file /app/cache/x 1'])
})

test('what a file of settings calls by a name is known in the other files of the program', () => {
  const settings = {
    '/app/src/settings.py': "LOG = os.getenv('L', '/var/log/a')\nHOME = '/srv/one'\n",
    '/app/src/config.js':
      "module.exports = {\n  logDir: process.env.LOG_DIR || '/var/log/votes',\n  HOME: '/srv/two',\n}\n",
    '/app/src/other.py': "ELSE = '/srv/else'\n",
  }
  const shared = sharedPaths(new Map(Object.entries(settings)), about)
  const found = (file: string, text: string) =>
    sourceWrites(file, text, { ...about, shared }).writes.map(({ path }) => path)
  expect(found('a.py', 'from settings import LOG\nos.makedirs(LOG, exist_ok=True)')).toEqual(['/var/log/a'])
  expect(found('a.py', 'from . import settings\nos.makedirs(settings.LOG)')).toEqual(['/var/log/a'])
  expect(found('s.js', "const config = require('./config')\nfs.mkdirSync(config.logDir)")).toEqual(['/var/log/votes'])
  // Not brought in, of something else, said by two, or in no file of settings.
  expect(found('a.py', 'os.makedirs(LOG)')).toEqual([])
  expect(found('s.js', 'fs.mkdirSync(request.logDir)')).toEqual([])
  expect(found('a.py', 'from settings import HOME\nos.makedirs(HOME)')).toEqual([])
  expect(found('a.py', 'from other import ELSE\nos.makedirs(ELSE)')).toEqual([])
})

test.each([
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
  // It asks, and fetches what belongs there.
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
  const [found] = sourceWrites(`/app/src/${file}`, text, about).writes
  expect(found?.path).toBe('/app/probe')
  expect(found?.absent === true).toBe(expected)
})

test.each([
  ['a.js', 'function save(file) {\n  fs.writeFileSync(file, text)\n}', ['writeFileSync file 2']],
  ['a.py', 'os.makedirs(self.config_dir)', ['os.makedirs self.config_dir 1']],
  ['a.go', 'os.WriteFile(cfg.Path, data, 0o600)', ['WriteFile cfg.Path 1']],
  ['a.go', 'os.MkdirAll(filepath.Dir(name), 0o755)', ['MkdirAll filepath.Dir(name) 1']],
  ['a.rs', 'fs::write(&template_path, text)', ['fs::write &template_path 1']],
  ['a.cs', 'File.WriteAllText(options.Log, text);', ['File.WriteAllText options.Log 1']],
  // Known, or a folder of it.
  ['a.js', "fs.writeFileSync('out.txt', text)", []],
  ['a.js', "fs.writeFileSync(path.join('uploads', name), text)", []],
  ['a.go', 'path := "data/x"\nos.WriteFile(path, data, 0o600)', []],
  // Only read, taken away, or no file at all.
  ['a.py', 'open(name)', []],
  ['a.py', 'os.remove(name)', []],
  ['a.py', 'cache.touch(key)', []],
  ['a.py', 'open(sys.stdout.fileno(), "w")', []],
  ['a.go', 'os.CreateTemp("", "x")', []],
  ['a.go', 'os.MkdirAll(tmpDir, 0o755)', []],
  ['a.go', 'home, _ := os.UserHomeDir()\nos.MkdirAll(home+"/.acme", 0o755)', []],
  ['a.py', 'os.makedirs(os.path.expanduser("~/x"))', []],
  ['a_test.go', 'os.WriteFile(cfg.Path, data, 0o600)', []],
])('%s: %s leaves the path to the run', (file, text, expected) => {
  const { open } = sourceWrites(`/app/src/${file}`, text, about)
  expect(open.map(({ call, expression, line }) => `${call} ${expression} ${line}`)).toEqual(expected)
})

test.each([
  // The setting says what it is of, whatever the folder is called.
  ['a.go', 'return &Config{\n\tDataDir: "club.data",\n}', ['directory /app/club.data 2']],
  ['a.go', 'if c.API.ACMECacheDir == "" {\n\tc.API.ACMECacheDir = "certs"\n}', ['directory /app/certs 2']],
  ['a.go', 'viper.SetDefault("storage-dir", "./boxes")', ['directory /app/./boxes 1']],
  ['a.go', 'fs.String("data-dir", "club.data", "where")', ['directory /app/club.data 1']],
  ['a.go', 'flag.StringVar(&c.db, "db-path", "club.db", "where")', ['database /app/club.db 1']],
  ['a.go', 'cli.StringFlag{Name: "upload-dir", Value: "inbox"}', ['directory /app/inbox 1']],
  // It is of something that is read, is no path, or leaves the folder.
  ['a.go', 'return &Config{TemplateDir: "club.tpl", DatabaseFile: "x"}', []],
  ['a.go', 'return &Config{DataDir: "../club"}', []],
  ['a.go', '// c.CacheDir = "certs"', []],
  ['a.go', 'fs.String("db-path", "memory", "where")', []],
  ['a.go', 'fs.String("template-dir", "club", "where")', []],
  ['a.go', 'viper.SetDefault("cache-path", "sensors.temperature")', []],
])('%s: by the name of the setting alone, %s', (file, text, expected) => {
  const { writes } = sourceWrites(`/app/src/${file}`, text, about)
  expect(writes.map(({ path, kind, line }) => `${kind} ${path} ${line}`)).toEqual(expected)
  expect(writes.every(({ byName }) => byName === true)).toBe(true)
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
  // Not brought in, of a package from elsewhere, and of two that bring in each other.
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
])('%s: %s means what another module says', (file, text, others, paths) => {
  const texts = new Map(Object.entries({ ...others, [file]: text }).map(([path, one]) => [`/app/${path}`, one]))
  const { writes } = sourceWrites(`/app/${file}`, text, { ...about, texts })
  expect(writes.map(({ path }) => normalisePath(path))).toEqual(paths)
})

test.each([
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
])('%s: %s writes where a call says nothing, and what another says stays open', (file, text, paths) => {
  const { writes, open } = sourceWrites(`/app/src/${file}`, text, about)
  expect(writes.map(({ path }) => path)).toEqual(paths)
  expect(open).toHaveLength(1)
})

test.each([
  ['a.py', 'draft = os.path.join("drafts", "x.wav")\nos.replace(draft, path)', ['/app/drafts/x.wav'], 1],
  ['a.py', 'os.replace(draft, "out/x.wav")', ['/app/out/x.wav'], 0],
])('%s: %s takes away what it moves', (file, text, paths, left) => {
  const { writes, open } = sourceWrites(`/app/src/${file}`, text, about)
  expect(writes.map(({ path, beside }) => (beside === true ? path : ''))).toEqual(paths)
  expect(open).toHaveLength(left)
})
