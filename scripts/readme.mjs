// Runs the README's commands word for word against a fresh `make run`, and compares what they answer with what it
// says. In an answer that the README shows, … stands for anything and white space counts for nothing.
//
// Blocks of `sh` are commands. The first starts the server and stays; `make test` is left to whoever runs this. All
// the others run in one shell, in order; a block of `json` after one is its answer.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import net from "node:net";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = mkdtempSync(join(tmpdir(), "allthrive-readme-"));
let server;

function stop() {
  try {
    if (server?.pid) process.kill(-server.pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
  rmSync(folder, { recursive: true, force: true });
}

function fail(...lines) {
  console.error(["readme:", ...lines].join(" "));
  stop();
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => fail(signal));

const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```(sh|json)\n(.*?)^```$/gms)].map(([, kind, text]) => ({ kind, text }));
const [start, ...rest] = blocks;
if (start?.kind !== "sh" || start.text !== "make run\n") fail("the first command is not `make run`");
if (!rest.some(({ text }) => text === "make test\n")) fail("`make test` is not in it");
const steps = [];
for (const { kind, text } of rest) {
  if (text === "make test\n") continue;
  if (kind === "sh") steps.push({ commands: text });
  else if (!steps.length || "answer" in steps.at(-1)) fail("an answer without commands:", text);
  else steps.at(-1).answer = text;
}
if (steps.length < 6 || steps.some((step) => !step.answer)) fail("a block of commands without its answer");

const free = (port) =>
  new Promise((resolve) => {
    const probe = net.connect(port, "127.0.0.1");
    probe.on("connect", () => (probe.destroy(), resolve(false)));
    probe.on("error", () => resolve(true));
  });
for (const port of [8000, 12111]) if (!(await free(port))) fail(`port ${port} of 127.0.0.1 is in use`);

// A database of its own: the README begins with none.
const env = { ...process.env, DATABASE_URL: `sqlite:${join(folder, "billing.db")}` };
let said = "";
server = spawn("make", ["run"], { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
server.stdout.on("data", (data) => (said += data));
server.stderr.on("data", (data) => (said += data));
let ended = false;
server.on("exit", () => (ended = true));

const healthy = async () => {
  try {
    return (await fetch("http://127.0.0.1:8000/healthz")).ok;
  } catch {
    return false;
  }
};
const patience = Date.now() + 30 * 60 * 1000;
while (!(await healthy()) || !said.includes("Sign in as")) {
  if (ended) fail("`make run` ended:\n", said);
  if (Date.now() > patience) fail("`make run` does not serve:\n", said);
  await new Promise((resolve) => setTimeout(resolve, 250));
}
for (const promise of ["http://127.0.0.1:8000/api/docs/", "demo@allthrive.example", "demo-password"])
  if (!said.includes(promise)) fail(`\`make run\` did not print ${promise}:\n`, said);

// The catalog is written to the sandbox right after the start; a person is slower than this script.
const seeded = join(folder, "seeded");
for (let i = 0; i < 100 && !existsSync(seeded); i++) {
  const all = await (await fetch("http://127.0.0.1:12111/v1/prices?limit=100", {
    headers: { authorization: "Bearer sk_test_sandbox" },
  })).json();
  if (all.data?.length >= 9) writeFileSync(seeded, "");
  else await new Promise((resolve) => setTimeout(resolve, 100));
}

const script = steps
  .map(({ commands }, i) => `exec > '${join(folder, `answer-${i}`)}'\n${commands}`)
  .join("\n");
const shell = spawnSync("sh", ["-u", "-c", script], { cwd: root, encoding: "utf8", timeout: 120_000 });
if (shell.status !== 0) fail("the commands failed:", shell.stderr);

const bare = (text) => text.replace(/\s+/g, "");
let wrong = 0;
steps.forEach(({ commands, answer }, i) => {
  const got = readFileSync(join(folder, `answer-${i}`), "utf8");
  const pattern = bare(answer)
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*?");
  const fits = new RegExp(`^${pattern}$`, "s").test(bare(got));
  console.log(`readme: ${fits ? "as documented" : "NOT as documented"}: ${commands.trim().split("\n").at(-1)}`);
  if (!fits) {
    wrong += 1;
    console.error(`expected:\n${answer}\ngot:\n${got}`);
  }
});
for (const [, link] of readme.matchAll(/\]\(([^)#]+)/g))
  if (!/^https?:/.test(link) && !existsSync(join(root, link))) {
    wrong += 1;
    console.error(`readme: ${link} does not exist`);
  }

stop();
if (wrong) process.exit(1);
console.log(`readme: ${steps.length} blocks of commands do what the README says`);
