import type { Language, Parser, Tree, TreeCursor } from 'web-tree-sitter'
import { bounds } from '../bounds.ts'
import type { BuildContext } from '../contents/build-context.ts'
import type { Dockerfile } from '../dockerfile/model.ts'
import { grammarsFor } from '../evidence/languages/index.ts'
import { type Grammar, NO_PARSERS, type SourceParsers, type SyntaxNode } from '../evidence/syntax.ts'
import type { ImageFacts, Known } from '../image/facts.ts'

/** Loads what these sources are read with: nothing where none of them names anything that is written. */
export type LoadGrammars = (texts: Iterable<readonly [path: string, text: string]>) => Promise<SourceParsers>

/** `wasmOf`: the bytes of `web-tree-sitter` itself and of `tree-sitter-GRAMMAR`. What was loaded stays. */
export function grammarLoader(wasmOf: (name: string) => Promise<Uint8Array>): LoadGrammars {
  const loaded = new Map<Grammar, Promise<Language>>()
  let runtime: Promise<Parser> | null = null
  /** Stages and targets of a run have sources in common. By grammar, then by text; the sum of their lengths is bounded. */
  const trees = new Map<Grammar, Map<string, SyntaxNode>>()
  let kept = 0
  const start = async (): Promise<Parser> => {
    const { Parser } = await import('web-tree-sitter')
    // It is given its bytes, and must not look for where they might be.
    await Parser.init({ wasmBinary: await wasmOf('web-tree-sitter'), locateFile: (name: string) => name })
    return new Parser()
  }
  const load = async (grammar: Grammar): Promise<Language> => {
    const { Language } = await import('web-tree-sitter')
    return Language.load(await wasmOf(`tree-sitter-${grammar}`))
  }
  return async (texts) => {
    const wanted = [...grammarsFor(texts)]
    const languages = new Map<Grammar, Language>()
    if (wanted.length === 0) return NO_PARSERS
    runtime ??= start()
    const parser = await runtime
    for (const grammar of wanted) {
      const language = loaded.get(grammar) ?? load(grammar)
      loaded.set(grammar, language)
      languages.set(grammar, await language)
    }
    // All texts share one budget, so that a thousand texts take no longer than one.
    let steps = 0
    return {
      parse(grammar, text) {
        const language = languages.get(grammar)
        if (language === undefined || text.length > bounds.sourceLength || steps > bounds.parseStepsOfAll) return null
        const known = trees.get(grammar) ?? new Map<string, SyntaxNode>()
        const before = known.get(text)
        if (before !== undefined) return before
        parser.setLanguage(language)
        let own = 0
        const isTooMuch = (): boolean => {
          steps += 1
          own += 1
          return own > bounds.parseSteps
        }
        const tree = parser.parse(text, null, { progressCallback: isTooMuch })
        if (tree === null) {
          parser.reset()
          return null
        }
        const root = plainTree(tree)
        tree.delete()
        if (root !== null && kept + text.length <= bounds.treesKept) {
          trees.set(grammar, known.set(text, root))
          kept += text.length
        }
        return root
      },
    }
  }
}

/** All texts that may be read as sources of a target: its context, texts of the Dockerfile itself, and files of finished images. */
export function* sourcesOf(
  dockerfile: Dockerfile,
  context: BuildContext | null,
  images: Iterable<Known<ImageFacts>>,
): Iterable<readonly [path: string, text: string]> {
  for (const end of ['go', 'js', 'php', 'py', 'ts', 'tsx']) yield [`.${end}`, dockerfile.source]
  for (const [path, { text }] of context?.entries ?? []) if (text !== null) yield [path, text]
  for (const base of images) {
    if (!base.known || !base.value.files.known) continue
    const files = base.value.files.value
    for (const path of files.texts()) yield [path, files.text(path) ?? '']
  }
}

/** The named nodes, as plain data. Null for more of them than are taken; what lies too deep is left out. */
function plainTree(tree: Tree): SyntaxNode | null {
  const cursor = tree.walk()
  try {
    return copied(cursor)
  } finally {
    cursor.delete()
  }
}

interface Growing extends SyntaxNode {
  readonly children: Growing[]
}

function copied(cursor: TreeCursor): SyntaxNode | null {
  let count = 0
  const node = (parent: Growing | null): Growing => ({
    kind: cursor.nodeType,
    field: cursor.currentFieldName,
    start: cursor.startIndex,
    end: cursor.endIndex,
    parent,
    children: [],
  })
  /** An unnamed node stands for its parent. */
  const below = (parent: Growing): Growing => {
    if (!cursor.nodeIsNamed) return parent
    count += 1
    const made = node(parent)
    parent.children.push(made)
    return made
  }
  const root = node(null)
  const path: Growing[] = [root]
  while (count <= bounds.treeNodes) {
    if (path.length > bounds.treeDepth || !cursor.gotoFirstChild()) {
      while (!cursor.gotoNextSibling()) {
        if (path.length === 1) return root
        cursor.gotoParent()
        path.pop()
      }
      path.pop()
    }
    path.push(below(path.at(-1) ?? root))
  }
  return null
}
