/**
 * How long after Enter the last user is served by the version that is taken back: `upshift abort` beside `kubectl patch` of the same
 * VirtualService, under the same load, in blocks of one and the other, so that a machine whose speed drifts changes both. Needs the
 * shop up (`npm start`); leaves the weights as they were.
 *
 *     npm run bench:rollback [-- runs]
 */
import { execFile } from "node:child_process";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { promisify } from "node:util";
import { Pool } from "undici";
import { toolPath } from "../cluster/tools/tools";
import { projectRoot } from "../cluster/paths";
import { versionsIn } from "../rollout/load/answer";
import { defaultStack, pulumi, surroundings } from "../rollout/pulumi";
import { removeConfig, setConfig } from "../rollout/stack";
import { weightsConfig } from "../rollout/weightsConfig";
import { edgeOf } from "../systems/play/edge";
import { stackOutputs } from "../systems/play/outputs";
import { storyOf } from "../systems/stories";
import { median } from "./results/statistics";

const service = "review";
/** Requests a second: how exactly it is known when the last one was answered. */
const rate = 200;
const share = 25;
/** Nobody has been served by it for so long: then nobody will be, in milliseconds. */
const quietMs = 2000;

/** Answers as they come: when the last of each version came. */
class Stream {
    private readonly last: Record<string, number> = {};
    failed = 0;
    private readonly timer: NodeJS.Timeout;

    private constructor(
        private readonly pool: Pool,
        private readonly request: { path: string; headers: Record<string, string> },
    ) {
        this.timer = setInterval(() => void this.send(), 1000 / rate);
    }

    static async on(stack: string): Promise<Stream> {
        const outputs = await stackOutputs(stack);
        const story = storyOf("shop");
        const { scheme, address, host, certificate } = edgeOf(outputs, story.system);
        const { path, headers } = await story.entry(outputs);
        const pool = new Pool(`${scheme}://${address}`, {
            connections: 32,
            connect: { servername: host, ca: certificate },
        });
        return new Stream(pool, { path, headers: { ...headers, host } });
    }

    /** Milliseconds since 1970. */
    lastOf(version: string): number {
        return this.last[version] ?? 0;
    }

    async stop(): Promise<void> {
        clearInterval(this.timer);
        await this.pool.close();
    }

    private async send(): Promise<void> {
        try {
            const { statusCode, body } = await this.pool.request({ method: "GET", ...this.request });
            const text = await body.text();
            if (statusCode !== 200) throw new Error(text);
            const version = Object.fromEntries(versionsIn(undefined, text))[service];
            if (version) this.last[version] = Date.now();
        } catch {
            this.failed++;
        }
    }
}

async function main(runs: number): Promise<void> {
    const { weights, context, kubeconfig } = await stackOutputs(defaultStack);
    const { [service]: before = {} } = weights;
    const cluster: Cluster = { kubeconfig, context, rule: await weightedRule({ kubeconfig, context }) };
    const stream = await Stream.on(defaultStack);
    const aborts: number[] = [];
    const patches: number[] = [];
    try {
        for (let done = 0; done < runs; done += blockSize) {
            for (let run = 0; run < blockSize; run++) {
                await patch(cluster, share);
                patches.push(await untilQuiet(stream, () => patch(cluster, 0)));
            }
            // What kubectl wrote is ours again, so that the next update finds nothing that is somebody else's.
            await upshift("restore", service);
            for (let run = 0; run < blockSize; run++) {
                await moved({ v1: 100 - share, v2: share });
                aborts.push(await untilQuiet(stream, () => upshift("abort", service)));
            }
            console.log([inWords("upshift abort", aborts), inWords("kubectl patch", patches)].join("; "));
        }
    } finally {
        await moved(before);
        await removeConfig(defaultStack, `release.${service}`);
        await stream.stop();
    }
    console.log(
        `ratio of the medians ${(median(aborts) / median(patches)).toFixed(2)}; ${stream.failed} requests failed`,
    );
}

const blockSize = 5;

function inWords(name: string, found: readonly number[]): string {
    const [middle, most] = [median(found), Math.max(...found)].map((one) => one.toFixed(2));
    return `${name}: median ${middle} s, at most ${most} s, ${found.length} runs`;
}

/** Seconds from a command's start until the last answer of v2. */
async function untilQuiet(stream: Stream, command: () => Promise<unknown>): Promise<number> {
    const split = Date.now();
    while (stream.lastOf("v2") < split) await after(20);
    const began = Date.now();
    const running = command();
    while (Date.now() - Math.max(began, stream.lastOf("v2")) < quietMs) await after(20);
    await running;
    return Math.max(0, stream.lastOf("v2") - began) / 1000;
}

async function moved(weights: Readonly<Record<string, number>>): Promise<void> {
    await setConfig(defaultStack, weightsConfig(service, weights));
    await pulumi(["up", "--yes", "--skip-preview", "--stack", defaultStack]);
}

/** Where the routes are, and which of their rules has the weights. */
interface Cluster {
    readonly kubeconfig: string;
    readonly context: string;
    readonly rule: number;
}

const routes = ["virtualservice", `${service}-vs`, "-n", "hands-on"];

async function weightedRule(cluster: Omit<Cluster, "rule">): Promise<number> {
    const printed = await kubectl(cluster, "get", ...routes, "-o", "json");
    const { spec } = JSON.parse(printed) as { spec: { http: { name?: string }[] } };
    return spec.http.findIndex(({ name }) => name === "weighted");
}

async function patch(cluster: Cluster, v2: number): Promise<void> {
    const weights = [100 - v2, v2].map((value, index) => ({
        op: "add",
        path: `/spec/http/${cluster.rule}/route/${index}/weight`,
        value,
    }));
    await kubectl(cluster, "patch", ...routes, "--type", "json", "-p", JSON.stringify(weights));
}

async function kubectl({ kubeconfig, context }: Omit<Cluster, "rule">, ...args: string[]): Promise<string> {
    const where = ["--kubeconfig", kubeconfig, "--context", context];
    return (await promisify(execFile)(toolPath("kubectl"), [...args, ...where])).stdout;
}

/** As a user has it on PATH, by `eval "$(npx upshift env)"`. */
async function upshift(...args: string[]): Promise<void> {
    const program = [path.join(projectRoot(), "bin", "upshift.mjs"), ...args, "--stack", defaultStack];
    await promisify(execFile)(process.execPath, program, await surroundings());
}

void main(Number(process.argv[2] ?? 20));
