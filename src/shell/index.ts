export { composeWords } from './compose-words.ts'
export {
  argvOf,
  asWords,
  type Command,
  invocationOf,
  invocationsIn,
  programIndex,
  programName,
  programsIn,
  programsOf,
  readRunAs,
  readSwitch,
  waitsForInput,
} from './invocation.ts'
export { recipeOf } from './makefile.ts'
export { parseShellScript, shellArguments } from './parse-shell.ts'
export type {
  ShellCommand,
  ShellWord,
} from './shell-command.ts'
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
export type { SwitchCommand } from './switches.ts'
