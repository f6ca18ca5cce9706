// npm run docs:rooms: docs/contributing/rooms.svg, the rooms of the program and who imports whom, from the imports themselves.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** What each room is, in one line of the picture. */
export const ROOMS = new Map(
  Object.entries({
    'cli.ts, index.ts': 'where the command and the library begin',
    cli: 'arguments, streams, signals, exit codes',
    playground: 'the page that runs the pure half in a browser',
    app: 'takes one target from its text to its report',
    fleet: 'many targets, shared out among many machines',
    userns: 'root in containers as nobody on the host: userns-remap',
    repository: 'the tree around a target: who builds and runs its image',
    proof: 'runs original and result side by side, and compares them',
    attest: 'what is kept of a proof, and whether it still fits',
    manifests: 'Compose and Kubernetes: how a result is run, and what changes in files',
    report: 'one result in each of the formats',
    transforms: 'decisions to edits of the Dockerfile, one step a file',
    'transform.ts': 'what a transform and its findings are',
    plan: 'needs to decisions: who runs it, what that user is given',
    evidence: 'what says that a path is written, a port bound',
    start: 'what ENTRYPOINT, CMD and the scripts behind them do',
    contents: 'what COPY, ADD and RUN put into the image',
    'decisions.ts': 'what a person is to decide, as comments of the Dockerfile',
    dockerfile: 'text to a model with offsets into that text',
    engine: 'Docker, Podman and nerdctl, by API or command line',
    image: 'configuration, accounts, files: could uid U write P?',
    shell: 'a shell text to what it does: starts, writes, hands over, asks',
    borders: 'quotes and escapes text for wherever it is put',
    shared: 'single files of src that every room may import (not drawn): paths, bounds, errors, edits, words',
    catalogue: 'data: what is known of images, packages and programs',
  }),
)

/** What stands for a room that is not in the table. */
export const NO_WORDS = 'not described yet: ROOMS in scripts/rooms.mjs'

/** The single files of src that any room may import. */
const SHARED = 'shared'

const FOLDERS = ['src', 'transforms', 'catalogue']
const [FEW_FILES, FEW_LINES] = [5, 500]

/**
 * @typedef {object} Source
 * @property {string} path below the repository
 * @property {number} lines
 * @property {readonly { readonly to: string, readonly isType: boolean }[]} imports paths of the repository
 */
/** @typedef {{ from: string, to: string, isType: boolean, count: number }} Arrow `isType`: types alone; `count`: of import statements */
/** @typedef {{ name: string, what: string, files: number, lines: number }} Room */
/** @typedef {{ rooms: readonly Room[], arrows: readonly Arrow[], up: readonly Arrow[] }} House rooms from the top down; `up` lead back */

/**
 * The rooms of a repository, each above all that it imports but for `up`.
 * @param {string} root
 * @returns {House}
 */
export function houseOf(root) {
  const sources = FOLDERS.flatMap((folder) => sourcesIn(root, folder))
  const { nameOf, begin } = roomNames(sources)
  /** @type {Map<string, { files: number, lines: number }>} */
  const sizes = new Map()
  /** @type {Map<string, Arrow>} */
  const byKey = new Map()
  for (const { path, lines, imports } of sources) {
    const from = nameOf(path)
    const { files, lines: before } = sizes.get(from) ?? { files: 0, lines: 0 }
    sizes.set(from, { files: files + 1, lines: before + lines })
    for (const { to: file, isType } of imports) {
      const to = nameOf(file)
      if (to === from || to === SHARED) continue
      const key = `${from} ${to}`
      const known = byKey.get(key)
      byKey.set(key, { from, to, isType: isType && known?.isType !== false, count: (known?.count ?? 0) + 1 })
    }
  }
  const all = [...byKey.values()].sort(byName)
  const names = [...sizes.keys()].sort()
  const up = leadingBack(names, all)
  const arrows = all.filter((arrow) => !up.includes(arrow))
  const floors = floorsOf(names, [...arrows, ...mayImport(SHARED, names, arrows)])
  // Where the program begins nothing leads to.
  const isFirst = /** @param {string} name */ (name) => Number(name === begin)
  const order = names.toSorted(
    (a, b) => isFirst(b) - isFirst(a) || (floors.get(b) ?? 0) - (floors.get(a) ?? 0) || (a < b ? -1 : 1),
  )
  const rooms = order.map((name) => {
    const { files, lines } = sizes.get(name) ?? { files: 0, lines: 0 }
    return { name, what: ROOMS.get(name) ?? NO_WORDS, files, lines }
  })
  return { rooms, arrows, up }
}

