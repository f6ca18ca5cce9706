export {
  allInstructions,
  danglingContinuation,
  insertAfter,
  insertBefore,
  keywordStyle,
  ownCommentsStart,
  removeInstruction,
  replaceInstruction,
  replaceRest,
} from './build.ts'
export { type EffectiveUser, type EffectiveUserOptions, effectiveUser, isRootUser } from './effective-user.ts'
export { csvFields, durationNanoseconds } from './flag-rules.ts'
export { isKeyword } from './keywords.ts'
export type * from './model.ts'
export { type Pair, pairsOf } from './pairs.ts'
export { parseDockerfile } from './parse.ts'
export { sourceOffset, sourceSpan } from './pieces.ts'
export { healthcheckOf, portRange, type Setting, type Settings } from './settings.ts'
export { parseShellScript, shellCommands } from './shell.ts'
export {
  isShell,
  type ShellAssignment,
  type ShellCommand,
  type ShellRedirect,
  type ShellScript,
  type ShellWord,
} from './shell-model.ts'
export { type BaseConfig, type StageState, stageConfig, stageState } from './stage-state.ts'
export { ancestors, finalStage, findStage, leafStages, sourcesOf, usedStages } from './stages.ts'
export {
  type BaseEnv,
  type Environment,
  type Expanded,
  effectiveInstructions,
  environmentAt,
  expand,
  globalEnvironment,
  lineage,
} from './variables.ts'
