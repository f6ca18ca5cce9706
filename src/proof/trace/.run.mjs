// src/engine/open-engine.ts
import { randomBytes } from "node:crypto";
import { hostname, release } from "node:os";

// src/errors.ts
var HardenError = class extends Error {
  code;
  hint;
  line;
  constructor(code, message, options = {}) {
    super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
    this.name = "HardenError";
    this.code = code;
    this.hint = options.hint;
    this.line = options.line;
  }
};

// src/engine/build.ts
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// src/engine/failure.ts
var unusable = [
  {
    test: /permission denied while trying to connect|dial unix .*: permission denied/i,
    make: (name, line) => new HardenError("no-engine", `this user may not use the ${name} socket: ${line}`, {
      hint: `run as a user of the "${name}" group, or with sudo, or use a rootless engine`
    })
  },
  {
    test: /^cannot connect to (?:the docker daemon|podman)|^error during connect|cannot access containerd socket|unable to connect to podman|^failed to connect to the docker api/i,
    make: (name, line) => new HardenError("no-engine", `no ${name} engine answers: ${line}`, {
      hint: "start it, or set DOCKER_HOST or DOCKER_CONTEXT to one that runs"
    })
  },
  {
    test: /context "?[^"]*"?.*(?:not found|does not exist)|unable to resolve docker endpoint|unable to parse docker host/i,
    make: (name, line) => new HardenError("no-engine", `${name} is set to an endpoint that does not exist: ${line}`, {
      hint: "see `docker context ls`, and the variables DOCKER_HOST and DOCKER_CONTEXT"
    })
  }
];
var noImage = [
  {
    test: /toomanyrequests|rate limit/i,
    make: (name, line) => new HardenError("no-image", `the registry limits how often images are pulled: ${line}`, {
      hint: `log in (${name} login) or wait`
    })
  },
  {
    test: /no matching manifest|no match for platform|does not match the specified platform/i,
    make: (_, line) => new HardenError("no-image", `the image does not exist for this platform: ${line}`, {
      hint: "name one that it has with --platform OS/ARCH"
    })
  },
  {
    test: /pull access denied|manifest unknown|manifest .*not found|name unknown|repository .* not found|no such image|image not known|short-name .* did not resolve|: not found$|authentication required|unauthorized|denied: /i,
    make: (name, line) => new HardenError("no-image", `there is no such image, or it takes a login: ${line}`, {
      hint: `check the name and tag, or log in (${name} login)`
    })
  },
  {
    test: /i\/o timeout|no such host|connection refused|connection reset|network is unreachable|tls|x509|EOF$|server misbehaving|context deadline exceeded|Client\.Timeout|pinging container registry/i,
    make: (_, line) => new HardenError("no-image", `the registry could not be reached: ${line}`, {
      hint: "check the network and the proxy settings of the engine, or pull the image another way first"
    })
  }
];
var diskFull = {
  test: /no space left on device|disk quota exceeded/i,
  make: (name, line) => new HardenError("engine-failed", `the engine's disk is full: ${line}`, {
    hint: `free some space, for example with: ${name} system prune`
  })
};
function failureOf(name, task, stderr) {
  const line = decisiveLine(stderr);
  const known = unusableError(name, stderr) ?? matching([diskFull], name, stderr);
  return known ?? new HardenError("engine-failed", `${name} could not ${task}: ${line || "it gave no reason"}`);
}
function unusableError(name, stderr) {
  return matching(unusable, name, stderr);
}
function pullFailure(name, reference, stderr) {
  const known = unusableError(name, stderr) ?? matching([diskFull, ...noImage], name, stderr);
  if (known !== null) return known;
  return new HardenError("no-image", `${name} could not pull ${reference}: ${decisiveLine(stderr)}`);
}
function baseImageFailure(name, output) {
  const line = output.split("\n").find(
    (text) => /failed to resolve source metadata|failed to load metadata|creating build container|initializing source/i.test(
      text
    )
  );
  return line === void 0 ? null : matching(noImage, name, line.trim()) ?? null;
}
function matching(patterns, name, text) {
  for (const { test, make } of patterns) {
    const line = text.split("\n").find((candidate) => test.test(candidate));
    if (line !== void 0) return make(name, clean(line));
  }
  return null;
}
function decisiveLine(stderr) {
  const lines = stderr.split("\n").map((line) => line.trim());
  const worth = lines.filter(
    (line) => line !== "" && !/^(?:see '|run '|usage:|time="[^"]*" level=(?:warning|info))/i.test(line)
  );
  return clean(worth.at(-1) ?? "");
}
function clean(line) {
  return line.trim().replace(/^time="[^"]*" level=\w+ msg=/, "").replace(/^(?:Error response from daemon|Error|ERROR|docker|podman): (?:Error response from daemon: )?/, "").slice(0, 500);
}

// src/engine/build-failure.ts
var keptOutputLines = 12;
var keptOutput = 64 * 1024;
function buildFailure(name, output) {
  const base = baseImageFailure(name, output);
  if (base !== null) return base;
  const general = failureOf(name, "build the image", output);
  if (general.code !== "engine-failed" || general.hint !== void 0) return general;
  const step = failingStep(output);
  const reason = reasonOf(output);
  const message = step === null ? `the build failed: ${reason}` : `the build failed at ${step.name}: ${reason}`;
  const printed = step === null || step.output.length === 0 ? "" : `
${step.output.map((line2) => `  ${line2}`).join("\n")}`;
  const line = /^Dockerfile:(\d+)$/m.exec(output)?.[1] ?? /(?:parse error on line|Dockerfile:) ?(\d+)/.exec(output)?.[1];
  return new HardenError("build-failed", message + printed, {
    ...line !== void 0 && { line: Number(line) },
    cause: new Error(output.slice(-keptOutput))
  });
}
function failingStep(output) {
  const block = /^-{6}\n > (.*):\n((?:.*\n)*?)-{6}$/m.exec(output);
  if (block?.[1] !== void 0) {
    const lines2 = (block[2] ?? "").split("\n").map((line) => line.replace(/^\d+\.\d+ /, "").trimEnd());
    return { name: block[1], output: lines2.filter(Boolean).slice(-keptOutputLines) };
  }
  const steps = [...output.matchAll(/^STEP (\d+\/\d+): (.*)$/gm)];
  const last = steps.at(-1);
  if (last?.[2] === void 0) return null;
  const lines = output.slice((last.index ?? 0) + last[0].length).split("\n").map((line) => line.trimEnd());
  const own = lines.filter((line) => line !== "" && !/^(?:Error|time=)/.test(line));
  return { name: `[${last[1]}] ${last[2]}`, output: own.slice(-keptOutputLines) };
}
function reasonOf(output) {
  const solve = /^ERROR: failed to (?:solve|build): (.*)$/m.exec(output)?.[1];
  const reason = solve?.replace(/^process ".*" did not complete successfully: /s, "").replace(/ref [\w-]+::\w+: /, "");
  return reason ?? decisiveLine(output);
}

// src/engine/labels.ts
var sessionLabelName = "harden-image.session";
function sessionLabel(session) {
  return `${sessionLabelName}=${session}`;
}

// src/image/reference.ts
var label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
var domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
var pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
var tagPattern = /^\w[\w.-]{0,127}$/;
var digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
var digestLengths = { sha256: 64, sha384: 96, sha512: 128 };
var maximumNameLength = 255;
var maximumTextLength = 1024;
function parseReference(text) {
  const match = /^(docker-daemon|docker-archive|oci-archive|oci|docker):(.*)$/s.exec(text);
  const [, transport, rest] = match ?? [];
  if (transport === "docker" && rest?.startsWith("//")) return { ...parseImage(rest.slice(2)), transport };
  if (rest === void 0 || transport === void 0 || transport === "docker") return parseImage(text);
  if (transport === "docker-daemon") return { ...parseImage(rest), transport };
  return parseArchive(text, transport, rest);
}
function parseImageReference(text) {
  const reference = parseReference(text);
  if (reference.kind === "image") return reference;
  throw bad(text, `it names an archive (${reference.transport}:), not an image in an engine or a registry`);
}
function parseArchive(text, transport, rest) {
  const at = rest.indexOf(":");
  const file = at < 0 ? rest : rest.slice(0, at);
  if (file === "" || file.includes("\0")) {
    throw bad(text, "there is no path after the transport", `write it as ${transport}:PATH`);
  }
  return { kind: "archive", transport, text, file, image: at < 0 ? null : rest.slice(at + 1) || null };
}
function parseImage(text) {
  checkText(text);
  const at = text.indexOf("@");
  const digest = at < 0 ? null : text.slice(at + 1);
  const beforeDigest = at < 0 ? text : text.slice(0, at);
  const colon = beforeDigest.indexOf(":", beforeDigest.lastIndexOf("/") + 1);
  const tag = colon < 0 ? null : beforeDigest.slice(colon + 1);
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  if (digest !== null) checkDigest(text, digest);
  if (tag !== null && !tagPattern.test(tag)) {
    throw bad(text, `the tag "${tag}" is not 1 to 128 letters, digits, "_", "." and "-"`);
  }
  const { domain, path } = splitName(text, name);
  const repository = `${domain}/${path}`;
  const familiarName = domain === "docker.io" ? path.replace(/^library\/(?=[^/]+$)/, "") : repository;
  return { kind: "image", transport: null, text, domain, path, repository, familiarName, tag, digest };
}
function checkText(text) {
  if (text === "") throw bad(text, "it is empty", "name an image such as nginx:1.27");
  if (text.startsWith("-")) {
    throw bad(
      text,
      "a name cannot start with a dash",
      "options go before the target, images start with a letter or digit"
    );
  }
  if (text.length > maximumTextLength) throw bad(text, `it is longer than ${maximumTextLength} characters`);
  if (/\s/.test(text)) throw bad(text, "it has white space in it", "give each image as an argument of its own");
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw bad(text, "64 hexadecimal digits are an image id, not a name", `write it as sha256:${text}`);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw bad(text, "it is a URL", "leave out the scheme, or use docker:// for a registry");
  }
}
function checkDigest(text, digest) {
  if (!digestPattern.test(digest)) {
    throw bad(text, `the digest "${digest}" is not of the form sha256:<64 hexadecimal digits>`);
  }
  const [algorithm = "", encoded = ""] = digest.split(":");
  const length = digestLengths[algorithm];
  if (length !== void 0 && !(encoded.length === length && /^[0-9a-f]+$/.test(encoded))) {
    throw bad(text, `a ${algorithm} digest has ${length} lower-case hexadecimal digits, this one has ${encoded.length}`);
  }
}
function splitName(text, name) {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isDomain = first !== "" && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  const domain = isDomain ? first : "docker.io";
  const rest = isDomain ? name.slice(slash + 1) : name;
  if (!domainPattern.test(domain)) throw bad(text, `"${domain}" is not a registry host`);
  for (const part of rest.split("/")) checkPathPart(text, part);
  const hub = domain === "docker.io" || domain === "index.docker.io";
  const path = hub && !rest.includes("/") ? `library/${rest}` : rest;
  const result = { domain: hub ? "docker.io" : domain, path };
  if (result.domain.length + 1 + path.length > maximumNameLength) {
    throw bad(text, `the name is longer than ${maximumNameLength} characters`);
  }
  return result;
}
function checkPathPart(text, part) {
  if (pathPattern.test(part)) return;
  if (part === "") throw bad(text, "a part of the name is empty", 'remove the extra "/" or ":"');
  if (part !== part.toLowerCase() && pathPattern.test(part.toLowerCase())) {
    throw bad(text, `"${part}" has capital letters`, `image names are lower-case: ${part.toLowerCase()}`);
  }
  throw bad(
    text,
    `"${part}" may only have lower-case letters and digits, with single ".", "_", "__" or dashes between them`
  );
}
function bad(text, reason, hint) {
  const shown = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return new HardenError(
    "bad-reference",
    `${JSON.stringify(shown)} is no image reference: ${reason}`,
    hint ? { hint } : {}
  );
}

