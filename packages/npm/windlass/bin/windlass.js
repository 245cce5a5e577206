#!/usr/bin/env node
// Runs the binary of this platform's package: its output, its signals, its exit code.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const platform = `${process.platform}-${process.arch}`;
let binary;
try {
  binary = require.resolve(`@windlass-db/${platform}/bin/windlass`);
} catch {
  console.error(`error: there is no binary of windlass for ${platform} here`);
  console.error("hint: install without --omit=optional; or `cargo install windlass-cli`");
  process.exit(1);
}

const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"]) {
  // A terminal sends SIGINT to both; the binary decides what becomes of it.
  process.on(signal, () => signal !== "SIGINT" || !process.stdin.isTTY ? child.kill(signal) : undefined);
}
child.on("error", (error) => {
  console.error(`error: failed to run ${binary}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  process.exit(signal ? 128 + constants.signals[signal] : code);
});
