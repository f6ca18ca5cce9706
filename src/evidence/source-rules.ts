export interface Rule {
  /** Up to the opening bracket or the sign before the expression. */
  readonly pattern: RegExp
  readonly kind: 'file' | 'directory' | 'database'
  /** What must stand among the further arguments. */
  readonly with?: RegExp
  /** What the expression itself must look like. */
  readonly only?: RegExp
  /** The path is what the method is called of: `(UPLOADS / name).write_bytes(…)`. */
  readonly receiver?: true
  /** The pattern is a whole call that names no path: this is what it takes then, in the working folder. */
  readonly usual?: string
  /** What must stand in the file. */
  readonly of?: string
  /** It makes new files beside it, or puts others in its place: old logs, a lock. */
  readonly beside?: true
  /** What is taken away by a whole name need not be there: only what only the run tells, in a folder that is known, says that it is filled. */
  readonly within?: true
  /** Where the path is left to the run another call has told of it. */
  readonly known?: true
  /** The path is a word of the command that the text holds: `os.execute("mkdir -p data")`. */
  readonly quoted?: true
}

const DATABASE_FILE = /\.(sqlite3?|db3?)["'`)]*$/

export const SCRIPT: readonly Rule[] = [
  { pattern: /\b(mkdirSync|mkdir|mkdirp|ensureDirSync|ensureDir)\(/g, kind: 'directory' },
  {
    pattern: /\b(writeFileSync|writeFile|appendFileSync|appendFile|createWriteStream|outputFile|outputJson)\(/g,
    kind: 'file',
  },
  { pattern: /\b(openSync|open)\(/g, kind: 'file', with: /["'](w|a|wx|w\+|a\+)["']/ },
  // What is written is their second argument.
  { pattern: /\b(copyFileSync|copyFile|renameSync|cpSync)\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
  // And their first is taken away.
  { pattern: /\b(renameSync)\(/g, kind: 'file', beside: true, known: true },
  { pattern: /\b(rmSync|rmdirSync|unlinkSync|unlink|rm)\(/g, kind: 'file', within: true },
  { pattern: /\b(new (?:\w+\.)?(?:Database|DatabaseSync))\(/g, kind: 'database' },
  { pattern: /\b(multer)\(\s*\{\s*dest:/g, kind: 'directory' },
  { pattern: /\b(uploadDir|destination)\s*:/g, kind: 'directory' },
  // multer's function form: `destination: (req, file, cb) => cb(null, 'uploads')`.
  {
    pattern:
      /\b(destination)\s*(?::\s*(?:async\s*)?(?:function\s*(?:\w+\s*)?)?)?\([^)]{0,200}\)\s*(?:=>\s*)?(?:\{\s*)?(?:return\s+)?\w+\(\s*null\s*,/g,
    kind: 'directory',
  },
  // winston, and its daily rotation.
  { pattern: /\b(transports\.File)\(\s*\{[^{}]{0,1000}?\bfilename\s*:/g, kind: 'file' },
  { pattern: /\b(DailyRotateFile)\(\s*\{[^{}]{0,1000}?\bfilename\s*:/g, kind: 'file', beside: true },
  { pattern: /\b(transports\.File|DailyRotateFile)\(\s*\{[^{}]{0,1000}?\bdirname\s*:/g, kind: 'directory' },
  // lowdb, nedb; Sequelize, TypeORM and Knex with SQLite.
  { pattern: /\b(JSONFile|JSONFileSync|JSONFilePreset|FileSync|FileAsync)\(/g, kind: 'database' },
  { pattern: /\b(Datastore)\(\s*\{[^{}]*?\bfilename\s*:/g, kind: 'database' },
  { pattern: /\b(storage|database|filename)\s*:/g, kind: 'database', only: DATABASE_FILE },
  // PM2's ecosystem.config.js.
  { pattern: /\b(out_file|error_file|log_file)\s*:/g, kind: 'file' },
  { pattern: /\b(pid_file)\s*:/g, kind: 'file', beside: true },
  // express-session's store of files.
  { pattern: /\b(FileStore)\(\s*\{[^{}]*?\bpath\s*:/g, kind: 'directory' },
  {
    pattern: /\bnew (FileStore)\((?:\s*\{\s*\}\s*)?\)/g,
    kind: 'directory',
    usual: 'sessions',
    of: 'session-file-store',
  },
]
export const PYTHON: readonly Rule[] = [
  { pattern: /\b(open)\(/g, kind: 'file', with: /["'](?:mode=)?[rb]*[wax][bt+]*["']/ },
  { pattern: /\b(os\.makedirs|os\.mkdir)\(/g, kind: 'directory' },
  { pattern: /\b(sqlite3\.connect|aiosqlite\.connect|TinyDB)\(/g, kind: 'database' },
  { pattern: /\b((?:Watched)?FileHandler)\(/g, kind: 'file' },
  { pattern: /\b((?:Timed)?RotatingFileHandler)\(/g, kind: 'file', beside: true },
  // pathlib.
  { pattern: /\.(mkdir)\(/g, kind: 'directory', receiver: true },
  { pattern: /\.(write_text|write_bytes|touch)\(/g, kind: 'file', receiver: true },
  { pattern: /\.(open)\((?=\s*(?:mode\s*=\s*)?["'][rb]*[wax])/g, kind: 'file', receiver: true },
  // The logs of logging.config, and Django's cache of files.
  { pattern: /["'](filename)["']\s*:/g, kind: 'file', only: /\.log\b/, beside: true },
  { pattern: /["'](LOCATION)["']\s*:/g, kind: 'directory', only: /\// },
  // Gunicorn's own configuration.
  { pattern: /^(accesslog|errorlog)\s*=(?!=)/gm, kind: 'file', only: /\// },
  { pattern: /^(pidfile)\s*=(?!=)/gm, kind: 'file', only: /\//, beside: true },
  {
    pattern: /["']?\b(UPLOAD_FOLDER|UPLOAD_DIR|MEDIA_ROOT|CACHE_DIR|SESSION_FILE_DIR)\b["']?\]?\s*=(?!=)/g,
    kind: 'directory',
  },
  { pattern: /\b(basicConfig)\([^()]*?\bfilename\s*=/g, kind: 'file' },
  { pattern: /\.(save|savefig|to_csv|to_json|to_parquet|to_excel|to_pickle)\(/g, kind: 'file', only: /[/.]/ },
  {
    pattern:
      /\b(cv2\.(?:imwrite|VideoWriter)|imageio\.(?:imwrite|imsave|mimsave)|plt\.imsave|n(?:um)?py?\.(?:savez|savez_compressed|savetxt)|(?:wavfile|sf|soundfile)\.write)\(/g,
    kind: 'file',
  },
  {
    pattern: /\b((?:torch\.save|joblib\.dump|urlretrieve))\((?:[^,()]|\([^()]*\))*,/g,
    kind: 'file',
  },
  { pattern: /\b(shelve\.open|dbm\.open)\(/g, kind: 'file' },
  { pattern: /\b(shutil\.rmtree|os\.(?:remove|unlink|rmdir))\(/g, kind: 'file', within: true },
  { pattern: /\.(unlink|rmdir)\(/g, kind: 'file', receiver: true, within: true },
  // Classes and arguments whose names say what the path is for: `PIDFile(bus, "/run/x.pid")`, `Lookup(cache_dir="/var/cache/x")`.
  {
    pattern:
      /\b(\w{0,40}(?:PID|[Pp]id|[Ll]ock)_?[Ff]ile\w{0,20}|FileLock)\((?:\s{0,9}[\w.]{1,60}\s{0,9},\s{0,9})?(?=["']\/(?:run|var)\/)/g,
    kind: 'file',
  },
  {
    pattern:
      /[(,]\s{0,40}(pid_?file|lock_?file|(?:access_?|error_?)?log_?(?:file|path))\s{0,9}=\s{0,9}(?=["']\/(?:run|var)\/)/g,
    kind: 'file',
  },
  {
    pattern:
      /[(,]\s{0,40}((?:module|cache|log|spool|storage|state|data|session|upload)_?(?:dir|directory|folder))\s{0,9}=\s{0,9}(?=["']\/(?:run|var)\/)/g,
    kind: 'directory',
  },
  // What is written is their second argument.
  {
    pattern: /\b((?:shutil\.(?:copy|copy2|copyfile|move)|os\.(?:rename|replace)))\((?:[^,()]|\([^()]*\))*,/g,
    kind: 'file',
    beside: true,
  },
  // And what they move is taken away.
  { pattern: /\b(shutil\.move|os\.rename|os\.replace)\(/g, kind: 'file', beside: true, known: true },
]
export const RUBY: readonly Rule[] = [
  { pattern: /\b(FileUtils\.mkdir_p|Dir\.mkdir)\b\s*\(?/g, kind: 'directory' },
  { pattern: /\b((?:File|IO)\.(?:write|binwrite))\b\s*\(?/g, kind: 'file' },
  {
    pattern: /\b(File\.open|File\.new)\(/g,
    kind: 'file',
    with: /["'][wa][b+]*["']|File::(CREAT|WRONLY|RDWR|APPEND)/,
  },
  // Puma's and Unicorn's own configuration.
  { pattern: /^[ \t]*(stdout_redirect|stdout_path|stderr_path|pidfile|state_path)\b\s*\(?/gm, kind: 'file' },
  { pattern: /^[ \t]*(pid)\b\s*(?:\((?=\s*["'])|(?=["']))/gm, kind: 'file', beside: true },
  { pattern: /\b(YAML::Store\.new|PStore\.new)\(/g, kind: 'file', beside: true },
  { pattern: /\b(Logger\.new)\(/g, kind: 'file', only: /[/.]/ },
  // With how often, or how many, it puts old logs aside.
  {
    pattern: /\b(Logger\.new)\(/g,
    kind: 'file',
    only: /[/.]/,
    with: /^\s*(?:["'](?:dai|week|month)ly|\d|shift_age)/,
    beside: true,
  },
  { pattern: /\b(SQLite3::Database\.new|Sequel\.sqlite)\(/g, kind: 'database' },
]
export const PHP: readonly Rule[] = [
  { pattern: /\b(file_put_contents)\(/g, kind: 'file' },
  { pattern: /\b(mkdir)\(/g, kind: 'directory' },
  { pattern: /\b(fopen)\(/g, kind: 'file', with: /["'][wax][bt+]*["']/ },
  { pattern: /\b(error_log)\([^;]{0,200}?,\s*3\s*,/g, kind: 'file' },
  { pattern: /\b(new SQLite3)\(/g, kind: 'database' },
  { pattern: /\b(new PDO)\(\s*["']sqlite:["']\s*\./g, kind: 'database' },
  { pattern: /\b(move_uploaded_file)\((?:[^,()]|\([^()]*\))*,/g, kind: 'file' },
]
export const PERL: readonly Rule[] = [
  { pattern: /\b(open)\s*(?:\(\s*)?(?:my\s+)?[$\w*]{1,64}\s*,\s*["'](?:>>?|\+[<>])[^"',]*["']\s*,/g, kind: 'file' },
  { pattern: /\b(mkdir|make_path)\s*\(/g, kind: 'directory' },
]
export const LUA: readonly Rule[] = [
  { pattern: /\b(io\.open)\s{0,9}\(/g, kind: 'file', with: /^\s*["'](?:[wa]|r\+)/ },
  { pattern: /\b(io\.output)\s{0,9}\((?=\s*["'])/g, kind: 'file' },
  { pattern: /\b(lfs\.mkdir)\s{0,9}\(/g, kind: 'directory' },
  // Its path follows as a word, or behind a sign that joins it.
  {
    pattern: /\b(os\.execute)\s{0,9}\(\s{0,9}["']mkdir\s{1,9}(?:-p\s{1,9})?["']\s{0,9}\+\s{0,9}/g,
    kind: 'directory',
  },
  {
    pattern: /\b(os\.execute)\s{0,9}\(\s{0,9}["']mkdir\s{1,9}(?:-p\s{1,9})?(?=[\w./])/g,
    kind: 'directory',
    quoted: true,
  },
  { pattern: /\b(os\.rename)\s{0,9}\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
  { pattern: /\b(os\.remove|lfs\.rmdir)\s{0,9}\(/g, kind: 'file', within: true },
  // LuaSQL.
  { pattern: /\b(sqlite3?\.open|sqlite\w{0,20}:connect)\s{0,9}\(/g, kind: 'database' },
]
export const GO: readonly Rule[] = [
  { pattern: /\bos\.(MkdirAll|Mkdir)\(/g, kind: 'directory' },
  { pattern: /\bos\.(Create|WriteFile)\(/g, kind: 'file' },
  { pattern: /\bos\.(OpenFile)\(/g, kind: 'file', with: /O_(CREATE|WRONLY|RDWR|APPEND)/ },
  { pattern: /\bos\.(MkdirTemp|CreateTemp)\(/g, kind: 'directory' },
  { pattern: /\bos\.(Rename)\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
  { pattern: /\bsql\.(Open)\(\s*"sqlite3?"\s*,/g, kind: 'database' },
  { pattern: /\bbadger\.(DefaultOptions)\(/g, kind: 'directory' },
  { pattern: /\b(?:leveldb|pebble)\.(OpenFile|Open)\(/g, kind: 'directory' },
  // lumberjack puts old logs aside.
  { pattern: /\b(Filename):/g, kind: 'file', only: /\.log\b/, beside: true },
  { pattern: /\b(?:sqlite|b?bolt)\.(Open)\(/g, kind: 'database' },
]
export const RUST: readonly Rule[] = [
  { pattern: /\b(create_dir_all|create_dir)\(/g, kind: 'directory' },
  { pattern: /\b(File::create|File::create_new|fs::write)\(/g, kind: 'file' },
  {
    pattern:
      /\b(?:OpenOptions::new|File::options)\(\)(?:\s*\.\w+\(\w+\)){0,9}?\s*\.(?:write|append)\(true\)(?:\s*\.\w+\(\w+\)){0,9}\s*\.(open)\(/g,
    kind: 'file',
  },
  { pattern: /\b(fs::(?:copy|rename))\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
  { pattern: /\b(Connection::open)\(/g, kind: 'database' },
  { pattern: /\b(sled::open|rolling::(?:daily|hourly|minutely|never))\(/g, kind: 'directory' },
]
export const ELIXIR: readonly Rule[] = [
  { pattern: /\b(File\.mkdir(?:_p)?!?)\((?=\s*[^\s)])/g, kind: 'directory' },
  { pattern: /\b(File\.(?:write|touch)!?)\((?=\s*[^\s)])/g, kind: 'file' },
  { pattern: /\b(File\.open!?)\(/g, kind: 'file', with: /:(?:write|append|exclusive)\b/ },
  {
    pattern: /\b(File\.(?:cp|cp_r|rename|copy)!?)\((?:[^,()]|\([^()]*\)){1,300},/g,
    kind: 'file',
    beside: true,
    known: true,
  },
]
/** C and C++. */
export const C: readonly Rule[] = [
  { pattern: /(?<![\w.>])(mkdir|(?:std::)?(?:filesystem|fs)::create_director(?:y|ies))\(/g, kind: 'directory' },
  { pattern: /(?<![\w.>])(fopen|freopen)\(/g, kind: 'file', with: /^\s*"(?:[wa]|r[be]*\+)/ },
  { pattern: /(?<![\w.>])(open|creat)\(/g, kind: 'file', with: /\bO_(?:CREAT|WRONLY|RDWR|APPEND)\b|^\s*0[0-7]{3}\s*$/ },
  { pattern: /\b(?:std::)?(ofstream)\s+\w+[({]/g, kind: 'file' },
  { pattern: /\b(sqlite3_open(?:_v2)?)\(/g, kind: 'database' },
  // Its second argument is written.
  { pattern: /(?<![\w.>])(rename|link)\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
]
export const JAVA: readonly Rule[] = [
  { pattern: /\b(Files\.create(?:Directory|Directories))\(/g, kind: 'directory' },
  { pattern: /\b(Files\.(?:write|writeString|newBufferedWriter|newOutputStream|createFile))\(/g, kind: 'file' },
  { pattern: /\bnew (FileWriter|FileOutputStream|PrintWriter|RandomAccessFile)\(/g, kind: 'file', only: /^["(\w]/ },
  // java.util.logging makes a lock beside it.
  { pattern: /\bnew (FileHandler)\(/g, kind: 'file', beside: true },
  { pattern: /\.(mkdirs?)\(\)/g, kind: 'directory', receiver: true },
  { pattern: /\.(createNewFile)\(\)/g, kind: 'file', receiver: true },
  { pattern: /\b(FileChannel\.open)\(/g, kind: 'file', with: /\b(WRITE|APPEND|CREATE|CREATE_NEW)\b/ },
  { pattern: /\b(Files\.(?:copy|move))\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
  // Kotlin's extensions of File.
  { pattern: /\.(writeText|appendText|writeBytes|appendBytes)\(/g, kind: 'file', receiver: true },
]
export const CSHARP: readonly Rule[] = [
  { pattern: /\b(Directory\.(?:CreateDirectory|Delete))\(/g, kind: 'directory' },
  {
    pattern:
      /\b(File\.(?:Create|CreateText|AppendAllText|AppendAllLines|AppendText|WriteAll\w+|OpenWrite)(?:Async)?)\(/g,
    kind: 'file',
  },
  { pattern: /\bnew (FileStream)\(/g, kind: 'file', with: /FileMode\.(Create|Append|OpenOrCreate)/ },
  { pattern: /\bnew (StreamWriter)\(/g, kind: 'file', only: /^[$@]*"/ },
  // What is written is their second argument.
  { pattern: /\b(ZipFile\.ExtractToDirectory)\((?:[^,()]|\([^()]*\))*,/g, kind: 'directory' },
  { pattern: /\b(File\.(?:Copy|Move))\((?:[^,()]|\([^()]*\))*,/g, kind: 'file', beside: true },
  // IdentityServer makes a key where the program starts, unless it is told not to keep it; an empty file it cannot read.
  {
    pattern: /\.(AddDeveloperSigningCredential)\(\s*(?:persistKey\s*:\s*)?(?:true\s*)?\)/g,
    kind: 'file',
    usual: 'tempkey.jwk',
    beside: true,
  },
  { pattern: /\b(PersistKeysToFileSystem)\(\s*new DirectoryInfo\(/g, kind: 'directory' },
]
