// @ts-check
/**
 * The stacks that a change concerns, as `stacks=["dev"]`: those whose config changed, and all of them when code did.
 *
 *     node action/changedStacks.mjs BASE
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";

const [base = ""] = process.argv.slice(2);
const changed = execFileSync("git", ["diff", "--name-only", `${base}...HEAD`], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
console.log(`stacks=${JSON.stringify(stacksOf(changed, fs.readdirSync(".")))}`);

/**
 * @param {readonly string[]} changedFiles from the repository's root
 * @param {readonly string[]} files in the repository's root
 */
export function stacksOf(changedFiles, files) {
    const all = files.flatMap((file) => /^Pulumi\.([\w-]+)\.yaml$/.exec(file)?.[1] ?? []);
    const isCode = changedFiles.some(
        (file) => !/^Pulumi\.[\w-]+\.yaml$/.test(file) && !/\.md$|^(docs|test|bench)\//.test(file),
    );
    return isCode ? all : all.filter((stack) => changedFiles.includes(`Pulumi.${stack}.yaml`));
}
