import { setTimeout as after } from "node:timers/promises";
import { kubectl } from "../support/kubectl";
import type { Traffic } from "./traffic";
import type { End, Transition } from "./transitions";
import type { Command, Running, User } from "./user";
import { inPods, signal } from "./victims";

/** Where a fault happens: a step that is being made under load. */
export interface Scene {
    /** The name of the cluster, and of the stack. */
    readonly cluster: string;
    readonly transition: Transition;
    readonly from: End;
    readonly to: End;
    /** The `pulumi up` that is under way. */
    readonly step: Running;
    readonly user: User;
    readonly traffic: Traffic;
    /** Seconds for which something stands still. */
    readonly stopSeconds: number;
}

/** A cluster, and what moves on it. */
export type Where = Pick<Scene, "cluster" | "transition">;

/** What is done before the step begins, and how it is taken back once all is over. */
export interface Prepared {
    /** @returns a command that the user's own are begun with from now on, such as one that enters a namespace; none for most */
    readonly prepare: ((scene: Where) => Promise<readonly string[]>) | ((scene: Where) => Promise<void>);
    tidy(scene: Where): Promise<void>;
}

/** What may fail, and why it can't but fail. */
export interface Allowed {
    readonly why: string;
    /** What the failed requests say. */
    readonly says: RegExp;
    /** Seconds after the end of the fault until which they may. */
    readonly seconds: number;
}

/** One way in which things go wrong. */
export interface Fault {
    /** As `--only` takes it. */
    readonly name: string;
    /** What is done, as a sentence for the table. */
    readonly does: string;
    /** The names of the transitions during which it happens; the first of them in every run. */
    readonly during: readonly [string, ...string[]];
    /** Does it; returns when it is over. What it gives back is a complaint about what was seen on the way. */
    readonly strike: ((scene: Scene) => Promise<string[]>) | ((scene: Scene) => Promise<void>);
    readonly before?: Prepared;
    /** Nothing where it is left out. */
    readonly mayFail?: Allowed;
    /** Whether the load has to come from outside of the cluster's network, which does not outlive the fault. */
    readonly isOutside?: boolean;
    /** At which part of the step, from 0 to 1, where it is not at a random one. */
    readonly at?: number;
    /** What makes the step, where it is not `pulumi up`. */
    readonly command?: (transition: Transition) => Command;
    /** Whether the step must not be made: the users stay, or are given back, where they were. Only from the old version to the new. */
    readonly isTakenBack?: boolean;
    /** What the step's command says where it is not made, so that it was not for another reason. */
    readonly says?: RegExp;
    /** Whether it makes sense on the way to the new version only. */
    readonly isOutward?: boolean;
    /** Shares that the fault itself makes, and that no step leads to. */
    readonly foreign?: string;
}

/** What a proxy or a caller says when whom it asks is gone or does not answer. */
export const gone =
    /^(503|504|502)|other side closed|ECONNREFUSED|ECONNRESET|EPIPE|socket|timeout|no answer in|terminated|closed/i;

/** Stops processes, and lets them go on after some seconds, whatever happens meanwhile. */
export async function stopped(pids: readonly number[], seconds: number): Promise<void> {
    signal(pids, "SIGSTOP");
    try {
        await after(seconds * 1000);
    } finally {
        signal(pids, "SIGCONT");
    }
}

/** The programs of a sidecar or a gateway. */
const proxy = ["envoy", "pilot-agent"] as const;

/** The processes of the gateway. */
export function gateway({ cluster }: Pick<Scene, "cluster">): Promise<number[]> {
    return inPods(cluster, "istio-ingress", "app=istio-ingressgateway", proxy);
}

/** The sidecar of whoever calls the service that moves. */
export function callersSidecar({ cluster, transition }: Where): Promise<number[]> {
    const [namespace = "", app = ""] = (transition.caller ?? "").split("/");
    return inPods(cluster, namespace, `app=${app}`, proxy);
}

/** The programs of the new version. */
export async function freshPods({ cluster, transition }: Where): Promise<number[]> {
    const [namespace = "", name = ""] = transition.fresh.split("/");
    const printed = await kubectl(cluster, ["get", "deployment", name, "-n", namespace, "-o", "json"]);
    const { spec } = JSON.parse(printed) as { spec: { selector: { matchLabels: Record<string, string> } } };
    const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
    return inPods(cluster, namespace, selector.join(","), ["demo"]);
}

/**
 * The new version with environment variables that its program takes for faults, and without them again. Its pods are made anew, so
 * that none of the old ones is left.
 */
export function freshWith(...variables: readonly string[]): Prepared {
    const set = async (scene: Where, values: readonly string[]): Promise<void> => {
        const [namespace = "", name = ""] = scene.transition.fresh.split("/");
        const replicas = await kubectl(scene.cluster, [
            "get",
            "deployment",
            name,
            "-n",
            namespace,
            "-o",
            "jsonpath={.spec.replicas}",
        ]);
        await kubectl(scene.cluster, ["scale", `deployment/${name}`, "-n", namespace, "--replicas=0"]);
        await kubectl(scene.cluster, ["set", "env", `deployment/${name}`, "-n", namespace, ...values]);
        await kubectl(scene.cluster, ["scale", `deployment/${name}`, "-n", namespace, `--replicas=${replicas}`]);
    };
    const isReadyAgain = async ({ cluster, transition }: Where): Promise<void> => {
        const [namespace = "", name = ""] = transition.fresh.split("/");
        await kubectl(cluster, ["rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=120s"]);
    };
    const isNeverReady = variables.some((variable) => variable.startsWith("FAIL_READINESS"));
    return {
        prepare: async (scene) => {
            await set(scene, variables);
            if (!isNeverReady) await isReadyAgain(scene);
        },
        tidy: async (scene) => {
            await set(
                scene,
                variables.map((variable) => `${variable.split("=")[0]}-`),
            );
            await isReadyAgain(scene);
        },
    };
}

/** The new version is not asked whether it is ready for 20 s after its start. */
export const slowFresh: Prepared = {
    prepare: (scene) => probeAfter(scene, 20),
    tidy: (scene) => probeAfter(scene, 0),
};

async function probeAfter({ cluster, transition }: Where, seconds: number): Promise<void> {
    const [namespace = "", name = ""] = transition.fresh.split("/");
    const at = "/spec/template/spec/containers/0/readinessProbe/initialDelaySeconds";
    const patch = JSON.stringify([{ op: "add", path: at, value: seconds }]);
    await kubectl(cluster, ["patch", "deployment", name, "-n", namespace, "--type=json", "-p", patch]);
}
