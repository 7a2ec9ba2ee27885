import type { Services } from "./manyHands";
import type { ReleasedService } from "./service";
import type { ReleaseSettings } from "./settings";
import { isWait, nameOf, parseSteps, positionOf, type ReleaseStep, type Wait } from "./steps";

/** Where a release is, as config and state say it: whether somebody drives it just now, neither of them knows. */
export interface ReleaseState {
    readonly service: string;
    /** The version that is to have all users; undefined where users or testers are off stable and no release says so. */
    readonly to?: string;
    readonly stable?: string;
    /** Percent of users that the version has. */
    readonly share?: number;
    /** Whether it gets copies of users' requests, and no user. */
    readonly isCopied?: boolean;
    /** The step that it is at, by its name: `begin` before the first. */
    readonly at?: string;
    readonly steps?: readonly string[];
    readonly state: "declared" | "under way" | "paused" | "aborted" | "complete" | "undeclared" | "wrong";
    /** The step that somebody has said counts as passed, and no driver has heard of yet. */
    readonly promoted?: string;
    /** What it waits for, or what to do. */
    readonly waitsFor: string;
}

/**
 * Every release that is declared in the config or under way, by the name of its service.
 *
 * @param settings of `release`, by service: an error for what can't be meant.
 * @param where what commands need to be about this stack.
 */
export function releaseStates(
    { services, others }: Services,
    settings: Readonly<Record<string, ReleaseSettings | Error>>,
    where: string,
): ReleaseState[] {
    const names = [...new Set([...Object.keys(settings), ...Object.keys(services)])].sort();
    return names.flatMap((service): ReleaseState[] => {
        const [declared, served] = [settings[service], services[service]];
        if (declared instanceof Error) return [{ service, state: "wrong", waitsFor: declared.message }];
        if (declared && served) return [stateOf(service, declared, served, where)];
        if (declared) {
            const why = others.find((one) => one.service === service)?.why ?? "the stack splits no such service";
            return [{ service, to: declared.to, state: "wrong", waitsFor: why }];
        }
        return served ? undeclared(service, served, where) : [];
    });
}

function stateOf(service: string, settings: ReleaseSettings, served: ReleasedService, where: string): ReleaseState {
    const { to, paused, aborted, promoted } = settings;
    const { steps, problems } = parseSteps(settings.steps, `release.${service}.steps`);
    const { stable, weights } = served;
    const position = positionOf(steps, to, served);
    const at = nameOf(steps, position);
    const known = {
        ...{ service, to, stable, at, share: weights[to] ?? 0, steps: steps.map(({ name }) => name) },
        ...(promoted !== undefined && { promoted }),
        ...(served.mirror?.to === to && { isCopied: true }),
    };
    const of = `${service}${where}`;
    const [problem] = problems;
    if (problem)
        return { ...known, state: "wrong", waitsFor: `${problem.at}: ${problem.message}\n  fix: ${problem.fix}` };
    if (to === stable)
        return {
            ...known,
            state: "complete",
            waitsFor: `nothing: ${to} is the stable version (npx upshift release ${of} --to VERSION)`,
        };
    if (aborted === to)
        return {
            ...known,
            state: "aborted",
            waitsFor: `somebody to start it anew: npx upshift release ${of} --to ${to} --again`,
        };
    if (paused) return { ...known, state: "paused", waitsFor: `somebody to let it go on: npx upshift resume ${of}` };
    if (weights[to] === 100)
        return {
            ...known,
            state: "complete",
            waitsFor: `somebody to make ${to} the stable version: npx upshift finish ${of}`,
        };
    if (position < 0) return { ...known, state: "declared", waitsFor: `somebody to begin: npx upshift release ${of}` };
    return {
        ...known,
        state: "under way",
        waitsFor: nextOf(steps, position, `npx upshift promote ${of}`, at === promoted),
    };
}

/** What lies between a step and the next that moves somebody. */
function nextOf(steps: readonly ReleaseStep[], position: number, promote: string, isPromoted: boolean): string {
    const current = steps[position];
    const gates = { weight: `its gate at ${current?.name} %`, mirror: "the gate of its copies" };
    const gate = current && current.kind in gates ? gates[current.kind as keyof typeof gates] : "its time to bake";
    const pauses: string[] = [];
    let next = position + 1;
    for (let step = steps[next]; isWait(step); step = steps[++next]) pauses.push(waitInWords(step, promote));
    const waits = isPromoted ? ["a driver to hear that it was promoted"] : [gate, ...pauses];
    return `${waits.join(", then ")}; next: ${nameOf(steps, next)}`;
}

function waitInWords(step: Wait, promote: string): string {
    if (step.kind === "approval") return `${step.by ?? "somebody"}'s approval (${promote})`;
    return step.seconds === undefined ? `somebody's word (${promote})` : `a pause of ${step.seconds} s`;
}

/** Users or testers who are off stable without any release that says so: by hand, or by what is over. */
function undeclared(service: string, { weights, stable, headerTo }: ReleasedService, where: string): ReleaseState[] {
    const off = Object.entries(weights).filter(([version, weight]) => version !== stable && weight > 0);
    const [to, share] = off.sort(([, one], [, other]) => other - one)[0] ?? [headerTo, 0];
    if (to === undefined || to === stable) return [];
    const waitsFor = `somebody to go on (npx upshift release ${service}${where} --to ${to}) or back (npx upshift rollback ${service}${where})`;
    // A header that leads to a version without users may stand there for ever, and is no release.
    return share === 0 ? [] : [{ service, to, stable, share, state: "undeclared", waitsFor }];
}
