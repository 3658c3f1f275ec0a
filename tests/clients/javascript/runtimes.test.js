// A whole story in each runtime that the machine has, started by `keyfront exec`: what that gives a
// runtime is what reaches the server, since no name with an account resolves here.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { newName } from "./keyfront.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** The folder of a program: of the npm package that carries it for this machine, or on the PATH. */
function folderOf(program, scope, below) {
  const packages = join(HERE, "node_modules", scope);
  const folders = existsSync(packages) ? readdirSync(packages).sort() : [];
  return [
    ...folders.map((folder) => join(packages, folder, below)),
    ...process.env.PATH.split(delimiter),
  ].find((folder) => existsSync(join(folder, program)));
}

const RUNTIMES = {
  node: { folder: dirname(process.execPath), words: ["node", "--no-warnings"] },
  bun: { folder: folderOf("bun", "@oven", "bin"), words: ["bun"] },
  deno: {
    folder: folderOf("deno", "@deno", ""),
    words: ["deno", "run", "--quiet", "--no-lock", "--allow-all"],
  },
};

for (const [runtime, { folder, words }] of Object.entries(RUNTIMES)) {
  const skip = folder ? false : `no ${runtime} on this machine`;
  for (const story of ["sdk", "aws4fetch"]) {
    test(`${story} in ${runtime}`, { skip, timeout: 60_000 }, async (t) => {
      // Bun's preload file and Deno's caches are made below it.
      const home = mkdtempSync(join(tmpdir(), "keyfront-home-"));
      t.after(() => rmSync(home, { recursive: true, force: true }));
      const env = { ...process.env, HOME: home, DENO_NO_UPDATE_CHECK: "1" };
      delete env.XDG_CACHE_HOME;
      env.PATH = folder + delimiter + env.PATH;
      const file = join(HERE, "stories", `${story}.js`);
      const shell = ["sh", "-c", '"$@"', "sh", ...words];
      // By name, and in a shell, of which nothing is known.
      for (const command of [words, shell]) {
        const line = ["exec", "--", ...command, file, newName()];
        const { stdout } = await run(process.env.KEYFRONT_BIN, line, { env, cwd: HERE });
        assert.equal(stdout, "done\n");
      }
    });
  }
}
