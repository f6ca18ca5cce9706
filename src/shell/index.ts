export type { Action, HandsOver, Puts, SetsCapabilities, Starts, Writes } from './action.ts'
export { actionsBy, actionsOf, scriptRunBy, toolOf } from './actions.ts'
export { composeWords } from './compose-words.ts'
export { IN_PLACE, isRendered, readSed, writtenBy } from './file-tools.ts'
export { foldersIn, followFolders, ownFolder } from './folders.ts'
export {
  argvOf,
  asWords,
  type Command,
  invocationOf,
  invocationsIn,
  isRoots,
  programIndex,
  programName,
  programsIn,
  programsOf,
  readRunAs,
  readSwitch,
  waitsForInput,
} from './invocation.ts'
export { loopList, wordValues } from './loops.ts'
export { parseShellScript, shellArguments } from './parse-shell.ts'
export { inTurn, plainCommands, recipeOf, type StartedCommand, scriptedCommands } from './scripted-commands.ts'
export { isCertain, type ShellCommand, type ShellWord } from './shell-command.ts'
export {
  isInterpreter,
  isShell,
  isStarter,
  isSwitcher,
  setuidTools,
  starterOf,
  switchTools,
  type Word,
} from './starters.ts'
export { staticValue, type Values, type Variables } from './static-text.ts'
export type { SwitchCommand } from './switches.ts'
