const builtFrom =
  /^(?:Dockerfile|dockerfile|Containerfile|containerfile)(?:\..+)?$|\.[Dd]ockerfile$|\.[Cc]ontainerfile$/

// What is named like a Dockerfile and is none: ignore files, copies that editors and merges leave, documents, the source
// of templates (their placeholders make another text of them than what is built).
const notBuilt =
  /~$|\.(?:dockerignore|containerignore|bak|backup|old|orig|rej|save|sw[a-p]|tmp|md|txt|rst|j2|jinja2?|tmpl|tpl|template|erb|hbs|mustache|in|m4)$/i

/** Is a file of this name (not a path) meant to be built? */
export function isDockerfileName(name: string): boolean {
  return builtFrom.test(name) && !notBuilt.test(name)
}
