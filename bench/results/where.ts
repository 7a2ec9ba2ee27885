import * as fs from "node:fs";
import * as os from "node:os";
import { builtIstioVersion, toolVersion } from "../../cluster/tools/manifest";
import { otherTools } from "../others/tools";
import { median } from "./statistics";

/** Milliseconds between two looks at how busy the machine is. */
const lookMs = 5000;

/** How many processes want a core, looked at from now on. */
export class Load {
    private readonly seen: number[] = [];
    private readonly timer = setInterval(() => this.seen.push(running()), lookMs);
    readonly cores = os.availableParallelism();

    /** The median of the looks; 0 before the first. */
    get median(): number {
        return this.seen.length === 0 ? 0 : median(this.seen);
    }

    stop(): void {
        clearInterval(this.timer);
    }
}

/** Processes that run or want to, this one not counted. */
function running(): number {
    const [, , , processes = "1/1"] = fs.readFileSync("/proc/loadavg", "utf8").split(" ");
    return Math.max(0, Number(processes.split("/")[0]) - 1);
}

/** The machine in words. */
export function machine(): string {
    const gigabytes = Math.round(os.totalmem() / 1024 ** 3);
    return `${os.availableParallelism()} cores, ${gigabytes} GB, ${os.type()} ${os.release()}`;
}

/** Who is measured, and on what. */
export function versions(): Record<string, string> {
    return {
        Kubernetes: toolVersion("kubernetes"),
        Istio: builtIstioVersion,
        Pulumi: toolVersion("pulumi"),
        kubectl: toolVersion("kubectl"),
        "Argo Rollouts": otherTools.argo.version,
        Flagger: otherTools.flagger.version,
        "Node.js": process.versions.node,
    };
}
