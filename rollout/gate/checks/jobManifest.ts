import type { V1Job } from "@kubernetes/client-node/dist/gen/models/V1Job.js";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { UserError } from "../../../components/userError";
import type { About } from "./check";
import { variablesOf } from "./command";

/** Seconds for which a Job that has ended can be looked at. */
const keptSeconds = 3600;

/** A Job as far as a step has to know it; the API server knows the rest. */
const shape = z.looseObject({
    apiVersion: z.literal("batch/v1"),
    kind: z.literal("Job"),
    metadata: z.looseObject({ namespace: z.string().optional() }).optional(),
    spec: z.looseObject({
        template: z.looseObject({
            spec: z.looseObject({
                restartPolicy: z.enum(["Never", "OnFailure"], "a Job's pods have Never or OnFailure"),
                containers: z.array(z.looseObject({ name: z.string() })).min(1),
            }),
        }),
    }),
});

/** A user's Job. */
export type JobManifest = z.infer<typeof shape>;

/**
 * The Job of a check, read once, before the release begins.
 *
 * @param at where the config has it: `release.review.checks[0].job`.
 * @param folder that a file's name begins from.
 * @throws where the file can't be read, or is no Job, with all that is wrong.
 */
export function jobManifest(
    { file, manifest }: { file?: string | undefined; manifest?: unknown },
    at: string,
    folder: string,
): JobManifest {
    const where = file === undefined ? `${at}.manifest` : file;
    const read = shape.safeParse(file === undefined ? manifest : documentIn(path.resolve(folder, file), at));
    if (read.success) return read.data;
    const problems = read.error.issues.map(({ path: place, message }) => `${place.join(".") || "it"}: ${message}`);
    throw new UserError({
        what: `It is no Job of batch/v1 that can run: ${problems.join("; ")}.`,
        where,
        fix: "write it so that this takes it: kubectl create --dry-run=server -f FILE",
    });
}

function documentIn(file: string, at: string): unknown {
    let text: string;
    try {
        text = fs.readFileSync(file, "utf8");
    } catch (error) {
        throw new UserError({
            what: `It can't be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}.`,
            where: file,
            fix: `pulumi config set --path '${at}.file' FILE`,
            cause: error,
        });
    }
    const documents = parseAllDocuments(text);
    const [first] = documents;
    const [wrong] = first?.errors ?? [];
    if (!first || documents.length !== 1 || wrong)
        throw new UserError({
            what: wrong
                ? `It is no YAML: ${wrong.message}`
                : `It has ${documents.length} documents, and one Job is meant.`,
            where: file,
            fix: "write one Job into it",
        });
    return first.toJS();
}

/** Marks of ours on a Job, by which people find it. */
export const jobLabels = { "app.kubernetes.io/managed-by": "upshift" };

/**
 * The Job of one step: named after the release and the step alone, so that a driver that is started anew finds the one that it has
 * made. It ends by itself after `timeoutSeconds`, and goes by itself an hour later, unless it says otherwise.
 */
export function jobFor(manifest: JobManifest, check: string, about: About, timeoutSeconds: number): V1Job {
    const { metadata, spec } = manifest;
    const { template } = spec;
    const containers = template.spec.containers.map((container) => withVariables(container, about));
    return {
        ...manifest,
        metadata: {
            ...metadata,
            name: jobName(manifest, check, about),
            namespace: about.namespace,
            labels: { ...(metadata?.labels as object | undefined), ...jobLabels, "upshift.dev/check": check },
        },
        spec: {
            activeDeadlineSeconds: Math.ceil(timeoutSeconds),
            ttlSecondsAfterFinished: keptSeconds,
            ...spec,
            template: { ...template, spec: { ...template.spec, containers } },
        },
    } as unknown as V1Job;
}

/** `smoke-review-v2-25-1a2b3c4d`: of at most 63 letters, with the manifest in the last part. */
export function jobName(manifest: JobManifest, check: string, { service, to, step }: About): string {
    const whole = JSON.stringify([service, to, step, check, manifest]);
    const hash = crypto.createHash("sha256").update(whole).digest("hex").slice(0, 8);
    const words = [check, service, to, step]
        .join("-")
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-");
    return `${words.slice(0, 54).replace(/-+$/, "")}-${hash}`;
}

/** What the container says itself counts before ours. */
function withVariables(container: Readonly<Record<string, unknown>>, about: About): Record<string, unknown> {
    const own = (container.env ?? []) as readonly { name: string }[];
    const ours = Object.entries(variablesOf(about)).filter(([name]) => !own.some((one) => one.name === name));
    return { ...container, env: [...ours.map(([name, value]) => ({ name, value })), ...own] };
}
