import { z } from "zod";
import type { CallerCounts, Reading, VersionCounts } from "../counts";
import { callerLabels } from "./queries";
import { jsonOf } from "../../json";

/** One line of Prometheus' answer. */
export interface Row {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    /** The instant that it was asked for, in seconds. */
    readonly at: number;
}

/**
 * Reads Prometheus' answer to an instant query.
 *
 * @throws where it is an error, or a warning: part of the counts may be missing, and part of them proves nothing.
 */
export function rowsIn(status: number, text: string): Row[] {
    const data = dataIn(status, text, z.union([vector, scalar]));
    if (data.resultType === "scalar") return [{ labels: {}, value: numberIn(data.result[1]), at: data.result[0] }];
    return data.result.map(({ metric, value: [at, value] }) => ({ labels: metric, value: numberIn(value), at }));
}

/**
 * Reads Prometheus' answer to a range query: what an instant query would have found at each instant, the oldest first. Instants
 * without any line are left out.
 *
 * @throws as `rowsIn` does.
 */
export function rowsByInstant(status: number, text: string): Map<number, Row[]> {
    const instants = new Map<number, Row[]>();
    for (const { metric, values } of dataIn(status, text, matrix).result)
        for (const [at, value] of values) {
            const rows = instants.get(at) ?? [];
            instants.set(at, rows);
            rows.push({ labels: metric, value: numberIn(value), at });
        }
    return new Map([...instants].sort(([one], [other]) => one - other));
}

/**
 * The callers' counters of rows that `gateQueries` asked for.
 *
 * @param named versions by what Istio's metrics call them, where that is another name.
 */
export function readingOf(
    at: number,
    requests: readonly Row[],
    times: readonly Row[],
    named: ReadonlyMap<string, string> = new Map(),
): Reading {
    const callers = new Map<string, Map<string, VersionCounts>>();
    const change = ({ labels }: Row, by: (counts: VersionCounts) => VersionCounts): void => {
        const caller = callerLabels.map((label) => labels[label] ?? "").join(" ");
        const versions = callers.get(caller) ?? new Map<string, VersionCounts>();
        callers.set(caller, versions);
        const counted = versionOf(labels);
        const version = named.get(counted) ?? counted;
        versions.set(version, by(versions.get(version) ?? { requests: 0, failed: 0 }));
    };
    for (const row of requests) {
        change(row, (counts) => ({
            ...counts,
            requests: counts.requests + row.value,
            failed: counts.failed + (isFailed(row.labels) ? row.value : 0),
        }));
    }
    for (const row of times) {
        const edge = row.labels.le === "+Inf" ? Infinity : Number(row.labels.le);
        change(row, (counts) => {
            const timed = new Map(counts.timed);
            return { ...counts, timed: timed.set(edge, (timed.get(edge) ?? 0) + row.value) };
        });
    }
    const all = [...callers].map(([caller, versions]): CallerCounts => ({
        caller,
        versions: Object.fromEntries(versions),
    }));
    return { at, callers: all };
}

/** `outbound|80|v2|review.shop.svc.cluster.local`, or Istio's label. */
function versionOf({ cluster_name: cluster, destination_version: version = "" }: Row["labels"]): string {
    return cluster === undefined ? version : (cluster.split("|")[2] ?? "");
}

/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS: what gRPC has for a 5xx, behind a status of 200. */
const failedStatuses = new Set(["2", "4", "13", "14", "15"]);

function isFailed(labels: Row["labels"]): boolean {
    const { response_code_class: kind, response_code: code = "", grpc_response_status: grpc = "" } = labels;
    return kind === "5xx" || /^5..$/.test(code) || failedStatuses.has(grpc);
}

/** An instant in seconds, and a number as text. */
const sample = z.tuple([z.number(), z.string()]);

const vector = z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample })),
});
const scalar = z.object({ resultType: z.literal("scalar"), result: sample });
const matrix = z.object({
    resultType: z.literal("matrix"),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(sample) })),
});

/** What Prometheus' answer holds, as far as it is read. */
function dataIn<Data>(status: number, text: string, data: z.ZodType<Data>): Data {
    const answerOf = z.object({
        status: z.enum(["success", "error"]),
        error: z.string().optional(),
        warnings: z.array(z.string()).optional(),
        data: data.optional(),
    });
    const { success, data: answer } = answerOf.safeParse(jsonOf(text));
    if (!success) throw new Error(`it answered ${status} with what is no answer of Prometheus: ${text.slice(0, 200)}`);
    if (status !== 200 || !answer.data) throw new Error(`it answered ${status}: ${answer.error ?? answer.status}`);
    if (answer.warnings?.length) throw new Error(`it warns: ${answer.warnings.join("; ")}`);
    return answer.data;
}

/** Prometheus writes `+Inf` and `-Inf`. */
function numberIn(text: string): number {
    return Number(text.replace(/Inf$/, "Infinity"));
}
