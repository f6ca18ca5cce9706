export { isRootUser } from '../image/accounts.ts'
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
export { type BuildGiven, nothingGiven, platformArguments } from './build-given.ts'
export { knownIn } from './environment.ts'
export { csvFields } from './flag-rules.ts'
export type * from './model.ts'
export { parseDockerfile, parseInTurn } from './parse.ts'
export { sourceOffset } from './pieces.ts'
export { says, wholeText } from './says.ts'
export { portRange } from './settings.ts'
export { shellCommands } from './shell.ts'
export { type StageState, stageConfig } from './stage-state.ts'
export { type StageWalks, stageState, stageWalks } from './stage-walk.ts'
export { ancestors, finalStage, findStage, leafStages, reachedFrom, sourcesOf } from './stages.ts'
export { expandIn, type Step } from './steps.ts'
export { expand } from './variables.ts'
