import { checkStep, type StepLimits } from "../../components/traffic/judge/checkStep";
import { type Finding, unreadable } from "../../components/traffic/judge/finding";
import { fullHost, hostsOf, shortHost } from "./hosts";
import { encrypted, holds, type KubeObject, textsAt, unknown } from "./object";
import type { Run } from "./run";
import { type Compared, isSameHost, stepOfHost } from "./stepOfHost";

/** What a program proposes for the traffic beside what is applied: what `checkStep` judges. */
export interface Step extends Compared {
    /** Why a part of it can't be judged, and so is refused. */
    readonly unreadable: readonly Finding[];
}

const known = new WeakMap<KubeObject, Promise<Step>>();

/**
 * Compares a VirtualService with what is applied for the same hosts, whatever the resource that holds them is called: one under
 * a new name moves the traffic of the old one.
 */
export function stepOf(run: Run, routes: KubeObject): Promise<Step> {
    const step = known.get(routes) ?? compare(run, routes);
    known.set(routes, step);
    return step;
}

async function compare(run: Run, routes: KubeObject): Promise<Step> {
    let state: readonly KubeObject[];
    try {
        state = await run.applied();
    } catch (error) {
        return { ...nothing, unreadable: [noState(nameOf(routes), error as Error)] };
    }
    const same = state.filter((one) => isSameRoutes(run, one, routes));
    if (holds(routes.body.spec, unknown))
        return same.length > 0
            ? refused(
                  routes,
                  "its routes are not known before the update, so the step can't be judged: give weights, hosts and subsets as plain values",
              )
            : nothing;
    if (same.some((one) => holds(one.body.spec, encrypted)))
        return refused(routes, "the state has its routes only encrypted: build them from values that are no secrets");
    const before = { state: same, live: await run.live(routes), all: state };
    const compared = hostsOf(routes).flatMap((host) => stepOfHost(run, host, routes, before));
    return joined(compared.map((one) => ({ ...one, unreadable: [] })));
}

/** Steps as one, for a chain is judged together. */
export function joined(steps: readonly Step[]): Step {
    return {
        applied: steps.flatMap(({ applied }) => applied),
        proposed: steps.flatMap(({ proposed }) => proposed),
        unreadable: steps.flatMap(({ unreadable: findings }) => findings),
    };
}

/** Every finding of a step: what can't be judged is refused. */
export function findingsOf(step: Step, limits: StepLimits): Finding[] {
    const stable = { ...limits.stable };
    // A rule for some requests has its conditions behind the service's name.
    for (const { service } of step.proposed) {
        const version = stable[service.replace(/ \(.*$/s, "")];
        if (version !== undefined) stable[service] = version;
    }
    return [...step.unreadable, ...checkStep(step.applied, step.proposed, { ...limits, stable })];
}

function isSameRoutes(run: Run, applied: KubeObject, proposed: KubeObject): boolean {
    if (applied.kind !== "VirtualService") return false;
    if (applied.urn === proposed.urn || proposed.aliases.includes(applied.urn)) return true;
    return hostsOf(proposed).some((host) => isSameHost(run, applied, proposed, host));
}

const nothing: Step = { applied: [], proposed: [], unreadable: [] };

function refused(routes: KubeObject, why: string): Step {
    return { ...nothing, unreadable: [unreadable(nameOf(routes), why)] };
}

/** Why nothing can be judged without the state. */
export function noState(service: string, { message }: Error): Finding {
    const why = message
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(0, 2)
        .join(" ")
        .replace(/^error: /, "");
    return unreadable(
        service,
        `what is applied could not be read, and a step from nowhere can't be judged: ${why}. Fix what \`pulumi stack export\` lacks: the backend's address, or PULUMI_CONFIG_PASSPHRASE`,
    );
}

function nameOf(routes: KubeObject): string {
    const [host] = textsAt(routes.body, "spec", "hosts");
    return host === undefined ? routes.name : shortHost(fullHost(host, routes.namespace));
}
