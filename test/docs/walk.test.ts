// The picture of the rooms shows the imports as they are.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { drawing, houseOf, importsOf, NO_WORDS, ROOMS } from '../../scripts/rooms.mjs'

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
