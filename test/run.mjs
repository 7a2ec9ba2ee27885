// @ts-check
/**
 * Runs the tests layer by layer, from the quickest to the slowest, all of them even after a failure, and ends with a line
 * `N passed, N failed`. `npm test -- unit engine` runs only those layers; the long ones are run only where they are named.
 *
 * What this machine can't run is left out and named; with CI=true that is a failure.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** @typedef {{passed: number, failed: number, skipped: number, failures: string[]}} Counts */
/** @typedef {{what: string, fix: string, for: "anything" | "tools" | "cluster"}} Missing */
/** @typedef {{name: string, needs?: Missing["for"][], onlyWhenNamed?: boolean, run: () => Counts}} Layer */

const root = path.resolve(import.meta.dirname, "..");

/** What needs no processor while it waits for pods, the engine or its own load: two files at a time. */
const sideBySide = ["--parallel", "--jobs", "2"];

/** @type {Layer[]} */
const layers = [
    { name: "lint", run: () => command("npm", ["run", "--silent", "lint"]) },
    { name: "services", needs: ["tools"], run: () => command("go", ["test", "./..."], "services") },
    { name: "unit", run: () => mocha("unit") },
    { name: "engine", needs: ["tools", "cluster"], run: () => mocha("engine", sideBySide) },
    // Compares what is on the machine before and after: nothing else may come and go meanwhile.
    { name: "machine", needs: ["tools", "cluster"], run: () => mocha("machine") },
    { name: "cluster", needs: ["tools", "cluster"], run: () => mocha("cluster", sideBySide) },
    // A sample of the fault table, which is whole in `npm run test:faults`. By itself: what else is killed or stopped here would be told as its doing.
    { name: "faults", needs: ["tools", "cluster"], run: () => mocha("faults/faults.test.ts") },
    {
        name: "scenarios",
        needs: ["tools", "cluster"],
        onlyWhenNamed: true,
        run: () => mocha("scenarios/scenarios.test.ts"),
    },
    { name: "long", needs: ["tools", "cluster"], onlyWhenNamed: true, run: long },
    { name: "official", needs: ["tools", "cluster"], onlyWhenNamed: true, run: official },
];

/** What holds for our Kubernetes provider, of the official one. @returns {Counts} */
function official() {
    const known = ["--require", "test/official/knownDifferences.ts"];
    const files = ["provider", "provider-helm", "provider-process", "conformance"].map(
        (name) => `engine/${name}.test.ts`,
    );
    return mocha([...files, "official/handover.test.ts"], known, { UPSHIFT_OFFICIAL_KUBERNETES: "true" });
}

/** What takes long, and the random cases of the quick tests in the number that the issues ask for. @returns {Counts} */
function long() {
    const many = { UPSHIFT_CASES: "100000", UPSHIFT_GATE_RELEASES: "10000" };
    const random = ["unit/judge-oracle.test.ts", "unit/gate-releases.test.ts", "unit/gate-share.test.ts"];
    const all = [...random.map((file) => mocha(file, [], many)), mocha("long")];
    return all.reduce(sum);
}

/** @param {Counts} one @param {Counts} other @returns {Counts} */
function sum(one, other) {
    return {
        passed: one.passed + other.passed,
        failed: one.failed + other.failed,
        skipped: one.skipped + other.skipped,
        failures: [...one.failures, ...other.failures],
    };
}

/** @param {string | readonly string[]} layer one, or files @param {readonly string[]} [options] @param {Record<string, string>} [extra] @returns {Counts} */
function mocha(layer, options = [], extra = {}) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-tests-"));
    const counts = path.join(folder, "counts.json");
    try {
        const args = [
            "node_modules/mocha/bin/mocha.js",
            "--reporter",
            "test/support/reporter.cjs",
            ...options,
            "--recursive",
            ...[layer].flat().map((name) => `test/${name}`),
        ];
        spawnSync(process.execPath, args, {
            cwd: root,
            stdio: "inherit",
            // Tests make and remove stacks: never where the user keeps theirs.
            // And with our provider, whichever this checkout uses otherwise.
            env: {
                ...process.env,
                UPSHIFT_OFFICIAL_KUBERNETES: "false",
                ...extra,
                PULUMI_BACKEND_URL: "",
                UPSHIFT_COUNTS: counts,
            },
        });
        // A runner that died did not count: that is a failure, whatever it had passed.
        /** @type {unknown} */
        const told = fs.existsSync(counts) ? JSON.parse(fs.readFileSync(counts, "utf8")) : undefined;
        return told
            ? /** @type {Counts} */ (told)
            : { passed: 0, failed: 1, skipped: 0, failures: ["The test runner ended before it could count."] };
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}

/** A command counts as one test. @param {string} program @param {string[]} args @param {string} [folder] @returns {Counts} */
function command(program, args, folder = ".") {
    const { status } = spawnSync(program, args, { cwd: path.join(root, folder), stdio: "inherit" });
    return status === 0
        ? { passed: 1, failed: 0, skipped: 0, failures: [] }
        : { passed: 0, failed: 1, skipped: 0, failures: [`${[program, ...args].join(" ")} failed.`] };
}

/** @type {unknown} */
const lacking = JSON.parse(process.env.UPSHIFT_MISSING ?? "[]");
const missing = /** @type {Missing[]} */ (lacking);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !layers.some((layer) => layer.name === name));
if (unknown.length > 0) {
    console.error(
        `There is no layer ${unknown.join(", ")}; there are ${layers.map((layer) => layer.name).join(", ")}.`,
    );
    process.exit(2);
}

/** @type {Counts} */
let total = { passed: 0, failed: 0, skipped: 0, failures: [] };
const leftOut = [];
for (const { name, needs = [], onlyWhenNamed = false, run } of layers) {
    if (wanted.length > 0 ? !wanted.includes(name) : onlyWhenNamed) continue;
    const lacks = missing.filter((one) => needs.includes(one.for));
    if (lacks.length > 0) {
        leftOut.push(`${name}: ${lacks.map((one) => one.what).join("; ")}`);
        continue;
    }
    const began = Date.now();
    console.log(`\n▸ ${name}`);
    const counts = run();
    console.log(
        `▸ ${name}: ${counts.passed} passed, ${counts.failed} failed in ${Math.round((Date.now() - began) / 1000)} s`,
    );
    total = sum(total, { ...counts, failures: counts.failures.map((failure) => `${name}: ${failure}`) });
}
for (const failure of total.failures) console.log(`failed: ${failure}`);
for (const line of leftOut) console.log(`left out: ${line}`);
if (process.env.CI === "true") total.failed += leftOut.length;
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed > 0 ? 1 : 0;
