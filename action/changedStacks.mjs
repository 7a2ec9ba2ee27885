// @ts-check
/**
 * The stacks that a change concerns, as `stacks=["dev"]`: those whose config changed, and all of them when code did.
 *
 *     node action/changedStacks.mjs BASE
 *
 * BASE is a commit of this history; forty zeros, as GitHub has for the first push of a branch, mean that everything is new.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";

const [base = ""] = process.argv.slice(2);
const stackFile = /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/;

if (!/^[0-9a-f]{40}$/.test(base)) {
    console.error(`changedStacks: "${base}" is no commit.\n  fix: node action/changedStacks.mjs $(git rev-parse main)`);
    process.exit(1);
}
const all = stacksIn(fs.readdirSync("."));
const changed = /^0+$/.test(base) ? undefined : changedSince(base);
for (const stack of stacksIn(changed ?? []).filter((stack) => !all.includes(stack)))
    console.error(
        `Pulumi.${stack}.yaml is gone: nothing is planned for ${stack}; pulumi destroy --stack ${stack} takes down what runs.`,
    );
console.log(`stacks=${JSON.stringify(changed ? stacksOf(changed, all) : all)}`);

/**
 * Files that differ, from the repository's root. Of a file that was moved both names count: code that moves into `docs/` is gone
 * from the program. Names end with NUL, for Git quotes what is not ASCII otherwise.
 *
 * @param {string} base
 */
function changedSince(base) {
    const args = ["diff", "--name-only", "--no-renames", "-z", `${base}...HEAD`];
    return execFileSync("git", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
        .split("\0")
        .filter(Boolean);
}

/** @param {readonly string[]} files */
function stacksIn(files) {
    return files.flatMap((file) => stackFile.exec(file)?.[1] ?? []);
}

/**
 * @param {readonly string[]} changedFiles from the repository's root
 * @param {readonly string[]} all stacks
 */
function stacksOf(changedFiles, all) {
    const isCode = changedFiles.some((file) => !stackFile.test(file) && !/\.md$|^(docs|test|bench)\//.test(file));
    return isCode ? all : all.filter((stack) => changedFiles.includes(`Pulumi.${stack}.yaml`));
}
