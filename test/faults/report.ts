import * as fs from "node:fs";
import * as os from "node:os";
import { toolVersion, builtIstioVersion } from "../../cluster/tools/manifest";
import { projectRoot } from "../../cluster/paths";
import type { Place } from "./bench";
import { casesOf, kills } from "./plan";
import type { Outcome } from "./play";
import { faults } from "./table";
import { rate } from "./traffic";

/** A run and what it has found so far. */
export interface Run {
    /** When its first piece began, as an ISO date. */
    readonly began: string;
    readonly seed: number;
    /** Where it has left the bench, for one that goes on. */
    place?: Place | undefined;
    /** By the case's name. */
    readonly outcomes: Record<string, Outcome>;
}

/** Writes docs/reliability.md from a run. */
export function writeReport(run: Run): void {
    fs.writeFileSync(`${projectRoot()}/docs/reliability.md`, reportOf(run, whereabouts()));
}

/** The page, in Markdown. @param where the machine and the versions */
export function reportOf(run: Run, where: string): string {
    const outcomes = Object.values(run.outcomes);
    const played = new Set(outcomes.map(({ fault, transition }) => `${fault} ${transition}`)).size;
    const possible = new Set(casesOf().map(({ fault, transition }) => `${fault.name} ${transition.name}`)).size;
    const requests = outcomes.reduce((sum, one) => sum + one.requests, 0);
    const bad = outcomes.filter(({ complaints }) => complaints.length > 0);
    return [
        "# What holds when things go wrong",
        "",
        `Written by \`npm run test:faults\` on ${run.began.slice(0, 10)}: ${where}. Each row is a step (\`pulumi up\`) under ${rate} requests a second, ` +
            "half of them on kept connections and half on new ones, nothing tried again, with a fault at a random point of it " +
            `(seed ${run.seed}). Afterwards somebody goes on with the commands of README, ` +
            `until the step is made, and the split, the live weights and the failed requests are looked at.${busyness(outcomes)}`,
        "",
        `Played: ${outcomes.length} steps with a fault in each, ${played} of ${possible} pairs of fault and kind of step, ${requests} requests. ` +
            (bad.length === 0
                ? "No request failed that the fault itself does not explain."
                : `${bad.length} of them are not as they have to be; they stand below.`),
        "",
        ...table(outcomes),
        ...reasons(outcomes),
        ...complaintsOf(bad),
        "## Faults of ours that the table has found, and that are fixed",
        "",
        ...found.map((one) => `- ${one}`),
        "",
        ...notPlayed(run),
        "",
    ].join("\n");
}

/** Times are those of a machine that does nothing else only where this says nothing. */
function busyness(outcomes: readonly Outcome[]): string {
    const loads = outcomes.flatMap(({ load }) => (load === undefined ? [] : [load])).sort((a, b) => a - b);
    const median = loads[Math.floor(loads.length / 2)] ?? 0;
    if (median <= os.availableParallelism() * 2) return "";
    return ` The machine had other work to do meanwhile: in the median ${median.toFixed(0)} processes wanted one of its ${os.availableParallelism()} cores, so that times are longer than they need be.`;
}

function table(outcomes: readonly Outcome[]): string[] {
    const pairs = new Map<string, Outcome[]>();
    for (const one of outcomes) {
        const key = `${one.fault}|${one.transition}`;
        pairs.set(key, [...(pairs.get(key) ?? []), one]);
    }
    const order = faults.map(({ name }) => name);
    const rows = [...pairs.values()].sort(
        (a, b) => order.indexOf(a[0]?.fault ?? "") - order.indexOf(b[0]?.fault ?? ""),
    );
    return [
        "| fault | during | times | lasted, s | requests | failed | not served, s | step made after, s | the user types |",
        "|---|---|---|---|---|---|---|---|---|",
        ...rows.map(rowOf),
        "",
        "*Lasted*: from the fault's begin to its end. *Not served*: from its begin until requests failed no longer. *Step made after*: " +
            "likewise, until the cluster and the config say the same; the longest where it was played more than once.",
        "",
    ];
}

