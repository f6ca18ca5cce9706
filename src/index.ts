export { inspect, prove } from './app/api.ts'
export { loadGrammars } from './app/grammar-files.ts'
export { type HardenInput, harden } from './app/harden-text.ts'
export { type ErrorCode, HardenError } from './errors.ts'
export type { Evidence } from './evidence/claim.ts'
export type { Grammar, SourceParsers, SyntaxNode } from './evidence/syntax.ts'
export type { Account, Accounts, ImageConfig, ImageFacts, Known } from './image/facts.ts'
export { createFileModel } from './image/file-index.ts'
export type { FileEntry, FileModel } from './image/file-model.ts'
export type { Policy } from './plan/stage-input.ts'
export type { QuestionKind } from './questions.ts'
export type { Inspection } from './report/inspection.ts'
export type {
  Report,
  ReportCheck,
  ReportFinding,
  ReportProof,
  ReportQuestion,
  ReportStage,
  ReportUser,
  TargetResult,
  Verdict,
} from './report/report.ts'
export type { ExecCheck, FileCheck, HttpCheck, LogCheck, SmokeCheck, TcpCheck } from './smoke-check.ts'
export type { Finding, Transform } from './transform.ts'
