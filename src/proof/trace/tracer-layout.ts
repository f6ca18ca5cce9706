/** Folder of the tracer in every traced container: a volume of the tracer container. */
export const TRACER_FOLDER = '/.harden-trace'
export const TRACER_LOADER = `${TRACER_FOLDER}/ld.so`
export const TRACER_LIBRARIES = `${TRACER_FOLDER}/lib`
export const TRACER_BINARY = `${TRACER_FOLDER}/strace`
/** In a folder that every uid may write (1777); the trace is that uid's own file. */
export const TRACE_FILE = `${TRACER_FOLDER}/out/trace`
