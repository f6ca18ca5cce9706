export {
  allInstructions,
  danglingContinuation,
  insertAfter,
  insertBefore,
  keywordStyle,
  removeInstruction,
  replaceInstruction,
  replaceRest,
} from './build.ts'
export { effectiveUser, isRootUser } from './effective-user.ts'
export { csvFields } from './flag-rules.ts'
export type * from './model.ts'
export { parseDockerfile } from './parse.ts'
export { sourceOffset } from './pieces.ts'
export { portRange, type Settings } from './settings.ts'
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
export { ancestors, finalStage, findStage, leafStages, sourcesOf } from './stages.ts'
export {
  type BaseEnv,
  type Environment,
  type Expanded,
  effectiveInstructions,
  environmentAt,
  expand,
  lineage,
} from './variables.ts'
