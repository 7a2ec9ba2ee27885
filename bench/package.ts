/**
 * What the npm package weighs, and what importing it costs beyond the @pulumi packages, which a program has anyway. It is packed and
 * installed as somebody would, and each import is a process of its own.
 *
 *     npm run bench:package
 */
import * as fs from "node:fs";
import { installed } from "../test/support/installed";
import { median } from "./results/statistics";

const runs = 7;
/** What an import may cost, in seconds. */
const goal = 0.25;

/** Milliseconds for the @pulumi packages, and for the package after them. */
const program = (name: string): string => `
const began = performance.now();
for (const peer of ["pulumi", "kubernetes", "random", "policy"]) require("@pulumi/" + peer);
const between = performance.now();
require(${JSON.stringify(name)});
console.log(JSON.stringify([between - began, performance.now() - between]));
`;

async function main(): Promise<void> {
    const theirs = await installed();
    try {
        const { size } = fs.statSync(theirs.tarball);
        console.log(`tarball ${(size / 1e6).toFixed(2)} MB, ${theirs.files.length} files`);
        for (const name of ["upshift", "upshift/policies"]) {
            const times: [number, number][] = [];
            for (let run = 0; run < runs; run++) {
                const { stdout } = await theirs.run(process.execPath, "--eval", program(name));
                times.push(JSON.parse(stdout) as [number, number]);
            }
            const [peers, own] = [0, 1].map((at) => median(times.map((time) => time[at] ?? Number.NaN)) / 1000);
            const verdict = (own ?? Number.NaN) <= goal ? "within" : "beyond";
            console.log(
                `import ${name}: ${own?.toFixed(3)} s, ${verdict} ${goal} s; the @pulumi packages before it ${peers?.toFixed(3)} s`,
            );
        }
    } finally {
        theirs.remove();
    }
}

void main();
