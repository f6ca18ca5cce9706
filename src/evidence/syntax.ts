/** A named node of a syntax tree, as plain data: what made the tree has been put away, and nothing of it has to be freed. */
export interface SyntaxNode {
  /** As the grammar calls it: `call_expression`. */
  readonly kind: string
  /** What it is of its parent, as the grammar calls that; null where it has no name for it. */
  readonly field: string | null
  /** UTF-16 units. */
  readonly start: number
  readonly end: number
  readonly parent: SyntaxNode | null
  readonly children: readonly SyntaxNode[]
}

export type Grammar = 'go' | 'javascript' | 'php' | 'python' | 'tsx' | 'typescript'

/** Made outside of this folder, where files can be read: loading a grammar takes time, asking it takes none. */
export interface SourceParsers {
  /** Null where the grammar was not loaded, or where the text takes more than its bounds allow. */
  parse(grammar: Grammar, text: string): SyntaxNode | null
}

/** Where no grammar is at hand: what sources write is a question then. */
export const NO_PARSERS: SourceParsers = { parse: () => null }

export function childOf(node: SyntaxNode, field: string): SyntaxNode | null {
  return node.children.find((child) => child.field === field) ?? null
}

/** Nodes in the order of the text, the node itself first; below those of which `enter` says no none are visited. */
export function* nodesIn(node: SyntaxNode, enter: (node: SyntaxNode) => boolean = () => true): Iterable<SyntaxNode> {
  const left = [node]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next
    if (next === node || enter(next))
      for (let at = next.children.length - 1; at >= 0; at -= 1) left.push(next.children[at] as SyntaxNode)
  }
}

/** The node itself counts. */
export function enclosing(node: SyntaxNode, isMeant: (node: SyntaxNode) => boolean): SyntaxNode | null {
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) if (isMeant(at)) return at
  return null
}
