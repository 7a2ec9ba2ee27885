import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { projectRoot } from "../cluster/paths";
import type { GoFinding } from "./govulncheck";

const schema = z.array(
    z.strictObject({ module: z.string(), ids: z.array(z.string()).min(1), why: z.string().min(20) }),
);

/** What a person has looked at, and why it is left as it is. */
export type Explanation = z.infer<typeof schema>[number];

/** A finding, with the programs that have it. */
export interface Found extends GoFinding {
    readonly programs: readonly string[];
}

/** What is to be said of an audit. */
export interface Verdict {
    readonly explained: readonly { readonly explanation: Explanation; readonly found: readonly Found[] }[];
    readonly unexplained: readonly Found[];
    /** Explanations of what is there no more: they go. */
    readonly stale: readonly { readonly module: string; readonly id: string }[];
}

/** The explanations that are written down. @throws when the file is not as it must be */
export function explanations(): Explanation[] {
    return schema.parse(parse(fs.readFileSync(path.join(projectRoot(), "audit", "explained.yaml"), "utf8")));
}

/** Holds findings against what is written down: each must be explained, and each explanation must be of a finding. */
export function verdictOn(found: readonly Found[], written: readonly Explanation[]): Verdict {
    const isOf = ({ module, ids }: Explanation, one: Found): boolean => module === one.module && ids.includes(one.id);
    return {
        explained: written.map((explanation) => ({
            explanation,
            found: found.filter((one) => isOf(explanation, one)),
        })),
        unexplained: found.filter((one) => !written.some((explanation) => isOf(explanation, one))),
        // What is found of Go itself depends on the machine's own Go.
        stale: written
            .filter(({ module }) => module !== "stdlib")
            .flatMap(({ module, ids }) => ids.map((id) => ({ module, id })))
            .filter(({ module, id }) => !found.some((one) => one.module === module && one.id === id)),
    };
}
