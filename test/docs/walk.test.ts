// The page that walks through the rooms names what is there, and the picture of the rooms shows the imports as they are.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import { drawing, houseOf, importsOf, NO_WORDS, ROOMS } from '../../scripts/rooms.mjs'

const PAGE = 'docs/contributing/walk.md'
const walks = readFileSync(PAGE, 'utf8').split(/^## /m).slice(1)

interface Named {
  readonly name: string
  readonly file: string
}

/** The numbered steps of a text, each as one line. */
function stepsIn(text: string): readonly string[] {
  return text
    .split(/\n(?=\d+\. )/)
    .slice(1)
    .map((step) => (step.split('\n\n')[0] ?? '').replace(/\s+/g, ' '))
}

/** The functions of a step: each in backticks, with its file behind it. */
function namedIn(step: string): readonly Named[] {
  return [...step.matchAll(/`([\w.]+)` \(\[[\w./-]+\]\(([\w./-]+)\)\)/g)].map(([, name = '', link = '']) => ({
    name,
    file: normalize(join(dirname(PAGE), link)),
  }))
}

/** The functions and values that a text declares, and those of a value as `value.name`. */
function declaredIn(path: string, text: string): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (node: ts.Node, owner: string | null): void => {
    const isFunction = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)
    const isValue = ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node)
    const name =
      (isFunction || isValue) && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : null
    if (name !== null) {
      if (isFunction || ts.isVariableDeclaration(node)) found.add(name)
      if (owner !== null) found.add(`${owner}.${name}`)
    }
    ts.forEachChild(node, (child) => visit(child, ts.isVariableDeclaration(node) ? name : owner))
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true), null)
  return found
}

/** What is wrong with one step, one line each. */
function wrongIn(step: string): readonly string[] {
  const named = namedIn(step)
  const [, room = ''] = /^\d+\. \*\*([\w-]+)\*\* `/.exec(step) ?? []
  const [first] = named
  if (first === undefined || room === '') return [`no room, function and file: ${step}`]
  const [top = '', second = ''] = first.file.split('/')
  const isIn = room === (top !== 'src' || second.includes('.') ? top : second)
  return [
    ...(isIn ? [] : [`${first.file} is not in ${room}`]),
    ...named.flatMap(({ name, file }) => {
      if (!existsSync(file)) return [`there is no ${file}`]
      return declaredIn(file, readFileSync(file, 'utf8')).has(name) ? [] : [`${file} declares no ${name}`]
    }),
  ]
}

describe('a walk leads from function to function:', () => {
  test.each(walks.map((walk) => [walk.split('\n')[0] ?? '', walk]))('%s', (_, walk) => {
    const steps = stepsIn(walk)
    expect(steps.length).toBeGreaterThan(15)
    expect(steps.flatMap(wrongIn)).toEqual([])
  })
})

test('a name, a file or a room that is wrong is told', () => {
  expect(wrongIn('1. **cli** `main` ([main.ts](../../src/cli/main.ts)) runs it')).toEqual([])
  expect(wrongIn('1. **cli** `mian` ([main.ts](../../src/cli/main.ts)) runs it')).toHaveLength(1)
  expect(wrongIn('1. **cli** `workOn` ([main.ts](../../src/cli/main.ts)) is only imported there')).toHaveLength(1)
  expect(wrongIn('1. **cli** `main` ([main.ts](../../src/cli/mian.ts)) runs it')).toHaveLength(1)
  expect(wrongIn('1. **app** `main` ([main.ts](../../src/cli/main.ts)) runs it')).toHaveLength(1)
  expect(wrongIn('1. The command line runs it')).toHaveLength(1)
})

test('every type that the walks name is one', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  const types = new Set(
    sources.flatMap((path) =>
      [...readFileSync(join('src', path), 'utf8').matchAll(/^(?:export )?(?:interface|type) (\w+)/gm)].map(
        ([, name = '']) => name,
      ),
    ),
  )
  const named = walks.flatMap((walk) => [...walk.matchAll(/`([A-Z][a-z]\w+)`/g)].map(([, name = '']) => name))
  // The name of the file is no type.
  const wrong = named.filter((name) => name !== 'Dockerfile' && !types.has(name))
  expect(named.length).toBeGreaterThan(20)
  expect(wrong).toEqual([])
})

const house = houseOf('.')
const picture = readFileSync('docs/contributing/rooms.svg', 'utf8')

/** Sizes change with every commit. */
function withoutSizes(svg: string): string {
  return svg.replace(/(?:one file|\d+ files, (?:under )?[\d,]+ lines)/g, '')
}

function shownIn(svg: string): { readonly rooms: readonly string[]; readonly arrows: readonly string[] } {
  const attribute = (text: string, name: string): string => new RegExp(`${name}="([^"]*)"`).exec(text)?.[1] ?? ''
  const rooms = [...svg.matchAll(/<g data-room="([^"]*)">.*?class="what"[^>]*>([^<]*)</g)]
  const arrows = [...svg.matchAll(/<(?:circle|path)[^>]* data-from=[^>]*>/g)].map(([tag]) => tag)
  return {
    rooms: rooms.map(([, name, what]) => `${name}: ${what}`),
    arrows: arrows.map((tag) => {
      const isType = /types|dashed/.test(attribute(tag, 'class'))
      const way = attribute(tag, 'class').startsWith('up') ? ', up' : ''
      return `${attribute(tag, 'data-from')} → ${attribute(tag, 'data-to')}${isType ? ', types alone' : ''}${way}`
    }),
  }
}

test('the picture of the rooms shows the imports as they are: npm run docs:rooms draws it', () => {
  const [drawn, now] = [shownIn(picture), shownIn(drawing(house))]
  const without = (all: readonly string[], others: readonly string[]) => all.filter((one) => !others.includes(one))
  expect(drawn.rooms.length).toBeGreaterThan(10)
  expect({
    missing: [...without(now.rooms, drawn.rooms), ...without(now.arrows, drawn.arrows)],
    gone: [...without(drawn.rooms, now.rooms), ...without(drawn.arrows, now.arrows)],
  }).toEqual({ missing: [], gone: [] })
  // Where they stand, and how it is drawn.
  expect(withoutSizes(picture) === withoutSizes(drawing(house))).toBe(true)
})

test('every room is described in ROOMS of scripts/rooms.mjs, and nothing else is', () => {
  expect(house.rooms.filter(({ what }) => what === NO_WORDS).map(({ name }) => name)).toEqual([])
  expect([...ROOMS.keys()].filter((name) => house.rooms.every((room) => room.name !== name))).toEqual([])
})

test('only imports that lead back to a room are drawn upwards', () => {
  const place = new Map(house.rooms.map(({ name }, index) => [name, index]))
  const isDown = ({ from, to }: { from: string; to: string }): boolean => (place.get(from) ?? 0) < (place.get(to) ?? 0)
  expect(house.arrows.filter((arrow) => !isDown(arrow))).toEqual([])
  expect(house.up.filter(isDown)).toEqual([])
})

test.each([
  ["import { a } from '../plan/a.ts'", false],
  ["import type { A } from '../plan/a.ts'", true],
  ["import { type A, type B } from '../plan/a.ts'", true],
  ["import { a, type B } from '../plan/a.ts'", false],
  ["import '../plan/a.ts'", false],
  ["export type { A } from '../plan/a.ts'", true],
  ["const { a } = await import('../plan/a.ts')", false],
])('%s: types alone: %s', (text, isType) => {
  expect(importsOf('src/app/x.ts', text)).toEqual([{ to: 'src/plan/a.ts', isType }])
})