function rowOf(same: readonly Outcome[]): string {
    const { fault = "", transition = "" } = same[0] ?? {};
    const sum = (of: (one: Outcome) => number): number => same.reduce((total, one) => total + of(one), 0);
    const most = (of: (one: Outcome) => number): string => Math.max(...same.map(of)).toFixed(0);
    const typed = [...new Set(same.map((one) => one.typed.map((command) => `\`${command}\``).join(", ") || "nothing"))];
    const cells = [
        fault,
        transition,
        same.length,
        most((one) => one.stood ?? 0),
        sum((one) => one.requests),
        sum((one) => one.failed),
        most((one) => one.unserved),
        most((one) => one.wentOn),
        typed.join("; or "),
    ];
    return `| ${cells.join(" | ")} |`;
}

/** Why requests may fail, of the faults under which some did. */
function reasons(outcomes: readonly Outcome[]): string[] {
    const lines = faults.flatMap(({ name, mayFail }) => {
        const failing = outcomes.filter(({ fault, failed }) => fault === name && failed > 0);
        const said = [...new Set(failing.flatMap(({ failures }) => Object.keys(failures)))];
        return mayFail && said.length > 0
            ? [`- **${name}**: ${mayFail.why}. Told as: ${oneLine(said.join("; "))}.`]
            : [];
    });
    return lines.length === 0 ? [] : ["## Why requests failed", "", ...lines, ""];
}

function complaintsOf(bad: readonly Outcome[]): string[] {
    if (bad.length === 0) return [];
    return [
        "## Not as it has to be",
        "",
        ...bad.map(
            ({ fault, transition, complaints }) => `- **${fault}, ${transition}**: ${oneLine(complaints.join("; "))}`,
        ),
        "",
    ];
}

function notPlayed({ outcomes }: Run): string[] {
    const struck = new Set(Object.values(outcomes).map(({ fault }) => fault));
    const never = faults.map(({ name }) => name).filter((name) => !struck.has(name));
    return [
        "## What was not played",
        "",
        ...(never.length > 0 ? [`- In this run, for want of time: ${never.join(", ")}.`] : []),
        ...notTried.map((one) => `- ${one}`),
        "",
        "## What is done",
        "",
        ...faults.map(({ name, does }) => `- **${name}**: ${does}.`),
        "",
        `\`npm run test:faults -- --list\` shows all of it, with the kinds of step; ${kills} of the steps are killed at random points of \`pulumi up\`. A sample is \`npm test -- faults\`.`,
    ];
}

/** What a table of Markdown can hold of what a command printed. */
function oneLine(text: string): string {
    const line = text.replace(/\s+/g, " ");
    return line.length > 600 ? `${line.slice(0, 600)} …` : line;
}

/** What was found by the runs so far, with the day of the mending: a run before it shows it still. */
const found = [
    "2026-11-26: **connections refused by a gateway that is back.** One that came while the gateway was away was remembered by the kernel for two minutes, and the next one from the same port was refused as it was: 3,829 of 14,000 after 5,000 such, and up to 38 of 200 a second in the rows from *gateway killed* on. The cluster's network now forgets within 3 s.",
    "2026-11-26: **a release that was refused, or an abort without a release, and every later `pulumi up` was refused, too.** The first left `release.customers: {}` in the config, the second a mark alone, and both were taken for a release that does not say to what. The last value of a map now takes the map along, and a mark may stand alone.",
    "2026-11-26: **a lock that a full disk has cut short.** Every later `pulumi up` ended with `unexpected end of JSON input`, and our own repair did not see why. `npm start`, `npx upshift demo` and `release` now take it away, and what they print says what to do by hand.",
];

/** What this run can't do, and why. */
const notTried = [
    "A clock that jumps by an hour: a time namespace has no wall clock of its own, and libfaketime reaches no Go program, which all of the control plane is. To try it would be to change the machine's own clock.",
    "A full disk below the cluster itself: etcd and the images lie on the machine's own disk, which is not filled here. What writes to a full disk is tested piece by piece, in test/machine/full-disk.test.ts.",
    "Several nodes: the embedded cluster has one, so that the death of a node is the death of the supervisor.",
];

/** The machine and the versions, in words. */
export function whereabouts(): string {
    const gigabytes = Math.round(os.totalmem() / 1024 ** 3);
    const versions = `Kubernetes ${toolVersion("kubernetes")}, Istio ${builtIstioVersion}, Pulumi ${toolVersion("pulumi")}, Node ${process.versions.node}`;
    return `${os.availableParallelism()} cores, ${gigabytes} GB, ${os.type()} ${os.release()}; ${versions}`;
}