/** @param {Arrow} a @param {Arrow} b */
function byName(a, b) {
  return `${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1
}

/**
 * @param {string} root @param {string} folder
 * @returns {readonly Source[]}
 */
function sourcesIn(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((entry) => /(?<!\.d)\.ts$|\.json$/.test(entry))
    .sort()
    .map((entry) => {
      const path = posix.join(folder, entry)
      const text = readFileSync(join(root, path), 'utf8')
      return { path, lines: text.split('\n').length - 1, imports: path.endsWith('.ts') ? importsOf(path, text) : [] }
    })
}

/**
 * @param {string} path @param {string} text
 * @returns {Source['imports']}
 */
export function importsOf(path, text) {
  return importsIn(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023)).flatMap(
    ({ specifier, clause, typeOnly }) => {
      const to = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : ''
      // Of what is no room (package.json, a page) nothing is drawn.
      const isOfRoom = FOLDERS.some((folder) => to.startsWith(`${folder}/`))
      return isOfRoom ? [{ to, isType: typeOnly || isOfTypes(clause) }] : []
    },
  )
}

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {ts.ImportClause | undefined} clause
 * @property {boolean} typeOnly the statement itself says so
 * @property {boolean} isDynamic `import()`
 */

/**
 * What a file imports and exports again, in the order of its text.
 * @param {ts.SourceFile} source
 * @returns {readonly Import[]}
 */
export function importsIn(source) {
  /** @type {Import[]} */
  const found = []
  /** @param {ts.Node | undefined} specifier @param {Omit<Import, 'specifier'>} how */
  const add = (specifier, how) => {
    if (specifier !== undefined && ts.isStringLiteral(specifier)) found.push({ specifier: specifier.text, ...how })
  }
  /** @param {ts.Node} node */
  const visit = (node) => {
    const how = { clause: undefined, typeOnly: false, isDynamic: false }
    if (ts.isImportDeclaration(node)) {
      const { importClause: clause } = node
      add(node.moduleSpecifier, { ...how, clause, typeOnly: clause?.isTypeOnly ?? false })
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, { ...how, typeOnly: node.isTypeOnly })
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], { ...how, isDynamic: true })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** @param {ts.ImportClause | undefined} clause */
function isOfTypes(clause) {
  if (clause === undefined) return false
  const { name, namedBindings } = clause
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  )
}

/**
 * A room is a folder. Of the single files of src those that nothing imports are where the program begins, those that lead back to
 * themselves through a folder are rooms of their own, and the others any room may import.
 * @param {readonly Source[]} sources
 * @returns {{ nameOf: (path: string) => string, begin: string }}
 */
function roomNames(sources) {
  /** @param {string} path */
  const folderOf = (path) => {
    const [top = '', second = '', third] = path.split('/')
    return top !== 'src' ? top : third === undefined ? path : second
  }
  /** @type {Map<string, Set<string>>} */
  const leads = new Map()
  for (const { path, imports } of sources)
    for (const { to } of imports) leads.set(folderOf(path), (leads.get(folderOf(path)) ?? new Set()).add(folderOf(to)))
  const single = sources.map(({ path }) => path).filter((path) => folderOf(path) === path)
  const imported = new Set(sources.flatMap(({ imports }) => imports.map(({ to }) => to)))
  const first = single.filter((path) => !imported.has(path))
  let shared = single.filter((path) => imported.has(path))
  /** @param {string} path */
  const leadsBack = (path) => {
    const reached = [...reachedFrom(path, leads)]
    return reached.some((room) => !single.includes(room) && shared.some((one) => leads.get(room)?.has(one)))
  }
  shared = shared.filter((path) => !leadsBack(path))
  const begin = first.map((path) => posix.basename(path)).join(', ')
  /** @param {string} path */
  const nameOf = (path) => {
    if (first.includes(path)) return begin
    return shared.includes(path) ? SHARED : posix.basename(folderOf(path))
  }
  return { nameOf, begin }
}

/** @param {string} start @param {ReadonlyMap<string, ReadonlySet<string>>} leads */
function reachedFrom(start, leads) {
  /** @type {Set<string>} */
  const reached = new Set()
  const open = [start]
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const next of leads.get(at) ?? []) if (!reached.has(next)) open.push(next) && reached.add(next)
  return reached
}

/**
 * The arrows that close a circle, one after the other until there is none: each time one without which the fewest are left in circles,
 * of those the one of the fewest imports.
 * @param {readonly string[]} names @param {readonly Arrow[]} arrows
 * @returns {readonly Arrow[]}
 */
function leadingBack(names, arrows) {
  const around = inCircles(names, arrows)
  const [least] = around
    .map((arrow) => ({
      arrow,
      left: inCircles(
        names,
        around.filter((other) => other !== arrow),
      ).length,
    }))
    .toSorted((a, b) => a.left - b.left || a.arrow.count - b.arrow.count || byName(a.arrow, b.arrow))
  if (least === undefined) return []
  return [
    least.arrow,
    ...leadingBack(
      names,
      around.filter((arrow) => arrow !== least.arrow),
    ),
  ]
}

/**
 * @param {readonly string[]} names @param {readonly Arrow[]} arrows
 * @returns {readonly Arrow[]}
 */
function inCircles(names, arrows) {
  const leads = leadsOf(names, arrows)
  return arrows.filter(({ from, to }) => reachedFrom(to, leads).has(from))
}

/** @param {readonly string[]} names @param {readonly Arrow[]} arrows */
function leadsOf(names, arrows) {
  return new Map(names.map((name) => [name, new Set(arrows.filter(({ from }) => from === name).map(({ to }) => to))]))
}

/**
 * Arrows that are not drawn: from every room but those that it stands on.
 * @param {string} room @param {readonly string[]} names @param {readonly Arrow[]} arrows
 * @returns {readonly Arrow[]}
 */
function mayImport(room, names, arrows) {
  const below = reachedFrom(room, leadsOf(names, arrows))
  return names.flatMap((from) =>
    from === room || below.has(from) ? [] : [{ from, to: room, isType: false, count: 1 }],
  )
}

/**
 * How high each room stands: one above the highest that it imports.
 * @param {readonly string[]} names @param {readonly Arrow[]} arrows
 * @returns {Map<string, number>}
 */
function floorsOf(names, arrows) {
  /** @type {Map<string, number>} */
  const floors = new Map()
  /** @param {string} name @returns {number} */
  const floorOf = (name) => {
    const known = floors.get(name)
    if (known !== undefined) return known
    const below = arrows.flatMap(({ from, to }) => (from === name ? [floorOf(to)] : []))
    const floor = below.length === 0 ? 0 : Math.max(...below) + 1
    floors.set(name, floor)
    return floor
  }
  for (const name of names) floorOf(name)
  return floors
}

const [WIDTH, LEFT, TOP] = [900, 46, 64]
const [ROW, BOX] = [46, 36]
const [NARROWEST, RIGHT] = [430, 16]

/**
 * Each room is a box, and below it stand the rooms that it imports. The line from its right end has a dot on the arrow down to each of
 * them: so there are no two arrows that could be taken for each other.
 * @param {House} house
 * @returns {string}
 */
export function drawing({ rooms, arrows, up }) {
  const down = new Set(arrows.map(({ to }) => to))
  const lanes = rooms.filter(({ name }) => down.has(name))
  const step = Math.floor((WIDTH - RIGHT - LEFT - NARROWEST) / lanes.length)
  /** @param {number} lane */
  const laneAt = (lane) => WIDTH - RIGHT - (lanes.length - lane - 0.5) * step
  const placed = rooms.map((room, index) => {
    const above = rooms.slice(0, index).filter(({ name }) => down.has(name)).length
    const lane = down.has(room.name) ? laneAt(above) : null
    return {
      ...room,
      lane,
      end: laneAt(above) + (lane === null ? -step / 2 : 0) + (lane === null ? -4 : 8),
      y: TOP + index * ROW,
    }
  })
  const at = new Map(placed.map((room) => [room.name, room]))
  /** @param {string} name */
  const roomAt = (name) => {
    const room = at.get(name)
    if (room === undefined) throw new Error(`there is no room ${name}`)
    return room
  }
  const height = TOP + rooms.length * ROW + 8
  const lines = placed.flatMap((room) => rowOf(room, arrows, roomAt))
  const arms = placed.flatMap((room) => arrowDown(room, arrows, roomAt))
  const dots = arrows.map(({ from, to, isType }) => {
    const [x, y] = [roomAt(to).lane ?? 0, roomAt(from).y + BOX / 2]
    return `<circle class="${isType ? 'types' : 'values'}" data-from="${from}" data-to="${to}" cx="${x}" cy="${y}" r="4"><title>${from} imports ${isType ? 'types of ' : ''}${to}</title></circle>`
  })
  const back = up.map(({ from, to, isType }, index) => {
    const [low, high] = [roomAt(from).y + BOX / 2, roomAt(to).y + BOX / 2]
    const x = LEFT - 14 - index * 8
    const path = `M${LEFT} ${low}H${x + 6}Q${x} ${low} ${x} ${low - 6}V${high + 6}Q${x} ${high} ${x + 6} ${high}H${LEFT - 7}`
    return `<path class="up${isType ? ' dashed' : ''}" data-from="${from}" data-to="${to}" d="${path}"><title>${from} imports ${isType ? 'types of ' : ''}${to}</title></path><path class="up head" d="${head(LEFT, high, 'right')}"/>`
  })
  const boxes = placed.map(
    ({ name, what, files, lines: count, end, y }) =>
      `<g data-room="${name}"><rect x="${LEFT}" y="${y}" width="${end - LEFT}" height="${BOX}" rx="5"/><text class="name" x="${LEFT + 10}" y="${y + 15}">${escaped(name)}<tspan class="size" dx="10">${sizeOf(files, count)}</tspan></text><text class="what" x="${LEFT + 10}" y="${y + 29}">${escaped(what)}</text></g>`,
  )
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="the rooms of harden-image, and who imports whom">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    ...key(up.length > 0),
    ...lines,
    ...arms,
    ...dots,
    ...back,
    ...boxes,
    '</svg>',
  ].join('\n')}\n`
}

