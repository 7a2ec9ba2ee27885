import { z } from "zod";
import { call, type GitHub, tried } from "../../ci/github";
import type { ReleaseEvent } from "../hands";
import { linesOf } from "../words";
import { clipped } from "./message";
import type { Channel } from "./notifier";

/** A release as GitHub's deployments have it. */
export interface DeploymentOf {
    readonly environment: string;
    /** The commit that the workflow runs for. */
    readonly sha: string;
    /** Services, as the release was asked for. */
    readonly services: readonly string[];
    /** The workflow's run, to which the status leads. */
    readonly logUrl?: string | undefined;
}

/** The states that a release brings a deployment to. */
type State = "in_progress" | "success" | "failure" | "inactive";

/** GitHub refuses a longer description. */
const longest = 140;
/** How long one answer is waited for, in milliseconds: a release is told of while it is news. */
const patienceMs = 5_000;

const deployments = z.array(z.object({ id: z.number() }));
const statuses = z.array(z.object({ state: z.string() }));

/**
 * Writes a release down as one deployment of an environment. A driver that is started anew, and an abort by hand, go on with the one
 * that is under way.
 */
export class Deployment implements Channel {
    readonly name = "notify.github";
    private id?: number | undefined;

    constructor(
        private readonly github: GitHub,
        private readonly of: DeploymentOf,
    ) {}

    async tell(event: ReleaseEvent, _at: number, signal: AbortSignal): Promise<void> {
        const state = stateOf(event);
        if (state === undefined) return;
        const github = { attempts: 2, patience: patienceMs, ...this.github, signal };
        await tried(github, "deployment status", async () => {
            this.id ??= (await this.underWay(github)) ?? (await this.made(github, event));
            if (this.id === undefined) return;
            await call(github, "POST", `/repos/${github.repository}/deployments/${this.id}/statuses`, {
                state,
                description: clipped(linesOf(event).join(" "), longest),
                environment: this.of.environment,
                // Another service's release of the same environment stays what it is.
                auto_inactive: false,
                ...(this.of.logUrl && { log_url: this.of.logUrl }),
            });
        });
    }

    close(): Promise<void> {
        return Promise.resolve();
    }

    /** One that a driver has begun and not ended, or whose first status was lost. */
    private async underWay(github: GitHub): Promise<number | undefined> {
        const { environment } = this.of;
        const about = new URLSearchParams({ environment, task: this.task, per_page: "1" });
        const all = `/repos/${github.repository}/deployments`;
        const [last] = deployments.parse((await call(github, "GET", `${all}?${about.toString()}`)).json);
        if (!last) return undefined;
        const { json } = await call(github, "GET", `${all}/${last.id}/statuses?per_page=1`);
        const [status] = statuses.parse(json);
        return status === undefined || status.state === "in_progress" ? last.id : undefined;
    }

    /** Only a driver begins one: what is done by hand ends what there is. */
    private async made(github: GitHub, event: ReleaseEvent): Promise<number | undefined> {
        if (event.kind !== "begins") return undefined;
        const { environment, sha, services } = this.of;
        const { json } = await call(github, "POST", `/repos/${github.repository}/deployments`, {
            ref: sha,
            task: this.task,
            environment,
            description: clipped(linesOf(event).join(" "), longest),
            payload: { services, to: event.to },
            // What is released is built and deployed already; nothing is to be merged or waited for.
            auto_merge: false,
            required_contexts: [],
        });
        return z.object({ id: z.number() }).parse(json).id;
    }

    private get task(): string {
        return `upshift:${[...this.of.services].sort().join("+")}`;
    }
}

/** Which state an event brings about; undefined where it brings none. */
export function stateOf(event: ReleaseEvent): State | undefined {
    switch (event.kind) {
        case "begins":
        case "applied":
        case "waits":
            return "in_progress";
        case "ends":
            return ends[event.outcome];
        case "breaks":
            return "failure";
        case "byHand":
            return event.verb === "abort" || event.verb === "rollback" ? "inactive" : undefined;
        default:
            return undefined;
    }
}

/** One that holds is under way still: somebody goes on with it. */
const ends = { done: "success", rolledBack: "failure", aborted: "inactive", held: "in_progress" } as const;
