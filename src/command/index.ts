export {
  argvOf,
  type Command,
  commandsIn,
  type Invocation,
  invocationOf,
  programIndex,
  programName,
  programsIn,
  programsOf,
  readRunAs,
  readSwitch,
  shellArguments,
} from './invocation.ts'
export { interpreterProblem, parseShellScript, readCommands, type ShellSource, type ShellText } from './parse-shell.ts'
export type {
  ShellAssignment,
  ShellCommand,
  ShellRedirect,
  ShellScript,
  ShellWord,
} from './shell-command.ts'
export { isInterpreter, isShell, isStarter, isSwitcher, switchTools, type Word } from './starters.ts'
export type { SwitchCommand } from './switches.ts'
