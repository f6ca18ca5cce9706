export type * from './model.ts'
export { type Pair, pairsOf } from './pairs.ts'
export { parseDockerfile } from './parse.ts'
export { sourceOffset, sourceSpan } from './pieces.ts'
export {
  type BaseEnv,
  type Environment,
  type Expanded,
  environmentAt,
  expand,
  globalEnvironment,
  lineage,
} from './variables.ts'
