export {
  argvOf,
  type Command,
  commandsIn,
  invocationOf,
  programIndex,
  programName,
  programsIn,
  programsOf,
  readSwitch,
  shellArguments,
} from './invocation.ts'
export { parseShellScript } from './parse-shell.ts'
export type {
  ShellCommand,
  ShellWord,
} from './shell-command.ts'
export { isInterpreter, isShell, isStarter, isSwitcher, switchTools, type Word } from './starters.ts'
export type { SwitchCommand } from './switches.ts'