// src/engine/safe-arguments.ts
var identifier = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
var imageId = /^(?:sha256:)?[a-f0-9]{12,64}$/;
function imageArgument(reference) {
  if (imageId.test(reference)) return reference;
  return parseImageReference(reference).text;
}
function fullName(reference) {
  const { repository, tag, digest } = parseImageReference(reference);
  if (digest !== null) return `${repository}@${digest}`;
  return `${repository}:${tag ?? "latest"}`;
}
function nameArgument(name) {
  if (identifier.test(name)) return name;
  throw new HardenError("engine-failed", `${JSON.stringify(name)} is no name of a container, volume or network`);
}

// src/engine/build.ts
var buildTimeoutMs = 30 * 6e4;
async function build(cli, request, session) {
  const started = Date.now();
  const folder = await mkdtemp(join(tmpdir(), "harden-image-build-"));
  try {
    const dockerfile = join(folder, "Dockerfile");
    const idFile = join(folder, "image-id");
    await writeFile(dockerfile, request.dockerfile);
    const ignoreFile = await copyIgnoreFile(request.dockerfilePath, `${dockerfile}.dockerignore`);
    const args = [
      ...["build", `--file=${dockerfile}`, `--iidfile=${idFile}`, `--tag=${imageArgument(request.tag)}`],
      ...cli.name === "podman" ? ["--pull=missing", "--format=docker"] : ["--pull=false", "--progress=plain"],
      ...cli.name === "podman" && ignoreFile !== null ? [`--ignorefile=${ignoreFile}`] : [],
      ...request.keep ? [] : [`--label=${sessionLabel(session)}`],
      ...request.target === void 0 ? [] : [`--target=${request.target}`],
      ...request.platform === void 0 ? [] : [`--platform=${request.platform}`],
      ...Object.entries(request.buildArgs ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`),
      ...["--", request.context ?? await emptyContext(folder)]
    ];
    const result = await cli.run(args, { timeoutMs: buildTimeoutMs });
    if (result.exitCode !== 0) throw buildFailure(cli.name, `${result.stdout}
${result.stderr}`);
    const id = (await readFile(idFile, "utf8")).trim();
    if (id === "") throw new HardenError("engine-failed", `${cli.name} built an image but did not say which`);
    return { id: id.includes(":") ? id : `sha256:${id}`, milliseconds: Date.now() - started };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
async function emptyContext(folder) {
  const context = join(folder, "context");
  await mkdir(context);
  return context;
}
async function copyIgnoreFile(dockerfilePath, to) {
  if (dockerfilePath === void 0) return null;
  try {
    await copyFile(`${dockerfilePath}.dockerignore`, to);
    return to;
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw new HardenError("unreadable", `${dockerfilePath}.dockerignore cannot be read`, { cause: error });
  }
}

// src/engine/clean-up.ts
var rounds = 3;
async function cleanUp(cli, session, images) {
  const filter = `--filter=label=${sessionLabel(session)}`;
  for (let round = 0; round < rounds; round += 1) {
    const containers = await ids(cli, ["ps", "--all", "--quiet", "--no-trunc", filter]);
    await remove(cli, ["rm", "--force", "--volumes"], containers);
    const labelled2 = await ids(cli, ["image", "ls", "--quiet", "--no-trunc", filter]);
    const gone = labelled2.filter((id) => !images.kept.has(id));
    await remove(cli, ["image", "rm", "--force"], [...round === 0 ? images.tags : [], ...gone]);
    const volumes = await ids(cli, ["volume", "ls", "--quiet", filter]);
    await remove(cli, ["volume", "rm", "--force"], volumes);
    const networks = await ids(cli, ["network", "ls", "--quiet", filter]);
    await remove(cli, ["network", "rm"], networks);
    if (containers.length + gone.length + volumes.length + networks.length === 0) return;
  }
}
async function ids(cli, args) {
  try {
    const { exitCode, stdout } = await cli.run(args);
    return exitCode === 0 ? [
      ...new Set(
        stdout.split("\n").map((line) => line.trim()).filter(Boolean)
      )
    ] : [];
  } catch {
    return [];
  }
}
async function remove(cli, args, names) {
  if (names.length === 0) return;
  try {
    await cli.run([...args, "--", ...names], { timeoutMs: 12e4 });
  } catch {
  }
}

// src/image/config.ts
function parseImageConfig(raw) {
  const config = asObject(raw);
  return {
    user: asString(config.User),
    entrypoint: asWords(config.Entrypoint),
    cmd: asWords(config.Cmd),
    env: parsePairs(asStrings(config.Env)),
    exposedPorts: Object.keys(asObject(config.ExposedPorts)).flatMap(parsePort),
    volumes: Object.keys(asObject(config.Volumes)),
    workdir: asString(config.WorkingDir) || "/",
    healthcheck: parseHealthcheck(config.Healthcheck),
    onbuild: asStrings(config.OnBuild),
    shell: asWords(config.Shell),
    stopSignal: asString(config.StopSignal) || null,
    labels: new Map(Object.entries(asObject(config.Labels)).map(([key, value]) => [key, asString(value)]))
  };
}
function parseHealthcheck(raw) {
  const check = asObject(raw);
  const test = asStrings(check.Test);
  if (test.length === 0) return null;
  const interval = milliseconds(check.Interval);
  const timeout2 = milliseconds(check.Timeout);
  const startPeriod = milliseconds(check.StartPeriod);
  return {
    test,
    ...interval > 0 && { intervalMs: interval },
    ...timeout2 > 0 && { timeoutMs: timeout2 },
    ...startPeriod > 0 && { startPeriodMs: startPeriod },
    ...typeof check.Retries === "number" && check.Retries > 0 && { retries: check.Retries }
  };
}
function milliseconds(value) {
  return typeof value === "number" ? Math.round(value / 1e6) : 0;
}
function parsePort(text) {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (match === null) return [];
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  const protocol = match[3]?.toLowerCase() ?? "tcp";
  const ports = [];
  for (let port = first; port <= last && port <= 65535; port += 1) ports.push({ port, protocol });
  return ports;
}
function parsePairs(pairs) {
  const result = /* @__PURE__ */ new Map();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at > 0) result.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return result;
}
function asWords(value) {
  const words = asStrings(value);
  return words.length === 0 ? null : words;
}
function asStrings(value) {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
function asString(value) {
  return typeof value === "string" ? value : "";
}
function asObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

// src/engine/inspect.ts
function parseImage2(json) {
  const raw = firstOf(json);
  const id = raw.Id ?? "";
  const healthcheck = raw.HealthCheck ?? raw.Healthcheck;
  return {
    id: id.includes(":") ? id : `sha256:${id}`,
    config: parseImageConfig({ ...healthcheck ? { Healthcheck: healthcheck } : {}, ...raw.Config }),
    platform: {
      os: raw.Os ?? "linux",
      architecture: raw.Architecture ?? "",
      ...raw.Variant ? { variant: raw.Variant } : {}
    },
    size: raw.Size ?? 0,
    repoDigests: raw.RepoDigests ?? []
  };
}
function parseState(json, reachable, startError = "") {
  const raw = firstOf(json);
  const state = raw.State ?? {};
  const error = state.Error || startError;
  const reported = statusOf(state.Status ?? "");
  const status = reported === "created" && error !== "" ? "exited" : reported;
  const running = state.Running ?? status === "running";
  return {
    status,
    running,
    exitCode: running || status === "created" ? null : state.ExitCode ?? null,
    oomKilled: state.OOMKilled ?? false,
    error,
    pid: running ? state.Pid ?? 0 : 0,
    address: reachable ? addressOf(raw) : "",
    health: healthOf(state.Health?.Status),
    restartCount: raw.RestartCount ?? 0
  };
}
function addressOf(raw) {
  if (raw.HostConfig?.NetworkMode === "host") return "127.0.0.1";
  const networks = Object.values(raw.NetworkSettings?.Networks ?? {});
  return networks.find((network) => network?.IPAddress)?.IPAddress ?? raw.NetworkSettings?.IPAddress ?? "";
}
function statusOf(status) {
  switch (status) {
    case "running":
    case "restarting":
    case "paused":
    case "dead":
      return status;
    // What podman calls it before the first start.
    case "created":
    case "configured":
    case "initialized":
      return "created";
    case "stopping":
      return "running";
    default:
      return "exited";
  }
}
function healthOf(status) {
  return status === "starting" || status === "healthy" || status === "unhealthy" ? status : null;
}
function firstOf(json) {
  const value = JSON.parse(json);
  return Array.isArray(value) ? value[0] : value;
}

// src/engine/listeners.ts
import { readFile as readFile2 } from "node:fs/promises";
var tables = ["tcp", "tcp6", "udp", "udp6"];
async function listeners(cli, container, pid) {
  const found = [];
  for (const table of tables) {
    const text = pid === null ? await readInside(cli, container, table) : await readHere(pid, table);
    if (text === null && !table.endsWith("6")) return null;
    found.push(...parseTable(table, text ?? ""));
  }
  return merge(found);
}
async function readHere(pid, table) {
  try {
    return await readFile2(`/proc/${pid}/net/${table}`, "utf8");
  } catch {
    return null;
  }
}
async function readInside(cli, container, table) {
  const { exitCode, stdout } = await cli.run(["exec", nameArgument(container), "cat", `/proc/net/${table}`]);
  return exitCode === 0 ? stdout : null;
}
var listening = "0A";
var unconnected = "07";
function parseTable(table, text) {
  const protocol = table.startsWith("tcp") ? "tcp" : "udp";
  const wanted = protocol === "tcp" ? listening : unconnected;
  return text.split("\n").slice(1).flatMap((row) => {
    const [, local, , state] = row.trim().split(/\s+/);
    const [address, port] = local?.split(":") ?? [];
    if (state !== wanted || address === void 0 || port === void 0) return [];
    return [{ port: Number.parseInt(port, 16), protocol, loopback: isLoopback(address) }];
  });
}
function isLoopback(address) {
  if (address.length === 8) return isLoopback4(address);
  const mapped = /^0{16}(?:FFFF0000|0000FFFF)([0-9A-F]{8})$/.exec(address)?.[1];
  return mapped === void 0 ? /^0{24}(?:01000000|00000001)$/.test(address) : isLoopback4(mapped);
}
function isLoopback4(word) {
  return word.endsWith("7F") || word.startsWith("7F");
}
function merge(found) {
  const byPort = /* @__PURE__ */ new Map();
  for (const listener of found) {
    const key = `${listener.protocol} ${listener.port}`;
    const loopback = listener.loopback && (byPort.get(key)?.loopback ?? true);
    byPort.set(key, { ...listener, loopback });
  }
  return [...byPort.values()].sort((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
}

// src/engine/logs.ts
import { mkdtemp as mkdtemp2, open, rm as rm2 } from "node:fs/promises";
import { tmpdir as tmpdir2 } from "node:os";
import { join as join2 } from "node:path";
var keptBytes = 2 * 1024 * 1024;
async function logs(cli, container) {
  const folder = await mkdtemp2(join2(tmpdir2(), "harden-image-logs-"));
  try {
    const file = await open(join2(folder, "log"), "w+");
    try {
      const { exitCode } = await cli.run(["logs", nameArgument(container)], { output: file.fd });
      const { size } = await file.stat();
      const start = Math.max(0, size - keptBytes);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start });
      const text = buffer.toString("utf8", 0, bytesRead);
      if (exitCode !== 0) throw failureOf(cli.name, `read the logs of ${container}`, text);
      return text;
    } finally {
      await file.close();
    }
  } finally {
    await rm2(folder, { recursive: true, force: true });
  }
}

// src/engine/processes.ts
import { readFile as readFile3 } from "node:fs/promises";

// src/engine/process-status.ts
var capabilityNames = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
  " "
);
var overflowId = 65534;
function parseIdMap(text) {
  return text.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number)).flatMap(
    ([inside, outside, count]) => inside === void 0 || outside === void 0 || !count ? [] : [{ inside, outside, count }]
  );
}
function parseStatus(text, uids = [], gids = []) {
  const fields = /* @__PURE__ */ new Map();
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  const numbers = (key) => (fields.get(key) ?? "").split(/\s+/).filter(Boolean).map(Number);
  const sets = ["CapEff", "CapPrm", "CapInh", "CapAmb"].map((key) => fields.get(key));
  const bounding = fields.get("CapBnd");
  const noNewPrivileges = fields.get("NoNewPrivs");
  return {
    name: fields.get("Name") ?? "",
    pid: Number(fields.get("Pid") ?? 0),
    parent: Number(fields.get("PPid") ?? 0),
    zombie: /^[ZX]/.test(fields.get("State") ?? ""),
    identity: {
      uids: numbers("Uid").map((id) => insideId(id, uids)),
      gids: numbers("Gid").map((id) => insideId(id, gids)),
      groups: numbers("Groups").map((id) => insideId(id, gids)),
      capabilities: sets.some((set) => set === void 0) ? null : namesIn(sets.map((set) => BigInt(`0x${set}`))),
      bounding: bounding === void 0 ? null : namesIn([BigInt(`0x${bounding}`)]),
      noNewPrivileges: noNewPrivileges === void 0 ? null : noNewPrivileges === "1"
    }
  };
}
function namesIn(sets) {
  const all = sets.reduce((union, set) => union | set, 0n);
  const names = [];
  for (let bit = 0; all >> BigInt(bit) > 0n; bit += 1) {
    if ((all >> BigInt(bit) & 1n) === 1n) names.push(capabilityNames[bit] ?? `#${bit}`);
  }
  return names;
}
function insideId(id, ranges) {
  if (ranges.length === 0) return id;
  const range = ranges.find(({ outside, count }) => id >= outside && id < outside + count);
  return range === void 0 ? overflowId : range.inside + (id - range.outside);
}

// src/engine/processes.ts
async function processes(cli, container, local) {
  if (local) {
    const rows = await hostRows(cli, container);
    const seen = await fromHost(rows, container);
    if (seen !== null) return seen;
  }
  return await fromInside(cli, container) ?? await fromEngine(cli, container);
}
async function hostRows(cli, container) {
  return rowsOf(await top(cli, container, cli.name === "podman" ? ["hpid", "args"] : ["-eo", "pid,args"]));
}
async function top(cli, container, columns) {
  const { exitCode, stdout, stderr } = await cli.run(["top", nameArgument(container), ...columns]);
  if (exitCode === 0) return stdout.split("\n").slice(1);
  if (/not running|only be used on running/i.test(stderr)) return [];
  throw failureOf(cli.name, "list the processes of a container", stderr);
}
function rowsOf(rows) {
  return rows.flatMap((row) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(row);
    return match?.[1] === void 0 ? [] : [{ pid: Number(match[1]), command: (match[2] ?? "").trim() }];
  });
}
async function fromHost(rows, container) {
  const result = [];
  for (const row of rows) {
    const read = (file) => readFile3(`/proc/${row.pid}/${file}`, "utf8");
    try {
      const [status, cgroup, uids, gids, commandLine] = await Promise.all(
        ["status", "cgroup", "uid_map", "gid_map", "cmdline"].map(read)
      );
      if (!cgroup?.includes(container)) return null;
      const { identity, zombie } = parseStatus(status ?? "", parseIdMap(uids ?? ""), parseIdMap(gids ?? ""));
      if (zombie) continue;
      const command = (commandLine ?? "").replaceAll("\0", " ").trim();
      result.push({ pid: row.pid, command: command || row.command, ...identity });
    } catch (error) {
      const { code } = error;
      if (code === "ENOENT" || code === "ESRCH") continue;
      return null;
    }
  }
  return result;
}
var listing = `echo "self $$"; for d in /proc/[0-9]*; do echo "= $d"; cat "$d/status" 2>/dev/null; echo "> $(tr '\\0' ' ' < "$d/cmdline" 2>/dev/null)"; done`;
async function fromInside(cli, container) {
  const { exitCode, stdout } = await cli.run(["exec", nameArgument(container), "sh", "-c", listing]);
  const self = Number(/^self (\d+)$/m.exec(stdout)?.[1]);
  if (exitCode !== 0 || !Number.isInteger(self)) return null;
  const result = [];
  for (const block of stdout.split(/^= \/proc\/\d+\n/m).slice(1)) {
    const { identity, pid, parent, name, zombie } = parseStatus(block);
    if (pid === 0 || zombie || pid === self || parent === self) continue;
    const command = /^> (.*)$/m.exec(block)?.[1]?.trim();
    result.push({ pid, command: command || name, ...identity });
  }
  return result.length === 0 ? null : result;
}
var psColumns = ["pid", "ruid", "euid", "suid", "fuid", "rgid", "egid", "sgid", "fgid", "args"];
async function fromEngine(cli, container) {
  const columns = cli.name === "podman" ? ["hpid", "uid", "args"] : ["-eo", psColumns.join(",")];
  const rows = await top(cli, container, columns);
  const ids2 = columns.length === 3 ? 1 : 8;
  return rows.flatMap((row) => {
    const fields = row.trim().split(/\s+/);
    const numbers = fields.slice(0, ids2 + 1).map(Number);
    const [pid] = numbers;
    if (pid === void 0 || numbers.some(Number.isNaN)) return [];
    return [
      {
        pid,
        command: fields.slice(ids2 + 1).join(" "),
        uids: ids2 === 8 ? numbers.slice(1, 5) : numbers.slice(1),
        gids: ids2 === 8 ? numbers.slice(5) : [],
        groups: [],
        capabilities: null,
        bounding: null,
        noNewPrivileges: null
      }
    ];
  });
}

// src/engine/run-arguments.ts
var defaultMemory = 2 * 1024 ** 3;
var defaultPids = 512;
function runArguments(name, spec, session) {
  const memory = spec.memoryBytes ?? defaultMemory;
  return [
    "create",
    "--pull=never",
    `--label=${sessionLabel(session)}`,
    `--memory=${memory}b`,
    `--pids-limit=${spec.pidsLimit ?? defaultPids}`,
    ...logArguments(name),
    ...spec.user === void 0 ? [] : [`--user=${spec.user}`],
    ...(spec.capDrop ?? []).map((capability) => `--cap-drop=${capability}`),
    ...(spec.capAdd ?? []).map((capability) => `--cap-add=${capability}`),
    ...spec.noNewPrivileges ? ["--security-opt=no-new-privileges"] : [],
    ...spec.readOnly ? ["--read-only"] : [],
    // Podman otherwise puts a writable tmpfs on /tmp, /run and /var/tmp of a read-only container.
    ...spec.readOnly && name === "podman" ? ["--read-only-tmpfs=false"] : [],
    ...Object.entries(spec.sysctls ?? {}).map(([key, value]) => `--sysctl=${key}=${value}`),
    ...Object.entries(spec.env ?? {}).map(([key, value]) => `--env=${key}=${value}`),
    ...(spec.mounts ?? []).map(mountArgument),
    ...(spec.volumesFrom ?? []).map((container) => `--volumes-from=${nameArgument(container)}`),
    ...spec.entrypoint === void 0 ? [] : [`--entrypoint=${entrypointArgument(name, spec.entrypoint)}`],
    ...spec.network === void 0 ? [] : [`--network=${networkArgument(spec.network)}`],
    ...spec.tty ? ["--tty"] : [],
    ...Object.entries(spec.labels ?? {}).map(([key, value]) => `--label=${key}=${value}`),
    "--",
    imageArgument(spec.image),
    ...spec.command ?? []
  ];
}
function logArguments(name) {
  if (name === "podman") return ["--log-driver=k8s-file", "--log-opt=max-size=8mb"];
  return ["--log-driver=json-file", "--log-opt=max-size=8m", "--log-opt=max-file=2"];
}
function entrypointArgument(name, entrypoint) {
  return name === "podman" && entrypoint !== "" ? JSON.stringify([entrypoint]) : entrypoint;
}
function networkArgument(network) {
  const shared = /^container:(.+)$/.exec(network)?.[1];
  return shared === void 0 ? nameArgument(network) : `container:${nameArgument(shared)}`;
}
function mountArgument(mount) {
  if (mount.type === "tmpfs") {
    if (mount.target.includes(":"))
      throw new HardenError("engine-failed", `no tmpfs can be mounted on ${mount.target}: it has a ":" in it`);
    return `--tmpfs=${mount.target}${mount.options === void 0 ? "" : `:${mount.options}`}`;
  }
  const fields = [
    "type=volume",
    ...mount.source === void 0 ? [] : [`source=${nameArgument(mount.source)}`],
    `target=${mount.target}`
  ];
  return `--mount=${fields.map(csvField).join(",")}`;
}
function csvField(field) {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

// src/engine/cli-engine.ts
var pullTimeoutMs = 15 * 6e4;
var missingImage = /no such image|image not known|no such object|not found|failed to find image/i;
var missingContainer = /no such container|no container with|not found|already in progress/i;
var missingPath = /no such file|could not find the file|could not be found|no such path|not found in container/i;
var startFailure = /OCI runtime|runc|crun|\bexec:|failed to create (?:shim )?task|container process|oci permission denied|executable file/i;
function createCliEngine(cli, facts) {
  const { name } = cli;
  const { session, local, reachable } = facts;
  const tags = /* @__PURE__ */ new Set();
  const kept = /* @__PURE__ */ new Set();
  const startErrors = /* @__PURE__ */ new Map();
  const inspect = (container) => cli.call(`inspect container ${container}`, ["inspect", "--type=container", "--", nameArgument(container)]);
  const create = async (spec) => {
    for (const mount of spec.mounts ?? []) {
      if (mount.type === "volume" && mount.source !== void 0) await createVolume(cli, mount.source, session);
    }
    const { exitCode, stdout, stderr } = await cli.run(runArguments(name, spec, session));
    const id = stdout.trim().split("\n").at(-1) ?? "";
    if (exitCode === 0 && id !== "") return id;
    if (missingImage.test(stderr)) throw pullFailure(name, spec.image, stderr);
    throw failureOf(name, `create a container of ${spec.image}`, stderr);
  };
  const remove2 = async (container) => {
    const { exitCode, stderr } = await cli.run(["rm", "--force", "--volumes", "--", nameArgument(container)]);
    if (exitCode !== 0 && !missingContainer.test(stderr)) throw failureOf(name, `remove container ${container}`, stderr);
  };
  return {
    name,
    version: facts.version,
    session,
    local,
    create,
    remove: remove2,
    processes: (container) => processes(cli, container, local),
    logs: (container) => logs(cli, container),
    inspectImage: async (reference) => {
      const { exitCode, stdout, stderr } = await cli.run(["image", "inspect", "--", imageArgument(reference)]);
      if (exitCode === 0) return parseImage2(stdout);
      if (missingImage.test(stderr)) return null;
      throw failureOf(name, `inspect image ${reference}`, stderr);
    },
    pull: async (reference, platform) => {
      const image = name === "docker" ? imageArgument(reference) : fullName(reference);
      const args = ["pull", "--quiet", ...platform === void 0 ? [] : [`--platform=${platform}`], "--", image];
      const { exitCode, stderr } = await cli.run(args, { timeoutMs: pullTimeoutMs });
      if (exitCode !== 0) throw pullFailure(name, reference, stderr);
    },
    exportImage: async (reference, read) => {
      const container = await create({ image: reference, network: "none", command: ["/never-started"] });
      try {
        return await cli.stream(`export ${reference}`, ["export", container], read);
      } finally {
        await remove2(container);
      }
    },
    copyOut: async (container, path, read) => {
      try {
        return await cli.stream(
          `copy ${path} out of a container`,
          ["cp", `${nameArgument(container)}:${path}`, "-"],
          read
        );
      } catch (error) {
        if (error instanceof HardenError && error.code === "engine-failed" && missingPath.test(error.message))
          return null;
        throw error;
      }
    },
    build: async (request) => {
      if (!request.keep) tags.add(imageArgument(request.tag));
      const result = await build(cli, request, session);
      if (request.keep) kept.add(result.id);
      return result;
    },
    start: async (container) => {
      const { exitCode, stderr } = await cli.run(["start", nameArgument(container)]);
      if (exitCode === 0) return;
      const failure = failureOf(name, `start container ${container}`, stderr);
      if (!startFailure.test(stderr)) throw failure;
      startErrors.set(container, failure.message);
    },
    state: async (container) => parseState(await inspect(container), reachable, startErrors.get(container)),
    diff: async (container) => {
      const text = await cli.call(`compare container ${container} with its image`, ["diff", nameArgument(container)]);
      return parseDiff(text);
    },
    listeners: async (container) => {
      const { pid } = parseState(await inspect(container), reachable);
      return listeners(cli, container, local && pid > 0 ? pid : null);
    },
    exec: async (container, argv, options = {}) => {
      const user = options.user === void 0 ? [] : [`--user=${options.user}`];
      return cli.run(["exec", ...user, "--", nameArgument(container), ...argv], {
        timeoutMs: options.timeoutMs ?? 3e4
      });
    },
    stop: async (container, graceSeconds) => {
      const started = Date.now();
      const grace = Math.max(0, Math.ceil(graceSeconds));
      const args = ["stop", "-t", String(grace), nameArgument(container)];
      const { exitCode, stderr } = await cli.run(args, { timeoutMs: grace * 1e3 + 6e4 });
      if (exitCode !== 0) throw failureOf(name, `stop container ${container}`, stderr);
      return Date.now() - started;
    },
    removeImage: async (reference) => {
      const { exitCode, stderr } = await cli.run(["image", "rm", "--force", "--", imageArgument(reference)]);
      if (exitCode !== 0 && !missingImage.test(stderr)) throw failureOf(name, `remove image ${reference}`, stderr);
    },
    tag: async (image, reference) => {
      await cli.call(`tag ${image}`, ["tag", "--", imageArgument(image), imageArgument(reference)]);
    },
    cleanUp: async () => cleanUp(await cli.close(), session, { tags, kept })
  };
}
async function createVolume(cli, volume, session) {
  const ignore = cli.name === "podman" ? ["--ignore"] : [];
  const args = ["volume", "create", ...ignore, `--label=${sessionLabel(session)}`, "--", nameArgument(volume)];
  await cli.call(`create volume ${volume}`, args);
}
var diffKinds = { A: "added", C: "changed", D: "deleted" };
function parseDiff(text) {
  return text.split("\n").flatMap((line) => {
    const kind = diffKinds[line[0]];
    return kind === void 0 || line[1] !== " " ? [] : [{ kind, path: line.slice(2) }];
  });
}

// src/engine/cli-process.ts
import { execa } from "execa";
var defaultTimeoutMs = 6e4;
var streamTimeoutMs = 15 * 6e4;
var maximumOutput = 64 * 1024 * 1024;
function createCli({ name, binary, env }) {
  const running = /* @__PURE__ */ new Set();
  let closed = false;
  const start = (args, options, forced) => {
    if (closed && !forced) throw over(name);
    const child = execa(binary, [...args], {
      env,
      extendEnv: false,
      reject: false,
      maxBuffer: maximumOutput,
      stripFinalNewline: false,
      stdin: "ignore",
      ...options
    });
    running.add(child);
    void child.finally(() => running.delete(child));
    return child;
  };
  const make = (forced) => {
    const run2 = async (args, options = {}) => {
      const { timeoutMs = defaultTimeoutMs, input, output, cwd } = options;
      const child = start(
        args,
        {
          timeout: timeoutMs,
          ...cwd !== void 0 && { cwd },
          ...input !== void 0 && { stdin: "pipe", input },
          ...output !== void 0 && { stdout: output, stderr: output }
        },
        forced
      );
      const result = await child;
      if (closed && !forced) throw over(name);
      const exitCode = exitCodeOf(result, name, binary, args, timeoutMs);
      return { exitCode, stdout: String(result.stdout ?? ""), stderr: String(result.stderr ?? "") };
    };
    return {
      name,
      run: run2,
      call: async (task, args, options = {}) => {
        const { exitCode, stdout, stderr } = await run2(args, options);
        if (exitCode !== 0) throw failureOf(name, task, stderr);
        return stdout.trim();
      },
      stream: async (task, args, read) => {
        const child = start(args, { timeout: streamTimeoutMs, buffer: { stdout: false, stderr: true } }, forced);
        const stdout = child.stdout;
        let enough = false;
        const reading = read(stdout).finally(() => {
          enough = !stdout.readableEnded;
          if (enough) child.kill();
        });
        const [outcome, result] = await Promise.all([settled(reading), child]);
        if (closed && !forced) throw over(name);
        if (!enough || result.code === "ENOENT") {
          const exitCode = exitCodeOf(result, name, binary, args, streamTimeoutMs);
          if (exitCode !== 0) throw failureOf(name, task, String(result.stderr ?? ""));
        }
        if (outcome.status === "rejected") throw outcome.reason;
        return outcome.value;
      },
      close: async () => {
        closed = true;
        const children = [...running];
        for (const child of children) child.kill();
        await Promise.allSettled(children);
        return make(true);
      }
    };
  };
  return make(false);
}
async function settled(promise) {
  const [outcome] = await Promise.allSettled([promise]);
  return outcome;
}
function exitCodeOf(result, name, binary, args, timeoutMs) {
  if (result.code === "ENOENT") throw missing(name, binary);
  if (result.timedOut) throw timeout(name, args, timeoutMs);
  if (result.exitCode !== void 0) return result.exitCode;
  const why = result.isTerminated ? `was stopped (${result.signal})` : `failed: ${result.originalMessage}`;
  throw new HardenError("engine-failed", `${name} ${args[0]} ${why}`);
}
function over(name) {
  return new HardenError("engine-failed", `the ${name} session is over`);
}
function missing(name, binary) {
  return new HardenError("no-engine", `${binary} was not found on PATH`, {
    hint: `install ${name}, or choose another engine with --engine`
  });
}
function timeout(name, args, milliseconds2) {
  return new HardenError("timeout", `${name} ${args[0]} did not end within ${Math.round(milliseconds2 / 1e3)} s`, {
    hint: "see whether the engine is overloaded or waits for a network"
  });
}

// src/engine/open-engine.ts
var order = ["docker", "podman", "nerdctl"];
async function openEngine(choice = "auto", options = {}) {
  const tried = [];
  for (const name of choice === "auto" ? order : [choice]) {
    try {
      return await open2(name, options);
    } catch (error) {
      if (!(error instanceof HardenError)) throw error;
      tried.push(error);
    }
  }
  const [first] = tried;
  if (first !== void 0 && tried.length === 1) throw first;
  throw new HardenError("no-engine", `no container engine answers: ${tried.map((error) => error.message).join("; ")}`, {
    hint: "start one, point DOCKER_HOST at one, or work without with --engine none"
  });
}
async function open2(binary, options) {
  const env = environment(options.env ?? process.env);
  const probe = createCli({ name: binary, binary, env });
  const json = await probe.call("answer", ["info", "--format={{json .}}"], {
    timeoutMs: options.probeTimeoutMs ?? 2e4
  });
  const info = parseInfo(json, binary);
  const here = info.hostname === hostname() && info.kernel === release();
  const cli = createCli({ name: info.name, binary, env });
  options.signal?.addEventListener("abort", () => void cli.close(), { once: true });
  return createCliEngine(cli, {
    version: `${info.name} ${info.version}`,
    session: randomBytes(8).toString("hex"),
    local: here,
    reachable: here && !info.rootless
  });
}
function parseInfo(json, name) {
  const raw = JSON.parse(json);
  if (raw.version?.Version !== void 0) {
    const { hostname: host = "", kernel = "", security } = raw.host ?? {};
    return {
      name: "podman",
      version: raw.version.Version,
      hostname: host,
      kernel,
      rootless: security?.rootless ?? false
    };
  }
  if (!raw.ServerVersion) {
    const reason = (raw.ServerErrors ?? []).join("\n");
    throw unusableError(name, reason) ?? new HardenError("no-engine", `no ${name} engine answers: ${reason || "it gave no version"}`);
  }
  return {
    name,
    // Debian and others add their build: 26.1.5+dfsg1.
    version: raw.ServerVersion.replace(/^v|\+.*$/g, ""),
    hostname: raw.Name ?? "",
    kernel: raw.KernelVersion ?? "",
    rootless: (raw.SecurityOptions ?? []).some((option) => option.includes("rootless"))
  };
}
function environment(env) {
  return {
    ...env,
    // Messages are read, so they must come in one language and without colours.
    LC_ALL: "C.UTF-8",
    NO_COLOR: "1",
    DOCKER_CLI_HINTS: "false",
    DOCKER_BUILDKIT: "1",
    BUILDKIT_PROGRESS: "plain",
    // An attestation would make the image an index, with another id.
    BUILDX_NO_DEFAULT_ATTESTATIONS: "1",
    // A builder in a container of its own does not see the engine's images.
    BUILDX_BUILDER: void 0
  };
}

// src/image/path.ts
function normalisePath(path, base = "/") {
  const parts2 = [];
  const full = path.startsWith("/") ? path : `${base}/${path}`;
  for (const part of full.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts2.pop();
    else parts2.push(part);
  }
  return `/${parts2.join("/")}`;
}

// src/proof/trace/strace-text.ts
var NAMED = { n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, e: 27, "0": 0 };
function unescapeText(text) {
  if (!text.includes("\\")) return text;
  const bytes = [];
  for (let i2 = 0; i2 < text.length; i2 += 1) {
    if (text[i2] !== "\\") {
      bytes.push(text.charCodeAt(i2) & 255);
      continue;
    }
    const numeric = /^(?:x([0-9a-f]{2})|([0-7]{1,3}))/i.exec(text.slice(i2 + 1, i2 + 4));
    if (numeric) {
      bytes.push(
        numeric[1] === void 0 ? Number.parseInt(numeric[2] ?? "0", 8) & 255 : Number.parseInt(numeric[1], 16)
      );
      i2 += numeric[0].length;
      continue;
    }
    const next = text[i2 + 1] ?? "\\";
    bytes.push(NAMED[next] ?? next.charCodeAt(0));
    i2 += 1;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
function quotedText(argument) {
  if (argument === void 0 || argument.length < 2 || argument[0] !== '"' || !argument.endsWith('"')) return null;
  return unescapeText(argument.slice(1, -1));
}
function annotatedPath(argument) {
  const start = argument?.indexOf("</") ?? -1;
  if (argument === void 0 || start < 0) return null;
  const end = argument.lastIndexOf(">");
  return end < start ? null : unescapeText(argument.slice(start + 1, end));
}
function socketInode(argument) {
  return /<socket:\[(\d+)\]>/.exec(argument ?? "")?.[1] ?? null;
}

// src/proof/trace/scene.ts
function pathOf(scene, path, directory) {
  const { place } = scene.process;
  const text = quotedText(path);
  const folder = directory === void 0 ? null : annotatedPath(directory);
  if (directory?.startsWith("AT_FDCWD") && folder !== null && !directory.endsWith("(deleted)")) place.cwd = folder;
  if (text === null) return null;
  if (text.startsWith("/")) return place.root + normalisePath(text) || "/";
  const base = directory === void 0 || directory.startsWith("AT_FDCWD") ? place.cwd : folder;
  return base === null ? null : normalisePath(text, base);
}
function* behind(descriptor, told) {
  const path = annotatedPath(descriptor);
  if (path === null && descriptor?.includes("<")) return;
  if (descriptor?.endsWith("(deleted)")) return;
  yield { ...told, path };
}
function modeOf(argument) {
  const octal = /(?:^|\|)(0[0-7]*)$/.exec(argument ?? "")?.[1];
  return octal === void 0 ? {} : { mode: Number.parseInt(octal, 8) };
}
function idOf(argument) {
  return /^\d+$/.test(argument ?? "") && argument !== "4294967295" ? Number(argument) : void 0;
}

// src/proof/trace/look-calls.ts
var LOOK_CALLS = {
  stat: (call, scene) => [{ access: "look", path: pathOf(scene, call.args[0]) }],
  lstat: (call, scene) => [{ access: "look", path: pathOf(scene, call.args[0]) }],
  newfstatat: (call, scene) => looked(call, scene),
  statx: (call, scene) => looked(call, scene),
  access: (call, scene) => asked(pathOf(scene, call.args[0]), call.args[1]),
  faccessat: (call, scene) => asked(pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  faccessat2: (call, scene) => asked(pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  inotify_add_watch: (call, scene) => asked(pathOf(scene, call.args[1]), "R_OK"),
  chdir: (call, scene) => went(call, scene, pathOf(scene, call.args[0])),
  fchdir: (call, scene) => went(call, scene, annotatedPath(call.args[0])),
  chroot: function* (call, scene) {
    const path = pathOf(scene, call.args[0]);
    yield { access: "chroot", path, capability: "SYS_CHROOT" };
    if (call.result.done && path !== null) scene.process.place.root = path === "/" ? "" : path;
  },
  execve: (call, scene) => ran(call, scene, pathOf(scene, call.args[0])),
  execveat: (call, scene) => {
    const [directory, path] = call.args;
    return ran(call, scene, path === '""' ? annotatedPath(directory) : pathOf(scene, path, directory));
  }
};
function* looked(call, scene) {
  const [directory, path] = call.args;
  if (path === '""' || path === "NULL") return yield* [];
  yield { access: "look", path: pathOf(scene, path, directory) };
}
function* asked(path, mode = "") {
  if (mode.includes("R_OK")) yield { access: "look", path, asked: "read" };
  if (mode.includes("W_OK")) yield { access: "look", path, asked: "write" };
  if (mode.includes("X_OK")) yield { access: "look", path, asked: "execute" };
  if (!/[RWX]_OK/.test(mode)) yield { access: "look", path };
}
function* went(call, scene, path) {
  yield { access: "traverse", path };
  if (call.result.done && path !== null) scene.process.place.cwd = path;
}
function* ran(call, scene, path) {
  yield { access: "execute", path };
  if (call.result.done) scene.process.program = { path };
}

// src/proof/trace/network-calls.ts
var NETWORK_CALLS = {
  socket: function* (call, scene) {
    const [family = "", type = ""] = call.args;
    if (family === "AF_PACKET" || /^AF_INET6?$/.test(family) && type.includes("SOCK_RAW"))
      yield { access: "use-capability", path: null, capability: "NET_RAW" };
    const inode = socketInode(call.result.text);
    if (inode === null || !/^AF_INET6?$/.test(family)) return;
    scene.sockets.set(inode, { protocol: protocolOf(type), port: 0 });
  },
  bind: (call, scene) => bound(call, scene),
  listen: function* (call, scene) {
    const socket = socketOf(call, scene);
    if (socket && socket.port > 0 && call.result.done)
      yield { access: "listen", path: null, ...portOf(socket, socket.port) };
  },
  connect: function* (call, scene) {
    const path = unixPath(call, scene);
    if (path !== void 0) yield { access: "write", path };
  }
};
function* bound(call, scene) {
  const path = unixPath(call, scene);
  if (path !== void 0) {
    yield { access: "create-socket", path };
    if (call.result.done && path !== null) scene.history.made(path);
    return;
  }
  const port = Number(/sin6?_port=htons\((\d+)\)/.exec(call.args[1] ?? "")?.[1] ?? 0);
  if (port === 0) return;
  const socket = socketOf(call, scene);
  if (socket && call.result.done) socket.port = port;
  yield {
    access: "bind",
    path: null,
    ...portOf(socket, port),
    ...port < 1024 ? { capability: "NET_BIND_SERVICE" } : {}
  };
}
function unixPath(call, scene) {
  const address = call.args[1] ?? "";
  if (!address.includes('sa_family=AF_UNIX, sun_path="')) return void 0;
  return pathOf(scene, /sun_path=(".*")\}$/.exec(address)?.[1]);
}
function socketOf(call, scene) {
  const inode = socketInode(call.args[0]);
  return inode === null ? void 0 : scene.sockets.get(inode);
}
function portOf(socket, port) {
  return socket?.protocol ? { port, protocol: socket.protocol } : { port };
}
function protocolOf(type) {
  if (type.includes("SOCK_STREAM")) return "tcp";
  return type.includes("SOCK_DGRAM") ? "udp" : null;
}

// src/proof/trace/open-calls.ts
var OPEN_CALLS = {
  open: (call, scene) => opened(call, scene, pathOf(scene, call.args[0]), call.args[1], call.args[2]),
  openat: (call, scene) => opened(call, scene, pathOf(scene, call.args[1], call.args[0]), call.args[2], call.args[3]),
  openat2: (call, scene) => {
    const how = call.args[2] ?? "";
    const field = (name) => new RegExp(`\\b${name}=([\\w|]+)`).exec(how)?.[1];
    return opened(call, scene, pathOf(scene, call.args[1], call.args[0]), field("flags"), field("mode"));
  },
  creat: (call, scene) => opened(call, scene, pathOf(scene, call.args[0]), "O_WRONLY|O_CREAT|O_TRUNC", call.args[1])
};
function* opened(call, scene, path, flags = "", mode) {
  const has = new Set(flags.split("|"));
  if (has.has("O_PATH")) return yield { access: "look", path };
  if (has.has("O_TMPFILE"))
    return yield { access: "create-file", path: path === null ? null : `${path}/#unnamed`, ...modeOf(mode) };
  if (has.has("O_DIRECTORY")) return yield { access: "list", path };
  if (has.has("O_CREAT") && (path === null || !isThere(scene, path, has))) {
    const isNew = has.has("O_EXCL") || path === null || scene.history.isAbsent(path);
    yield { access: isNew ? "create-file" : "write", path, ...modeOf(mode), ...isNew ? {} : { mayCreate: true } };
    if (!isNew && has.has("O_RDWR")) yield { access: "read", path };
    if (call.result.done && path !== null && isNew) scene.history.made(path);
    return;
  }
  if (has.has("O_WRONLY") || has.has("O_RDWR") || has.has("O_TRUNC")) yield { access: "write", path };
  if (!has.has("O_WRONLY")) yield { access: "read", path };
}
function isThere(scene, path, flags) {
  return !flags.has("O_EXCL") && scene.history.isMade(path) && !scene.history.isAbsent(path);
}

// src/proof/trace/path-calls.ts
var PATH_CALLS = {
  mkdir: (call, scene) => made(call, scene, "create-directory", pathOf(scene, call.args[0]), call.args[1]),
  mkdirat: (call, scene) => made(call, scene, "create-directory", pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  mknod: (call, scene) => made(call, scene, "create-file", pathOf(scene, call.args[0]), call.args[1]),
  mknodat: (call, scene) => made(call, scene, "create-file", pathOf(scene, call.args[1], call.args[0]), call.args[2]),
  link: (call, scene) => made(call, scene, "create-file", pathOf(scene, call.args[1])),
  linkat: (call, scene) => made(call, scene, "create-file", pathOf(scene, call.args[3], call.args[2])),
  symlink: (call, scene) => made(call, scene, "create-file", pathOf(scene, call.args[1]), void 0, call.args[0]),
  symlinkat: (call, scene) => made(call, scene, "create-file", pathOf(scene, call.args[2], call.args[1]), void 0, call.args[0]),
  unlink: (call, scene) => removed(call, scene, pathOf(scene, call.args[0])),
  rmdir: (call, scene) => removed(call, scene, pathOf(scene, call.args[0])),
  unlinkat: (call, scene) => removed(call, scene, pathOf(scene, call.args[1], call.args[0])),
  rename: (call, scene) => renamed(call, scene, pathOf(scene, call.args[0]), pathOf(scene, call.args[1])),
  renameat: (call, scene) => renamed(call, scene, pathOf(scene, call.args[1], call.args[0]), pathOf(scene, call.args[3], call.args[2])),
  renameat2: (call, scene) => renamed(call, scene, pathOf(scene, call.args[1], call.args[0]), pathOf(scene, call.args[3], call.args[2])),
  truncate: (call, scene) => [{ access: "write", path: pathOf(scene, call.args[0]) }],
  chmod: (call, scene) => [{ access: "change-mode", path: pathOf(scene, call.args[0]), ...modeOf(call.args[1]) }],
  fchmod: (call) => behind(call.args[0], { access: "change-mode", ...modeOf(call.args[1]) }),
  fchmodat: (call, scene) => named(scene, call, { access: "change-mode", ...modeOf(call.args[2]) }),
  fchmodat2: (call, scene) => named(scene, call, { access: "change-mode", ...modeOf(call.args[2]) }),
  chown: (call, scene) => [{ path: pathOf(scene, call.args[0]), ...owner(call.args[1], call.args[2]) }],
  lchown: (call, scene) => [{ path: pathOf(scene, call.args[0]), ...owner(call.args[1], call.args[2]) }],
  fchown: (call) => behind(call.args[0], owner(call.args[1], call.args[2])),
  fchownat: (call, scene) => named(scene, call, owner(call.args[2], call.args[3])),
  utime: (call, scene) => [{ access: times(call.args[1]), path: pathOf(scene, call.args[0]) }],
  utimes: (call, scene) => [{ access: times(call.args[1]), path: pathOf(scene, call.args[0]) }],
  futimesat: (call, scene) => named(scene, call, { access: times(call.args[2]) }),
  utimensat: (call, scene) => named(scene, call, { access: times(call.args[2]) })
};
function* made(call, scene, access, path, mode, target) {
  const link = quotedText(target);
  const device = /S_IF(CHR|BLK)/.test(mode ?? "") ? { capability: "MKNOD" } : {};
  yield { access, path, ...modeOf(mode), ...link === null ? {} : { link }, ...device };
  if (call.result.done && path !== null) scene.history.made(path);
}
function* removed(call, scene, path) {
  yield { access: "remove", path };
  if (call.result.done && path !== null) scene.history.absent(path);
}
function* renamed(call, scene, from, to) {
  if (from === null || to === null) return yield { access: "rename", path: null };
  yield { access: "rename", path: from, to };
  if (!call.result.done) return;
  scene.history.renamed(from, to, call.args[4]?.includes("RENAME_EXCHANGE") ?? false);
  scene.processes.moved(from, to);
}
function* named(scene, call, told) {
  const [directory, path] = call.args;
  if (path !== '""' && path !== "NULL") return yield { ...told, path: pathOf(scene, path, directory) };
  if (directory?.startsWith("AT_FDCWD"))
    return yield { ...told, path: annotatedPath(directory) ?? scene.process.place.cwd };
  yield* behind(directory, told);
}
function owner(uid, gid) {
  const ids2 = { uid: idOf(uid), gid: idOf(gid) };
  return {
    access: "change-owner",
    ...ids2.uid === void 0 ? {} : { uid: ids2.uid },
    ...ids2.gid === void 0 ? {} : { gid: ids2.gid },
    capability: "CHOWN"
  };
}
function times(argument) {
  return argument === void 0 || argument === "NULL" || argument === "[UTIME_NOW, UTIME_NOW]" ? "write" : "change-times";
}

// src/proof/trace/path-history.ts
function pathHistory() {
  const root = { state: null, below: null };
  const find = (path) => {
    let node = root;
    for (const part of parts(path)) {
      node = node.below?.get(part);
      if (node === void 0) return null;
    }
    return node;
  };
  const reach = (path) => {
    let node = root;
    for (const part of parts(path)) {
      node.below ??= /* @__PURE__ */ new Map();
      const next = node.below.get(part) ?? { state: null, below: null };
      node.below.set(part, next);
      node = next;
    }
    return node;
  };
  const replace = (path, by) => {
    const node = reach(path);
    node.state = by.state;
    node.below = by.below;
  };
  const isMade = (path) => {
    let node = root;
    for (const part of parts(path)) {
      if (node?.state === "made") return true;
      node = node?.below?.get(part);
    }
    return node?.state === "made";
  };
  return {
    absent: (path) => replace(path, { state: "absent", below: null }),
    made(path) {
      reach(path).state = "made";
    },
    renamed(from, to, exchange) {
      const moving = { ...find(from) ?? unknown };
      const replaced = { ...find(to) ?? unknown };
      replace(to, { ...moving, state: moving.state ?? "there" });
      replace(from, exchange ? { ...replaced, state: replaced.state ?? "there" } : { state: "absent", below: null });
    },
    isAbsent(path) {
      const state = find(path)?.state ?? null;
      return state === "absent" || state === null && isMade(path);
    },
    isMade
  };
}
var unknown = { state: null, below: null };
function parts(path) {
  return path.split("/").filter((part) => part !== "");
}

// src/proof/trace/privilege-calls.ts
var PRIVILEGE_CALLS = {
  setuid: (call, scene) => switchedUser(call, scene, idOf(call.args[0])),
  setreuid: (call, scene) => switchedUser(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setresuid: (call, scene) => switchedUser(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setfsuid: (call, scene) => switchedUser(call, scene, idOf(call.args[0]), false),
  setgid: (call, scene) => switchedGroup(call, scene, idOf(call.args[0])),
  setregid: (call, scene) => switchedGroup(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setresgid: (call, scene) => switchedGroup(call, scene, idOf(call.args[1]) ?? idOf(call.args[0])),
  setfsgid: (call, scene) => switchedGroup(call, scene, idOf(call.args[0]), false),
  setgroups: (call) => {
    const groups = (call.args[1] ?? "").match(/\d+/g)?.map(Number) ?? [];
    return [{ access: "switch-user", path: null, groups, capability: "SETGID" }];
  },
  /** Asked by every program that a setuid bit made root: the only sign of it in a trace. */
  geteuid: (call, scene) => {
    if (call.result.done) scene.process.uid = call.result.value;
    return [];
  },
  mount: (call, scene) => [{ access: "mount", path: pathOf(scene, call.args[1]), capability: "SYS_ADMIN" }],
  umount2: (call, scene) => [{ access: "mount", path: pathOf(scene, call.args[0]), capability: "SYS_ADMIN" }],
  pivot_root: (call, scene) => [{ access: "mount", path: pathOf(scene, call.args[0]), capability: "SYS_ADMIN" }],
  move_mount: (call, scene) => [
    { access: "mount", path: pathOf(scene, call.args[3], call.args[2]), capability: "SYS_ADMIN" }
  ],
  unshare: (call) => newNamespace(call.args[0]) ? used("SYS_ADMIN") : [],
  setns: () => used("SYS_ADMIN"),
  sethostname: () => used("SYS_ADMIN"),
  setdomainname: () => used("SYS_ADMIN"),
  settimeofday: () => used("SYS_TIME"),
  clock_settime: () => used("SYS_TIME"),
  clock_adjtime: (call) => call.args[1]?.startsWith("{modes=0,") ? [] : used("SYS_TIME"),
  adjtimex: (call) => call.args[0]?.startsWith("{modes=0,") ? [] : used("SYS_TIME"),
  init_module: () => used("SYS_MODULE"),
  finit_module: () => used("SYS_MODULE"),
  reboot: () => used("SYS_BOOT"),
  setpriority: (call) => call.args[2]?.startsWith("-") ? used("SYS_NICE") : [],
  sched_setscheduler: (call) => /SCHED_(FIFO|RR)/.test(call.args[1] ?? "") ? used("SYS_NICE") : [],
  prctl: (call) => /^PR_(CAPBSET_DROP|SET_SECUREBITS)$/.test(call.args[0] ?? "") ? used("SETPCAP") : [],
  capset: (call) => call.result.done ? [] : used("SETPCAP"),
  setrlimit: (call, scene) => limited(call, scene, call.args[0], call.args[1]),
  prlimit64: (call, scene) => limited(call, scene, call.args[1], call.args[2], call.args[3]),
  kill: (call, scene) => {
    const target = scene.processes.uidOf(Number(call.args[0]));
    const mine = scene.process.uid;
    return target === null || mine === null || target === mine ? [] : used("KILL");
  }
};
function newNamespace(flags) {
  return /CLONE_NEW/.test(flags ?? "") && !/CLONE_NEWUSER/.test(flags ?? "");
}
function used(capability) {
  return [{ access: "use-capability", path: null, capability }];
}
function* switchedUser(call, scene, uid, effective = true) {
  if (uid === void 0) return;
  yield { access: "switch-user", path: null, uid, capability: "SETUID" };
  if (call.result.done && effective) scene.process.uid = uid;
}
function* switchedGroup(call, scene, gid, effective = true) {
  if (gid === void 0) return;
  yield { access: "switch-user", path: null, gid, capability: "SETGID" };
  if (call.result.done && effective) scene.process.gid = gid;
}
function limited(call, scene, resource = "", to = "", before = "") {
  const known = hardLimit(before) ?? scene.limits.get(resource);
  const wanted = hardLimit(to);
  if (call.result.done) scene.limits.set(resource, wanted ?? known ?? Number.POSITIVE_INFINITY);
  if (wanted === null) return [];
  return !call.result.done || known !== void 0 && wanted > known ? used("SYS_RESOURCE") : [];
}
function hardLimit(argument) {
  const text = /rlim_max=([^}]+)/.exec(argument)?.[1];
  if (text === void 0) return null;
  const [number = "", factor = "1"] = text.split("*");
  return /^\d/.test(number) ? Number(number) * Number(factor) : Number.POSITIVE_INFINITY;
}

// src/proof/trace/processes.ts
var CLONES = /^(clone3?|v?fork)$/;
function processTable(cwd, uid, gid) {
  const alive = /* @__PURE__ */ new Set();
  const latest = /* @__PURE__ */ new Map();
  const seen = [];
  const cloning = [];
  const add = (process2, startedAt, thread) => {
    const entry = { process: process2, thread, startedAt };
    alive.add(process2);
    latest.set(process2.pid, entry);
    seen.push(entry);
    return process2;
  };
  const living = (pid) => {
    const process2 = pid === void 0 ? void 0 : latest.get(pid)?.process;
    return process2 && alive.has(process2) ? process2 : void 0;
  };
  const guessed = (pid) => {
    const parent = living(cloning.at(-1));
    const base = parent ? childOf(parent, pid, "") : { pid, parent: null, place: { cwd, root: "" }, uid, gid, program: { path: null }, guess: null };
    return { ...base, guess: seen.length === 0 ? null : base.place.cwd };
  };
  return {
    of: (pid, at) => living(pid) ?? add(guessed(pid), at, false),
    cloneBegins: (pid) => void cloning.push(pid),
    cloneEnds({ pid, at, text, result }) {
      const index = cloning.lastIndexOf(pid);
      if (index >= 0) cloning.splice(index, 1);
      const parent = living(pid);
      if (!result.done || !parent) return;
      const thread = text.includes("CLONE_THREAD");
      const entry = latest.get(result.value);
      if (entry && entry.process.guess !== null) {
        entry.thread = thread;
        settle(entry.process, parent, text);
      } else if (!living(result.value)) add(childOf(parent, result.value, text), at, thread);
    },
    gone(pid) {
      const process2 = living(pid);
      if (process2) alive.delete(process2);
    },
    exits(pid) {
      if (living(pid)?.program !== living(1)?.program) return;
      alive.clear();
      cloning.length = 0;
    },
    moved(from, to) {
      for (const place of new Set([...alive].map((process2) => process2.place))) {
        if (place.cwd === from || place.cwd.startsWith(`${from}/`)) place.cwd = to + place.cwd.slice(from.length);
      }
    },
    uidOf: (pid) => living(pid)?.uid ?? null,
    tree: () => seen.map(({ process: process2, thread, startedAt }) => {
      return { pid: process2.pid, parent: process2.parent, thread, startedAt, program: process2.program.path };
    })
  };
}
function childOf(parent, pid, call) {
  const { uid, gid } = parent;
  return {
    pid,
    parent: parent.pid,
    place: placeOf(parent, call),
    uid,
    gid,
    program: programOf(parent, call),
    guess: null
  };
}
function settle(child, parent, call) {
  const unmoved = child.place.cwd === child.guess;
  const right = child.parent === parent.pid;
  child.guess = null;
  child.parent = parent.pid;
  if (call.includes("CLONE_FS") || !right && unmoved) child.place = placeOf(parent, call);
  if (call.includes("CLONE_THREAD")) child.program = parent.program;
  if (right) return;
  child.uid = parent.uid;
  child.gid = parent.gid;
}
function placeOf(parent, call) {
  return call.includes("CLONE_FS") ? parent.place : { ...parent.place };
}
function programOf(parent, call) {
  return call.includes("CLONE_THREAD") ? parent.program : { path: parent.program.path };
}

// src/proof/trace/trace-line.ts
var START = /^(\d+) +(\d+\.\d+) +/;
function readLine(line) {
  const start = START.exec(line);
  if (!start) return null;
  const pid = Number(start[1]);
  const at = Number(start[2]);
  const text = line.slice(start[0].length);
  if (text.startsWith("+++")) {
    const thread = /^\+\+\+ superseded by execve in pid (\d+)/.exec(text)?.[1];
    return thread === void 0 ? { kind: "gone", pid, at } : { kind: "superseded", pid, at, thread: Number(thread) };
  }
  if (text.startsWith("---")) return null;
  if (text.startsWith("<... ")) {
    const rest = text.indexOf(" resumed>");
    return rest < 0 ? null : { kind: "resumed", pid, at, text: text.slice(rest + " resumed>".length) };
  }
  const cut = text.endsWith(">") ? / ?<(?:unfinished|pid changed to \d+) \.\.\.>$/.exec(text) : null;
  if (cut) return { kind: "unfinished", pid, at, text: text.slice(0, cut.index) };
  return { kind: "call", pid, at, text };
}
function readCall(pid, at, text) {
  const open3 = text.indexOf("(");
  if (open3 <= 0) return null;
  const args = [];
  const close = cutArguments(text, open3 + 1, args);
  if (close < 0) return null;
  const equals = text.indexOf("= ", close);
  if (equals < 0) return null;
  return {
    pid,
    at,
    name: text.slice(0, open3),
    args,
    result: readResult(text.slice(equals + 2)),
    text: text.slice(0, close + 1)
  };
}
function readResult(text) {
  if (text.startsWith("-1 ")) return { done: false, errno: text.slice(3).split(" ", 1)[0] ?? "", value: -1, text };
  if (text.startsWith("?")) return { done: false, errno: "", value: -1, text };
  return { done: true, errno: "", value: Number.parseInt(text, 10), text };
}
function cutArguments(text, index, args) {
  let depth = 0;
  let start = index;
  for (let i2 = index; i2 < text.length; i2 += 1) {
    const char = text[i2];
    if (char === '"') i2 = endOfString(text, i2);
    else if (char === "<") {
      if (text[i2 + 1] === "<") i2 += 1;
      else if (/[\dD]/.test(text[i2 - 1] ?? "")) {
        i2 = text.indexOf(">", i2);
        if (i2 < 0) return -1;
      }
    } else if (char === "(" || char === "[" || char === "{") depth += 1;
    else if (depth > 0 && (char === ")" || char === "]" || char === "}")) depth -= 1;
    else if (depth === 0 && (char === "," || char === ")")) {
      const argument = text.slice(start, i2).trim();
      if (argument !== "" || char === ",") args.push(argument);
      if (char === ")") return i2;
      start = i2 + 1;
    }
  }
  return -1;
}
function endOfString(text, open3) {
  for (let i2 = open3 + 1; i2 < text.length; i2 += 1) {
    if (text[i2] === "\\") i2 += 1;
    else if (text[i2] === '"') return i2;
  }
  return text.length;
}

// src/proof/trace/parse-trace.ts
var HANDLERS = {
  ...OPEN_CALLS,
  ...PATH_CALLS,
  ...LOOK_CALLS,
  ...NETWORK_CALLS,
  ...PRIVILEGE_CALLS
};
var TRACED_CALLS = [
  ...Object.keys(HANDLERS),
  "clone",
  "clone3",
  "fork",
  "vfork",
  "exit_group"
];
var REFUSED = /* @__PURE__ */ new Set(["EACCES", "EPERM", "EROFS"]);
var PATHLESS = /* @__PURE__ */ new Set(["bind", "listen", "switch-user", "use-capability"]);
var TELLS_ABSENCE = /* @__PURE__ */ new Set([
  "look",
  "read",
  "list",
  "write",
  "create-file",
  "remove",
  "traverse"
]);
var LONGEST_DETAIL = 156;
function traceReader(options) {
  const processes2 = processTable(options.cwd, options.uid, options.gid ?? null);
  const shared = { processes: processes2, history: pathHistory(), sockets: /* @__PURE__ */ new Map(), limits: /* @__PURE__ */ new Map() };
  const pending = /* @__PURE__ */ new Map();
  const superseded = /* @__PURE__ */ new Set();
  let lost = 0;
  const take = (call) => {
    const process2 = processes2.of(call.pid, call.at);
    if (CLONES.test(call.name)) {
      processes2.cloneEnds(call);
      const namespace = newNamespace(call.text) ? { access: "use-capability", path: null, capability: "SYS_ADMIN" } : null;
      return namespace && settled2(call) ? [operationOf(namespace, call, whoOf(process2))] : [];
    }
    if (call.name === "exit_group") processes2.exits(call.pid);
    const handler = HANDLERS[call.name];
    if (!handler || !(settled2(call) || call.result.errno === "ENOENT")) return [];
    const who = whoOf(process2);
    const scene = { ...shared, process: process2 };
    const operations = [];
    for (const told of handler(call, scene)) {
      if (told.path === null && !PATHLESS.has(told.access)) {
        if (settled2(call)) lost += 1;
        continue;
      }
      if (told.path !== null && isIn(told.path, options.ignore)) continue;
      if (call.result.errno === "ENOENT") {
        if (told.path !== null && TELLS_ABSENCE.has(told.access)) shared.history.absent(told.path);
        continue;
      }
      const made2 = told.path !== null && shared.history.isMade(told.path);
      operations.push(operationOf(made2 ? { ...told, made: made2 } : told, call, who));
    }
    return operations;
  };
  return {
    read(line) {
      const read = readLine(line);
      if (read === null) return [];
      const { pid, at } = read;
      switch (read.kind) {
        case "gone":
          pending.delete(pid);
          processes2.gone(pid);
          return [];
        case "superseded": {
          const begun = pending.get(read.thread);
          if (begun) pending.set(pid, begun);
          pending.delete(read.thread);
          processes2.gone(read.thread);
          superseded.add(pid);
          return [];
        }
        case "unfinished":
          processes2.of(pid, at);
          pending.set(pid, { at, text: read.text });
          if (CLONES.test(read.text.slice(0, read.text.indexOf("(")))) processes2.cloneBegins(pid);
          return [];
        case "resumed": {
          const begun = pending.get(pid);
          pending.delete(pid);
          const call = begun ? readCall(pid, begun.at, begun.text + read.text) : null;
          if (call === null) return [];
          return take(
            superseded.delete(pid) ? { ...call, result: { done: true, errno: "", value: 0, text: "0" } } : call
          );
        }
        case "call": {
          const call = readCall(pid, at, read.text);
          return call === null ? [] : take(call);
        }
      }
    },
    processes: () => processes2.tree(),
    lost: () => lost
  };
}
function settled2(call) {
  return call.result.done || REFUSED.has(call.result.errno);
}
function whoOf(process2) {
  return {
    ...process2.program.path === null ? {} : { by: process2.program.path },
    ...process2.uid === null ? {} : { as: process2.uid }
  };
}
function operationOf(told, call, who) {
  const { done } = call.result;
  const outcome = done ? { outcome: "done", source: "traced" } : { outcome: "refused", source: "refused" };
  return { ...told, ...outcome, detail: detailOf(call), ...who, pid: call.pid, at: call.at };
}
function detailOf({ text, result }) {
  const call = text.replace(/AT_FDCWD(<[^>]*>(\(deleted\))?)?, /, "");
  const error = result.done ? "" : ` = -1 ${result.errno}`;
  return call.length + error.length <= LONGEST_DETAIL ? call + error : `${call.slice(0, LONGEST_DETAIL - 3 - error.length)}...${error}`;
}
function isIn(path, folder) {
  return path === folder || path.startsWith(`${folder}/`);
}

// src/proof/trace/summarise.ts
var PER_PROCESS = /* @__PURE__ */ new Set(["switch-user", "chroot", "mount", "use-capability"]);
function summary() {
  const rows = /* @__PURE__ */ new Map();
  return {
    add(operation) {
      const key = keyOf(operation);
      const row = rows.get(key);
      if (row) row.times += operation.times ?? 1;
      else rows.set(key, { first: operation, times: operation.times ?? 1 });
    },
    all: () => [...rows.values()].map(({ first, times: times2 }) => times2 === 1 ? first : { ...first, times: times2 })
  };
}
function keyOf(o) {
  const pid = PER_PROCESS.has(o.access) ? o.pid : "";
  const what = [o.access, o.path, o.to, o.link, o.asked, o.mayCreate, o.made, o.outcome, o.by, o.as];
  return [...what, o.port, o.protocol, o.uid, o.gid, o.groups?.join(), o.mode, o.capability, pid].join("\0");
}

// src/proof/trace/trace-file.ts
var BLOCK = 512;
async function* linesOfFile(tar) {
  let rest = "";
  for await (const text of fileText(tar)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
async function* fileText(tar) {
  let held = Buffer.alloc(0);
  let skip = 0;
  let left = null;
  for await (const chunk of tar) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, Buffer.from(chunk)]);
    while (left === null && held.length >= skip + BLOCK) {
      const header = held.subarray(skip, skip + BLOCK);
      const size = sizeOf(header);
      held = held.subarray(skip + BLOCK);
      const isFile = header[156] === 0 || header[156] === 48;
      if (isFile) left = size;
      else skip = Math.ceil(size / BLOCK) * BLOCK;
    }
    if (left === null) continue;
    const text = held.subarray(0, left);
    left -= text.length;
    held = Buffer.alloc(0);
    if (text.length > 0) yield text.toString("latin1");
  }
}
function sizeOf(header) {
  if ((header[124] ?? 0) & 128) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(header.toString("latin1", 124, 136).replace(/\0.*$/s, "").trim() || "0", 8);
}

// src/proof/trace/tracer-layout.ts
var TRACER_FOLDER = "/.harden-trace";
var TRACER_LOADER = `${TRACER_FOLDER}/ld.so`;
var TRACER_LIBRARIES = `${TRACER_FOLDER}/lib`;
var TRACER_BINARY = `${TRACER_FOLDER}/strace`;
var TRACE_FILE = `${TRACER_FOLDER}/out/trace`;

// src/proof/trace/traced-spec.ts
function commandOf(spec, config) {
  const given = spec.command ?? [];
  if (spec.entrypoint !== void 0) return [...spec.entrypoint === "" ? [] : [spec.entrypoint], ...given];
  return [...config.entrypoint ?? [], ...given.length > 0 ? given : config.cmd ?? []];
}
var LOADER_VARIABLES = ["LD_PRELOAD", "LD_AUDIT"];
function tracedSpec(spec, config, tracerContainer, mode = {}) {
  const argv = commandOf(spec, config);
  if (argv.length === 0) return spec;
  const preloads = LOADER_VARIABLES.flatMap((name) => {
    const value = spec.env?.[name] ?? config.env.get(name);
    return value === void 0 || value === "" ? [] : [{ name, value }];
  });
  const strace = [
    ...["-DDD", "-f", "-y", "-ttt", "-qq", "-s", "200", "-e", "signal=none"],
    ...mode.faithful ? [] : ["--seccomp-bpf"],
    ...preloads.flatMap(({ name, value }) => ["-E", `${name}=${value}`]),
    // Appended, so that a stop and start of the same container is one trace.
    ...["-A", "-o", TRACE_FILE],
    // `?`: not every architecture has every call.
    ...["-e", `trace=${TRACED_CALLS.map((call) => `?${call}`).join()}`]
  ];
  return {
    ...spec,
    ...preloads.length === 0 ? {} : { env: { ...spec.env, ...Object.fromEntries(preloads.map(({ name }) => [name, ""])) } },
    ...hasNoCapabilities(spec) ? {} : { capAdd: [...spec.capAdd ?? [], "SYS_PTRACE"] },
    volumesFrom: [...spec.volumesFrom ?? [], tracerContainer],
    entrypoint: TRACER_LOADER,
    command: ["--library-path", TRACER_LIBRARIES, TRACER_BINARY, ...strace, "--", ...argv]
  };
}
function hasNoCapabilities(spec) {
  return (spec.capDrop?.some((name) => name.toUpperCase() === "ALL") ?? false) && (spec.capAdd ?? []).length === 0;
}

// src/proof/trace/tracer-image.ts
import { createHash } from "node:crypto";
import { rm as rm4 } from "node:fs/promises";

// src/proof/trace/host-tracer.ts
import { execFile } from "node:child_process";
import { chmod, copyFile as copyFile2, mkdir as mkdir2, mkdtemp as mkdtemp3, rm as rm3 } from "node:fs/promises";
import { tmpdir as tmpdir3 } from "node:os";
import { basename, delimiter, join as join3 } from "node:path";
import { promisify } from "node:util";
var run = promisify(execFile);
var OLDEST = 5.3;
function sharedObjects(ldd) {
  const libraries = [];
  let loader = null;
  for (const line of ldd.split("\n")) {
    const library = /=> (\/\S+)/.exec(line)?.[1];
    const alone = /^\s*(\/\S*\/ld[^/\s]*) \(/.exec(line)?.[1];
    if (library !== void 0) libraries.push(library);
    else if (alone !== void 0) loader = alone;
  }
  return { libraries, loader };
}
async function collectHostTracer() {
  const strace = await findStrace();
  const { stdout } = await run("ldd", [strace]);
  const { libraries, loader } = sharedObjects(stdout);
  if (loader === null) throw new Error(`${strace} names no loader`);
  const context = await mkdtemp3(join3(tmpdir3(), "harden-image-tracer-"));
  try {
    const folder = join3(context, "tree", TRACER_FOLDER);
    await mkdir2(join3(folder, "lib"), { recursive: true });
    await mkdir2(join3(folder, "out"));
    for (const made2 of ["tree", `tree${TRACER_FOLDER}`, `tree${TRACER_FOLDER}/lib`])
      await chmod(join3(context, made2), 493);
    await chmod(join3(folder, "out"), 1023);
    await copy(strace, join3(folder, "strace"));
    await copy(loader, join3(folder, "ld.so"));
    for (const library of libraries) await copy(library, join3(folder, "lib", basename(library)));
    return context;
  } catch (error) {
    await rm3(context, { recursive: true, force: true });
    throw error;
  }
}
async function findStrace() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join3(folder, "strace");
    const version = await run(path, ["-V"]).then(
      ({ stdout }) => Number.parseFloat(/version (\d+\.\d+)/.exec(stdout)?.[1] ?? 0),
      () => null
    );
    if (version === null) continue;
    if (version >= OLDEST) return path;
    throw new Error(`${path} is older than ${OLDEST}`);
  }
  throw new Error("no strace is installed");
}
async function copy(from, to) {
  await copyFile2(from, to);
  await chmod(to, 493);
}

// src/proof/trace/tracer-image.ts
var LABEL = "harden-image.tracer";
var DEFAULT_BASE = "debian:trixie-slim";
var BASES = [
  DEFAULT_BASE,
  ...["debian:trixie", "debian:stable-slim", "debian:latest", "debian:bookworm-slim", "debian:bookworm"],
  ...["ubuntu:latest", "ubuntu:24.04", "ubuntu:22.04"]
];
var FINAL = `FROM scratch
COPY --from=files /tree /
VOLUME ${TRACER_FOLDER}
`;
var FROM_PACKAGES = `ARG BASE=${DEFAULT_BASE}
FROM \${BASE} AS files
USER 0
RUN apt-get update && apt-get install -y --no-install-recommends strace
RUN set -e; t=/tree${TRACER_FOLDER}; mkdir -p $t/lib; mkdir -m 1777 $t/out; \\
    cp -L "$(command -v strace)" $t/strace; \\
    ldd $t/strace | sed -n 's/.*=> \\(\\/[^ ]*\\).*/\\1/p' | xargs -I{} cp -L {} $t/lib/; \\
    cp -L "$(ldd $t/strace | sed -n 's/^[[:space:]]*\\(\\/[^ ]*ld[^ ]*\\) .*/\\1/p')" $t/ld.so
${FINAL}`;
var FROM_HOST = `FROM scratch AS files
COPY tree /tree
${FINAL}`;
var recipe = createHash("sha256").update(FROM_PACKAGES).digest("hex").slice(0, 12);
var TRACER_IMAGE = `harden-image/tracer:${recipe}`;
var sessions = /* @__PURE__ */ new WeakMap();
function ensureTracer(engine) {
  const known = sessions.get(engine);
  if (known) return known;
  const tracer = findOrBuild(engine);
  sessions.set(engine, tracer);
  return tracer;
}
async function findOrBuild(engine) {
  const reasons = [];
  const attempt = async (what, make) => {
    try {
      return await make();
    } catch (error) {
      reasons.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  };
  const made2 = await attempt("looking for it", () => isKept(engine)) || await attempt("from an image that is here", async () => {
    const base = await localBase(engine);
    return base !== null && await buildFromPackages(engine, base);
  }) || engine.local && await attempt("from this machine's strace", () => buildFromHost(engine)) || await attempt(`from ${DEFAULT_BASE}`, () => pullAndBuild(engine));
  if (made2) return { known: true, value: TRACER_IMAGE };
  return { known: false, reason: `the tracer image could not be made: ${reasons.join("; ") || "no way to"}` };
}
async function isKept(engine) {
  const image = await engine.inspectImage(TRACER_IMAGE);
  return image?.config.labels.get(LABEL) === recipe;
}
async function localBase(engine) {
  for (const base of BASES) if (await engine.inspectImage(base)) return base;
  return null;
}
async function buildFromPackages(engine, base) {
  await engine.build({
    dockerfile: labelled(FROM_PACKAGES),
    context: null,
    tag: TRACER_IMAGE,
    buildArgs: { BASE: base },
    keep: true
  });
  return true;
}
async function pullAndBuild(engine) {
  if (await engine.inspectImage(DEFAULT_BASE)) return false;
  await engine.pull(DEFAULT_BASE);
  return buildFromPackages(engine, DEFAULT_BASE);
}
async function buildFromHost(engine, tag = TRACER_IMAGE) {
  const context = await collectHostTracer();
  try {
    await engine.build({ dockerfile: labelled(FROM_HOST), context, tag, keep: true });
    return true;
  } finally {
    await rm4(context, { recursive: true, force: true });
  }
}
function labelled(dockerfile) {
  return `${dockerfile}LABEL ${LABEL}=${recipe}
`;
}

// src/proof/trace/trace.ts
async function traceRun(engine, config, spec, mode = {}) {
  const image = await ensureTracer(engine);
  if (!image.known) return image;
  const tracer = await engine.create({ image: image.value, command: [TRACER_BINARY] });
  const container = await engine.create(tracedSpec(spec, config, tracer, mode));
  await engine.start(container);
  const read = async ({ since = 0 } = {}) => {
    const reader = traceReader({
      cwd: config.workdir,
      ...startIdentity(spec.user ?? config.user),
      ignore: TRACER_FOLDER
    });
    const rows = summary();
    const lines = await engine.copyOut(
      tracer,
      TRACE_FILE,
      (tar) => readAll(linesOfFile(tar), reader, (operation) => {
        if ((operation.at ?? 0) >= since) rows.add(operation);
      })
    );
    if (!lines) return { known: false, reason: await whyEmpty(engine, container) };
    return { known: true, value: { operations: rows.all(), processes: reader.processes(), lost: reader.lost() } };
  };
  const operations = async (options) => {
    const trace = await read(options);
    return trace.known ? { known: true, value: trace.value.operations } : trace;
  };
  return { known: true, value: { container, tracer, read, operations } };
}
async function readAll(lines, reader, tell) {
  let count = 0;
  for await (const line of lines) {
    count += 1;
    for (const operation of reader.read(line)) tell(operation);
  }
  return count;
}
function startIdentity(user) {
  const [uid = "", gid = ""] = user.split(":");
  if (uid === "" || uid === "root") return { uid: 0, gid: gid === "" ? 0 : numberOf(gid) };
  return { uid: numberOf(uid), gid: numberOf(gid) };
}
function numberOf(text) {
  return /^\d+$/.test(text) ? Number(text) : null;
}
async function whyEmpty(engine, container) {
  const state = await engine.state(container);
  const said = (await engine.logs(container)).split("\n").find((line) => line.startsWith(`${TRACER_BINARY}: `));
  const why = said?.slice(TRACER_BINARY.length + 2) ?? (state.error || `the container is ${state.status}`);
  return `strace wrote nothing: ${why}`;
}

// ../../tmp/tr/run.ts
import { setTimeout as sl } from "node:timers/promises";
var e = await openEngine("docker");
var t0 = performance.now();
var img = process.argv[2];
var i = await e.inspectImage(img);
var r = await traceRun(e, i.config, { image: img, ...JSON.parse(process.argv[3] ?? "{}") });
console.log(performance.now() - t0);
if (!r.known) console.log(r);
else {
  await sl(1500);
  const t = await r.value.read();
  console.log(t.known ? [t.value.operations.length, t.value.lost, t.value.processes] : t);
  console.log(await e.processes(r.value.container));
  console.log(await e.stop(r.value.container, 5), await e.state(r.value.container));
  const u = await r.value.read();
  console.log(u.known ? [u.value.operations.length] : u);
  await e.start(r.value.container);
  await sl(1e3);
  const v = await r.value.read();
  console.log(v.known ? [v.value.operations.length, v.value.operations.filter((o) => o.access === "execute")] : v);
  console.log(await e.logs(r.value.container));
}
await e.cleanUp();
