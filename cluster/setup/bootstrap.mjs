// @ts-check
/**
 * Where `npm start` and `npm test` begin, on a machine that may have nothing but Node: it checks the machine, installs the
 * npm packages and goes on in TypeScript. Plain JavaScript without dependencies.
 *
 *     node bootstrap.mjs start [arguments for upshift start]
 *     node bootstrap.mjs test [arguments for the tests]
 */
import { spawn } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { thisMachine } from "./machine.mjs";
import { explain, missingOn } from "./requirements.mjs";
import { chooseTarget, existingTargets, inConfig, neededFor, targetIn } from "./target.mjs";

/** @typedef {import("./requirements.mjs").Missing} Missing */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const upshift = path.join(root, "bin", "upshift.mjs");

/** Set once a signal has asked for the end: nothing more is begun, and the exit code says so. @type {number | undefined} */
let stopped;
/** @type {import("node:child_process").ChildProcess | undefined} */
let running;

/** @param {string} command @param {string[]} args @returns {Promise<number>} the exit code */
async function main(command, args) {
    /** @type {unknown} */
    const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
    const { engines } = /** @type {{ engines: { node: string } }} */ (manifest);
    const machine = thisMachine();
    const isTest = command === "test";
    const all = missingOn(machine, engines.node);
    const missing = isTest ? all : neededFor(targetOf(args), all, machine);
    if (missing.some((one) => !isTest || one.for === "anything")) {
        console.error(`upshift can't run here yet. What is missing:\n${explain(missing)}`);
        return 1;
    }
    if (missing.length > 0) {
        console.log(
            `The embedded cluster can't run here; what needs it is left out. What is missing:\n${explain(missing)}\n`,
        );
        process.env.UPSHIFT_MISSING = JSON.stringify(missing);
    }
    // `upshift start` says what it will do before it sets up.
    const steps = isTest
        ? [installPackages, ...setUp(missing, args), node("test/run.mjs", args)]
        : [installPackages, node(upshift, ["start", ...args])];
    for (const step of steps) {
        const code = stopped ?? (await step());
        if (code !== 0) return stopped ?? code;
    }
    return stopped ?? 0;
}

/** The target of `npm start`, as `upshift start` will choose it too. @param {string[]} args */
function targetOf(args) {
    const file = path.join(root, "Pulumi.dev.yaml");
    const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    const existing = existingTargets(path.join(root, ".upshift"), inConfig(text, "cluster") ?? "upshift");
    const { UPSHIFT_TARGET: variable } = process.env;
    return chooseTarget({ flag: targetIn(args), variable, config: inConfig(text, "target"), existing }, thisMachine())
        .target;
}

/**
 * Tools that can't be built are left out of the tests too. For some of the tests there is one more.
 *
 * @param {Missing[]} missing @param {string[]} layers
 */
function setUp(missing, layers) {
    if (missing.some((one) => one.for === "tools")) return [];
    if (layers.includes("official")) process.env.UPSHIFT_OFFICIAL_KUBERNETES = "true";
    return [node(upshift, missing.length > 0 ? ["setup", "--cli-only"] : ["setup", "--for-tests"])];
}

/** @param {string} script @param {string[]} args */
function node(script, args) {
    return () => run(process.execPath, [script, ...args]);
}

/**
 * Installs exactly what the lock file names, when that isn't what is installed. `npm ci` begins by removing all that is
 * there, so only one process of a checkout may do so at a time.
 */
function installPackages() {
    return withLock(path.join(root, ".upshift", "npm.lock"), "which installs the npm packages", install, console.log);
}

/** The stamp is written last: where it is missing, an installation was interrupted. @returns {Promise<number>} the exit code */
async function install() {
    if (stopped !== undefined) return stopped;
    const stampFile = path.join(root, "node_modules", ".upshift-stamp");
    const lock = fs.readFileSync(path.join(root, "package-lock.json"));
    const stamp = crypto.createHash("sha256").update(lock).update(`${process.platform} ${process.arch}`).digest("hex");
    if (!fs.existsSync(stampFile) || fs.readFileSync(stampFile, "utf8") !== stamp) {
        console.log("Installing npm packages from the lock file.");
        const code = await run(...endsWithUs("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"]));
        if (code !== 0) return code;
        fs.writeFileSync(stampFile, stamp);
    }
    linkUpshift();
    return 0;
}

/** npm links the programs of dependencies only; with this, `npx upshift` starts the project's own. */
function linkUpshift() {
    const link = path.join(root, "node_modules", ".bin", "upshift");
    const target = path.relative(path.dirname(link), upshift);
    if (fs.existsSync(link) && fs.readlinkSync(link) === target) return;
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.rmSync(link, { force: true });
    fs.symlinkSync(target, link);
}

/**
 * The kernel ends npm when this process is killed, where it can: the lock is free then, and the next would begin beside it.
 *
 * @param {string} command @param {string[]} args @returns {[string, string[]]}
 */
function endsWithUs(command, args) {
    const setpriv = process.platform === "linux" && thisMachine().isOnPath("setpriv");
    return setpriv ? ["setpriv", ["--pdeathsig", "KILL", command, ...args]] : [command, args];
}

/** @param {string} command @param {string[]} args @returns {Promise<number>} the exit code; 128 + the number for a signal */
function run(command, args) {
    return new Promise((resolve) => {
        const child = spawn(command, args, { cwd: root, stdio: "inherit" });
        running = child;
        child.on("error", (error) => {
            console.error(`${command} could not be started: ${error.message}`);
            resolve(127);
        });
        child.on("exit", (code, signal) => {
            running = undefined;
            resolve(code ?? signalCode(signal));
        });
    });
}

/** @param {NodeJS.Signals | null} signal */
const signalCode = (signal) => 128 + os.constants.signals[signal ?? "SIGKILL"];

for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
        if (stopped !== undefined) return;
        stopped = signalCode(signal);
        // Nothing runs that would have to tidy up: it waits for another.
        if (!running) process.exit(stopped);
        // A terminal sends Ctrl-C to the children itself, and a second one would make them drop what they are tidying up.
        if (!(signal === "SIGINT" && process.stdin.isTTY)) running.kill(signal);
    });
}

const [command = "", ...args] = process.argv.slice(2);
if (!["start", "test"].includes(command)) {
    console.error("usage: node cluster/setup/bootstrap.mjs start|test [arguments]");
    process.exit(2);
}
try {
    process.exitCode = await main(command, args);
} catch (error) {
    console.error(`upshift: ${/** @type {Error} */ (error).message}`);
    process.exitCode = 1;
}