/** @typedef {Room & { lane: number | null, end: number, y: number }} Placed */

/**
 * The line to the right of a room, as far as it imports values, and dashed from there on.
 * @param {Placed} room @param {readonly Arrow[]} arrows @param {(name: string) => Placed} roomAt
 * @returns {readonly string[]}
 */
function rowOf({ name, end, y }, arrows, roomAt) {
  /** @param {boolean} orTypes */
  const reach = (orTypes) =>
    Math.max(
      end,
      ...arrows.flatMap(({ from, to, isType }) =>
        from === name && (orTypes || !isType) ? [roomAt(to).lane ?? 0] : [],
      ),
    )
  const [values, all] = [reach(false), reach(true)]
  const middle = y + BOX / 2
  return [
    ...(values > end ? [`<path class="line" d="M${end} ${middle}H${values}"/>`] : []),
    ...(all > values ? [`<path class="line dashed" d="M${values} ${middle}H${all}"/>`] : []),
  ]
}

/**
 * The arrow down to a room, from the highest that imports it; dashed as long as only types are imported.
 * @param {Placed} room @param {readonly Arrow[]} arrows @param {(name: string) => Placed} roomAt
 * @returns {readonly string[]}
 */
function arrowDown({ name, lane, y }, arrows, roomAt) {
  if (lane === null) return []
  /** @param {boolean} orTypes */
  const begin = (orTypes) =>
    Math.min(
      y,
      ...arrows.flatMap(({ from, to, isType }) =>
        to === name && (orTypes || !isType) ? [roomAt(from).y + BOX / 2] : [],
      ),
    )
  const [values, all] = [begin(false), begin(true)]
  return [
    ...(all < values ? [`<path class="line dashed" d="M${lane} ${all}V${Math.min(values, y - 5)}"/>`] : []),
    ...(values < y ? [`<path class="line" d="M${lane} ${values}V${y - 5}"/>`] : []),
    `<path class="head" d="${head(lane, y, 'down')}"/>`,
  ]
}

