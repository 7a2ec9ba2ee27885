import { setTimeout as after } from "node:timers/promises";
import { istioTag, reference } from "../../cluster/images/tag";
import { countingAnnotations } from "../../components/mesh/proxies/statistics";
import { kubectl } from "./kubectl";
import { apply } from "./mesh";

/** What callers got in a while. */
export interface Got {
    /** Answers by what they said. */
    readonly answers: Readonly<Record<string, number>>;
    readonly failed: number;
    /** What was said of those that failed, each once. */
    readonly reasons: readonly string[];
    readonly all: number;
}

/** A pod that asks through its proxy, and writes a line for each answer: what it said, or `failed`. */
export class Caller {
    private seen = 0;

    private constructor(
        private readonly cluster: string,
        private readonly place: string,
        private readonly name: string,
    ) {}

    /**
     * Asks a URL over and over, each time over a new connection, and never twice for one answer.
     *
     * @param path what is asked of `http://<service>`.
     */
    static async start(cluster: string, place: string, service: string, path = "/"): Promise<Caller> {
        const one = `while true; do wget -q -O - http://${service}${path} 2>/dev/null || echo failed; sleep 0.05; done`;
        const image = reference({ name: "proxyv2", tag: istioTag() });
        return Caller.running(cluster, place, `caller-of-${service}`, image, [
            "sh",
            "-c",
            `(${one}) & (${one}) & wait`,
        ]);
    }

    /** Runs a program that asks. Once it ends it is not started anew, and nothing more is answered. */
    static async running(
        cluster: string,
        place: string,
        name: string,
        image: string,
        command: readonly string[],
    ): Promise<Caller> {
        const pod = {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name, namespace: place, labels: { app: name }, annotations: countingAnnotations() },
            spec: {
                restartPolicy: "Never",
                terminationGracePeriodSeconds: 1,
                securityContext: { runAsUser: 10001, runAsGroup: 10001 },
                containers: [{ name: "main", image, imagePullPolicy: "Never", command }],
            },
        };
        await apply(cluster, [pod]);
        await kubectl(cluster, ["wait", "-n", place, "--for=condition=Ready", `pod/${name}`, "--timeout=120s"]);
        return new Caller(cluster, place, name);
    }

    /** Forgets what was answered until now, such as before there was anybody to answer. */
    async begin(): Promise<void> {
        this.seen = (await this.lines()).length;
    }

    /** What was answered since it was last asked, once there are so many answers. */
    async got(atLeast: number): Promise<Got> {
        const deadline = Date.now() + 120_000;
        for (;;) {
            const lines = (await this.lines()).slice(this.seen);
            if (lines.length >= atLeast) {
                this.seen += lines.length;
                return counted(lines);
            }
            if (Date.now() > deadline)
                throw new Error(
                    `${this.name} got ${lines.length} of ${atLeast} answers in 120 s: ${lines.slice(-3).join(", ")}`,
                );
            await after(500);
        }
    }

    async stop(): Promise<void> {
        await kubectl(this.cluster, ["delete", "pod", "-n", this.place, this.name, "--wait=false"]);
    }

    private async lines(): Promise<string[]> {
        const text = await kubectl(this.cluster, ["logs", "-n", this.place, this.name, "-c", "main"]);
        // A line that is still being written is counted later.
        return text.split("\n").slice(0, -1);
    }
}

function counted(lines: readonly string[]): Got {
    const answers: Record<string, number> = {};
    const failures = lines.filter((line) => line.startsWith("failed"));
    for (const line of lines) if (!line.startsWith("failed")) answers[line] = (answers[line] ?? 0) + 1;
    return { answers, failed: failures.length, reasons: [...new Set(failures)], all: lines.length };
}
