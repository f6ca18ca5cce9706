/** Image names that only Windows has. Source: the repositories of mcr.microsoft.com and the tags of Docker Official Images. */
const WINDOWS =
  /(^|\/)mcr\.microsoft\.com\/windows(\/|:|@|$)|mcr\.microsoft\.com\/(dotnet\/framework|businesscentral)\/?|mcr\.microsoft\.com\/windows-|\w-windows(:|@|$)|(^|[/:_-])(windowsservercore|nanoserver|servercore)\b|^microsoft\/(iis|aspnet|windows\w*|nanoserver|dotnet-framework|mssql-server-windows\w*)(-|:|\/|$)/i

export function isWindowsReference(reference: string): boolean {
  return WINDOWS.test(reference)
}