/** @param {number} x @param {number} y @param {'down' | 'right'} way */
function head(x, y, way) {
  return way === 'down' ? `M${x} ${y}l-4 -7h8z` : `M${x} ${y}l-7 -4v8z`
}

/** @param {number} files @param {number} lines */
function sizeOf(files, lines) {
  if (files === 1) return 'one file'
  const many = files < FEW_FILES ? files : roundedUp(files, FEW_FILES)
  return `${many} files, ${lines < FEW_LINES ? 'under ' : ''}${roundedUp(lines, FEW_LINES)} lines`
}

/** @param {number} count @param {number} to */
function roundedUp(count, to) {
  return (Math.ceil(count / to) * to).toLocaleString('en')
}

/** @param {boolean} isUp */
function key(isUp) {
  const [x, y] = [400, 24]
  return [
    `<text class="title" x="${LEFT}" y="${y}">Rooms, and who imports whom</text>`,
    `<text class="what" x="${LEFT}" y="${y + 19}">Sizes are rounded up, to ${FEW_FILES} files and ${FEW_LINES} lines.</text>`,
    `<path class="line" d="M${x} ${y - 4}h28"/><circle class="values" cx="${x + 14}" cy="${y - 4}" r="4"/><text class="what" x="${x + 38}" y="${y}">imports the room that the arrow below the dot leads to</text>`,
    `<path class="line dashed" d="M${x} ${y + 15}h28"/><circle class="types" cx="${x + 14}" cy="${y + 15}" r="4"/><text class="what" x="${x + 38}" y="${y + 19}">imports types alone</text>`,
    ...(isUp
      ? [
          `<path class="up" d="M${x + 180} ${y + 15}h20"/><path class="up head" d="${head(x + 207, y + 15, 'right')}"/><text class="what" x="${x + 216}" y="${y + 19}">imports a room above it</text>`,
        ]
      : []),
  ]
}

