import type { Mirror } from "../../../components/traffic/split/routing";
import type { Weights } from "../../../components/traffic/split/weights";
import type { Values } from "../hands";
import type { Off } from "../members";
import { type ReleaseStep, weightsAt, type Whereabouts } from "../steps";

/** What taking a step comes to. */
export interface Taking {
    /** What the config is given. */
    readonly values: Values;
    /** The service's weights, where they change. */
    readonly weights?: Weights;
    /** Whether what is applied follows. */
    readonly isTaken: (now: Whereabouts) => boolean;
    /** How a program reads what was written, for one that does not follow. */
    readonly howToRead: string;
    /** The config as it was. @param old what `Hands.write` gave back */
    readonly undone: (old: Values) => Values;
}

/** What a step writes into the config, and what is applied once it is taken. */
export function takingOf(
    service: string,
    step: ReleaseStep,
    {
        to,
        baseline,
        served,
        isSwitch,
    }: Pick<Off, "to" | "baseline"> & {
        readonly served: Whereabouts;
        readonly isSwitch: boolean;
    },
): Taking {
    const undone = (old: Values): Values => old;
    switch (step.kind) {
        case "weight": {
            const goal = weightsAt(to, step.percent, served, baseline);
            const moved = [to, ...(baseline === undefined ? [] : [baseline])];
            return {
                values: withoutCopies(service, served, to),
                weights: goal,
                isTaken: ({ weights }) => moved.every((version) => weights[version] === goal[version]),
                howToRead: `new pulumi.Config().requireObject("weights")`,
                undone: (old) => (served.mirror?.to === to ? { ...old, ...mirrorValues(service, served.mirror) } : old),
            };
        }
        case "mirror":
            return {
                values: mirrorValues(service, { to, percent: step.percent }),
                isTaken: ({ mirror }) => mirror?.to === to && (mirror.percent ?? 100) === step.percent,
                howToRead: mirrorOf(service),
                // Not its parts, one by one: they would leave an empty map.
                undone: () => mirrorValues(service, served.mirror),
            };
        case "header":
            return {
                values: { "canaryHeader.to": to, ...(isSwitch && { [`blueGreen.${service}`]: to }) },
                isTaken: ({ headerTo }) => headerTo === to,
                howToRead: `new pulumi.Config().requireObject("canaryHeader")`,
                undone,
            };
        default:
            throw new Error(`${step.name} is waited for, and not taken.`);
    }
}

/**
 * A step as it is for a service that may be further already, where several are released as one: that stays where it is.
 *
 * @returns undefined where there is nothing to be taken: copies for a version that has users.
 */
export function notLess(step: ReleaseStep, to: string, { weights, mirror }: Whereabouts): ReleaseStep | undefined {
    const share = weights[to] ?? 0;
    if (step.kind === "weight") return { ...step, percent: Math.max(step.percent, share) };
    if (step.kind !== "mirror") return step;
    const copied = mirror?.to === to ? (mirror.percent ?? 100) : 0;
    return share > 0 ? undefined : { ...step, percent: Math.max(step.percent, copied) };
}

/**
 * What the config is given so that a version gets no copies any more; nothing where it gets none. Beside users' own requests, the
 * proxies' counters can't tell them from those.
 */
export function withoutCopies(service: string, { mirror }: Whereabouts, to: string): Values {
    return mirror?.to === to ? mirrorValues(service, undefined) : {};
}

function mirrorValues(service: string, mirror: Mirror | undefined): Values {
    const at = `routing.${service}.mirror`;
    return mirror ? { [`${at}.to`]: mirror.to, [`${at}.percent`]: mirror.percent ?? 100 } : { [at]: undefined };
}

function mirrorOf(service: string): string {
    return `new TrafficSplit(…, { routing: { mirror: new pulumi.Config().getObject<Record<string, { mirror?: Mirror }>>("routing")?.["${service}"]?.mirror } })`;
}
