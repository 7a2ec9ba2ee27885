import { Finding } from "./finding";
import { VersionName, weightOf, Weights } from "./weights";

/** A service's traffic, applied or proposed: plain data, however it was read. */
export interface ServiceTraffic {
    /** The service's name, as messages and config call it. */
    readonly service: string;
    /** Percent of requests per version, of those that carry no special header. */
    readonly weights: Weights;
    /** Versions that requests with some header reach whatever the weights. */
    readonly reachableByHeader: readonly VersionName[];
}

/** What is applied, as one place has it. Several of the same service are views of it that may differ. */
export interface AppliedTraffic extends ServiceTraffic {
    /** Where it was read. */
    readonly readFrom: "state" | "cluster";
    /** Ready pods by version; undefined where they could not be counted. */
    readonly readyPods?: Readonly<Record<VersionName, number>>;
}

/** How far one step may go. */
export interface StepLimits {
    /** Points of percent by which a step may raise a version. */
    readonly maxRaise: number;
    /**
     * Points by which a step may raise the services of a chain, all added up: a request passes all of them, so that small
     * raises of several are one large one to it. From 100 on there is no such limit. Default: `maxRaise`.
     */
    readonly maxRaiseTogether?: number;
    /** The version that a rollback returns to, by service. Default: the first version of what is applied. */
    readonly stable?: Readonly<Record<string, VersionName>>;
    /** Declared blue/green switches: the version, by service, that may go to 100 at once. */
    readonly blueGreen?: Readonly<Record<string, VersionName>>;
}

/**
 * Judges a step from what is applied to what is proposed; the services are taken as one chain.
 *
 * Moves towards `stable` are always allowed, at once: nobody should need a permit to get back to safety. A service of which
 * nothing is applied is deployed for the first time, and that is no step.
 *
 * @param applied every view of every service; where views differ, the larger raise counts.
 * @returns every finding, not only the first; empty when the step may go ahead.
 */
export function checkStep(
    applied: readonly AppliedTraffic[],
    proposed: readonly ServiceTraffic[],
    limits: StepLimits,
): Finding[] {
    const raises = proposed.flatMap((service) => raisesOf(service, applied, limits));
    const large = raises.filter((raise) => raise.points > limits.maxRaise);
    const small = raises.filter((raise) => raise.points <= limits.maxRaise);
    return [
        ...large.flatMap((raise) =>
            isDeclaredSwitch(raise, limits) ? switchFindings(raise) : [tooLarge(raise, limits)],
        ),
        ...raisedTogether(small, limits),
    ];
}

/** A version that is not the stable one and gets a larger share. */
interface Raise {
    readonly proposed: ServiceTraffic;
    readonly views: readonly AppliedTraffic[];
    readonly stable: VersionName;
    readonly version: VersionName;
    readonly from: number;
    readonly to: number;
    readonly points: number;
}

function raisesOf(proposed: ServiceTraffic, applied: readonly AppliedTraffic[], limits: StepLimits): Raise[] {
    const views = applied.filter((view) => view.service === proposed.service);
    const [first] = views;
    if (!first) return [];
    const stable = limits.stable?.[proposed.service] ?? Object.keys(first.weights)[0] ?? "";
    return Object.entries(proposed.weights)
        .filter(([version]) => version !== stable)
        .map(([version, to]) => {
            const from = Math.min(...views.map((view) => weightOf(view.weights, version)));
            return { proposed, views, stable, version, from, to, points: to - from };
        })
        .filter(({ points }) => points > 0);
}

/** A switch goes all the way: to 90 is a large raise, whatever was declared. */
function isDeclaredSwitch({ proposed, version, to }: Raise, { blueGreen }: StepLimits): boolean {
    return to === 100 && blueGreen?.[proposed.service] === version;
}

function tooLarge(raise: Raise, limits: StepLimits): Finding {
    const { proposed, version, from, to, points } = raise;
    const next = from + limits.maxRaise;
    return {
        what: "raise",
        services: [proposed.service],
        version,
        from,
        to,
        limit: limits.maxRaise,
        next,
        message:
            `${proposed.service}: ${version} ${from} → ${to} is a raise of ${points} points${differing(raise)}; ` +
            `at most ${limits.maxRaise} a step: try ${next}, or declare a blue/green switch after a header test`,
        mend: setWeights(proposed.service, nextWeights(raise, next)),
    };
}

/** Where the state and the cluster do not agree, somebody else has moved the traffic: both are shown. */
function differing({ views, version }: Raise): string {
    const shares = views.map((view) => weightOf(view.weights, version));
    if (new Set(shares).size < 2) return "";
    return ` (${views.map(({ readFrom }, index) => `the ${readFrom} has ${version} ${shares[index]}`).join(", ")})`;
}

function switchFindings(raise: Raise): Finding[] {
    const { proposed, views, stable, version, from, to } = raise;
    const { service } = proposed;
    const step = { services: [service], version, from, to };
    const declared = `${service}: ${version} ${from} → ${to} is declared as a blue/green switch`;
    const findings: Finding[] = [];
    if (!views.every((view) => view.reachableByHeader.includes(version)))
        findings.push({
            ...step,
            what: "switch-untested",
            message: `${declared}, but no header leads to ${version} in what is applied: apply a header route and test ${version} first`,
            mend: `pulumi config set-all --path --plaintext canaryHeader.name=X-group --plaintext canaryHeader.exact=test --plaintext canaryHeader.to=${version}`,
        });
    const pods = views.find((view) => view.readyPods)?.readyPods;
    if (!pods)
        findings.push({
            ...step,
            what: "switch-pods",
            message: `${declared}, but its ready pods could not be counted`,
        });
    else if ((pods[version] ?? 0) < Math.max(1, pods[stable] ?? 0))
        findings.push({
            ...step,
            what: "switch-pods",
            message: `${declared}, but ${version} has ${pods[version] ?? 0} ready pods and ${stable} ${pods[stable] ?? 0}: it needs as many, and one at least`,
        });
    return findings;
}

function raisedTogether(raises: readonly Raise[], limits: StepLimits): Finding[] {
    const limit = limits.maxRaiseTogether ?? limits.maxRaise;
    const points = raises.reduce((sum, raise) => sum + raise.points, 0);
    if (limit >= 100 || points <= limit) return [];
    let left = limit;
    const shorter = raises.map((raise) => {
        const raised = Math.min(left, raise.points);
        left -= raised;
        return { raise, next: raise.from + raised };
    });
    return [
        {
            what: "together",
            services: [...new Set(raises.map(({ proposed }) => proposed.service))],
            limit,
            message:
                `${raises.map(({ proposed, version, from, to }) => `${proposed.service} ${version} ${from} → ${to}`).join(", ")} ` +
                `are together a raise of ${points} points; at most ${limit} a step: try ` +
                shorter.map(({ raise, next }) => `${raise.proposed.service} ${raise.version} ${next}`).join(", "),
            mend: shorter
                .map(({ raise, next }) => setWeights(raise.proposed.service, nextWeights(raise, next)))
                .join(" && "),
        },
    ];
}

/** The proposed weights with a smaller share for the raised version; what it does not get stays with the stable one. */
function nextWeights({ proposed, stable, version, to }: Raise, next: number): Weights {
    return { ...proposed.weights, [stable]: weightOf(proposed.weights, stable) + to - next, [version]: next };
}

function setWeights(service: string, weights: Weights): string {
    const pairs = Object.entries(weights).map(
        ([version, weight]) => `--plaintext weights.${service}.${version}=${weight}`,
    );
    return `pulumi config set-all --path ${pairs.join(" ")}`;
}