const STYLE = [
  'svg{--page:#fff;--box:#f3f5f8;--edge:#8a94a3;--ink:#1b2128;--soft:#4d5763;--line:#7d8897;--dot:#2b62c4;--up:#c2410c}',
  '@media(prefers-color-scheme:dark){svg{--page:#0f1318;--box:#1b222b;--edge:#5d6876;--ink:#eef2f6;--soft:#aeb8c4;--line:#6f7b8a;--dot:#7fb0ff;--up:#ff9c5b}}',
  "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;fill:var(--ink)}",
  '.page{fill:var(--page)}',
  'g rect{fill:var(--box);stroke:var(--edge)}',
  '.title{font-size:16px;font-weight:600}.name{font-size:14px;font-weight:600}.size{font-size:12px;font-weight:400;fill:var(--soft)}',
  '.what{font-size:12px;fill:var(--soft)}',
  '.line{fill:none;stroke:var(--line);stroke-width:1.2}.dashed{stroke-dasharray:4 3}.head{fill:var(--line)}',
  '.values{fill:var(--dot);stroke:var(--dot);stroke-width:1.5}.types{fill:var(--page);stroke:var(--dot);stroke-width:1.5}',
  '.up{fill:none;stroke:var(--up);stroke-width:1.8}.up.head{fill:var(--up);stroke:none}',
].join('')

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  writeFileSync(join(root, 'docs', 'contributing', 'rooms.svg'), drawing(houseOf(root)))
}
