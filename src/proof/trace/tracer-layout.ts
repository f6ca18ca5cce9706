/** Folder of the tracer in every traced container: a volume of the tracer container. */
export const TRACER_FOLDER = '/.harden-trace'
export const TRACER_LOADER = `${TRACER_FOLDER}/ld.so`
export const TRACER_LIBRARIES = `${TRACER_FOLDER}/lib`
export const TRACER_BINARY = `${TRACER_FOLDER}/strace`
/** A FIFO that every uid may write to: the keeper reads it. */
export const TRACE_FILE = `${TRACER_FOLDER}/out/trace`
/** Runs the keeper of the trace. */
export const TRACER_PERL = `${TRACER_FOLDER}/perl`
