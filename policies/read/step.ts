import type { Finding } from "../../components/traffic/judge/findings";
import { judge, type Judgement } from "../../components/traffic/judge/judge";
import type { Step } from "../../components/traffic/judge/step";
import { defaultMaxRaise, removedIn as namesRemoved, type StepLimits } from "../../components/traffic/judge/limits";
import { fullHost, serviceNamed, shortHost } from "../../components/traffic/world/hosts";
import { reading } from "../../components/traffic/world/world";
import { canonical, identityOf, type Placed } from "../../components/traffic/world/objects";
import { once } from "../../components/traffic/world/once";
import { bodyAt, type KubeObject, mapAt, textAt, textsAt } from "./object";
import type { Run } from "./run";
import { isOfWorld, type Proposal, stepsOf } from "./world";

/** The step that a run makes in one cluster, as far as it is known. */
export interface RunStep {
    /** The same step over each view of what is applied, the state's first. */
    readonly steps: readonly Step[];
    /** Why nothing can be judged; then there are no views. */
    readonly unreadable?: Finding | undefined;
}

const known = new WeakMap<readonly KubeObject[], Map<string, Promise<RunStep>>>();

/** The step of a run, read once for the same objects, whichever policy asks. */
export function stepOf(run: Run, proposal: Proposal): Promise<RunStep> {
    const steps = known.get(proposal.objects) ?? new Map<string, Promise<RunStep>>();
    known.set(proposal.objects, steps);
    const key = `${proposal.cluster} ${proposal.isWhole}`;
    const step = steps.get(key) ?? readStep(run, proposal);
    steps.set(key, step);
    return step;
}

async function readStep(run: Run, proposal: Proposal): Promise<RunStep> {
    try {
        await run.applied();
    } catch (error) {
        return { steps: [], unreadable: noState(proposal.objects, error as Error) };
    }
    // Where nothing is changed there is no step, and nothing to find.
    return { steps: (await stepsOf(run, proposal)).filter(isChanged) };
}

const judged = new WeakMap<RunStep, Map<string, Judgement>>();

/** What is to be said of a step: judged once for the same limits, whichever policy asks. Its limits are the pack's own, whatever is applied. */
export function judgementOf(run: Run, step: RunStep, { maxRaise = defaultMaxRaise, ...rest }: StepLimits): Judgement {
    const { maxRaiseTogether = maxRaise, stable = {} } = rest;
    const limits: StepLimits = { maxRaise, maxRaiseTogether, stable, removed: removedIn(run), isFixed: true };
    const judgements = judged.get(step) ?? new Map<string, Judgement>();
    judged.set(step, judgements);
    const key = JSON.stringify(limits);
    const judgement = judgements.get(key) ?? judgedBy(step, limits);
    judgements.set(key, judgement);
    return judgement;
}

/** What the stack's config takes away on purpose: services and groups of them, such as a system. */
export function removedIn(run: Run): string[] {
    return namesRemoved(run.sources.config("remove"));
}

function judgedBy({ steps, unreadable }: RunStep, limits: StepLimits): Judgement {
    return unreadable ? { findings: [unreadable], changes: [], services: [] } : judge(steps, limits);
}

function isChanged({ before, after }: Step): boolean {
    const texts = new Map(before.objects.map((one) => [identityOf(one), one]));
    return (
        before.objects.length !== after.objects.length ||
        after.objects.some((one) => {
            const was = texts.get(identityOf(one));
            return was !== one && (!was || textOf(was) !== textOf(one));
        })
    );
}

/** What of an object is asked for, in one form. */
const textOf = once(({ body }: Placed) => {
    const metadata = bodyAt(body, "metadata");
    return canonical([body.spec, mapAt(metadata, "annotations"), mapAt(metadata, "labels")]);
});

/**
 * Whether an update leaves an object as it was applied last, and all that it depends on is still there: then it brings nothing to
 * judge.
 */
export async function isAsApplied(run: Run, object: KubeObject): Promise<boolean> {
    // That the state can't be read is said where the step is judged.
    const applied = await run.applied().catch(() => []);
    const was = byUrn(applied).get(object.urn);
    return (
        was !== undefined &&
        identityOf(was) === identityOf(object) &&
        textOf(was) === textOf(object) &&
        was.dependencies.every((urn) => run.registered.has(urn))
    );
}

/** Whether an object may be anything to those who are served already: what is new where nobody is served yet is no step. */
export async function mayMatter(run: Run, object: KubeObject): Promise<boolean> {
    // That the state can't be read is said where the step is judged.
    const applied = await run.applied().catch(() => undefined);
    if (!applied || [object.urn, ...object.aliases].some((urn) => byUrn(applied).has(urn))) return true;
    const there = [...placesIn(applied), ...placesIn((await run.live(object)) ?? [])];
    const hosts = [...textsAt(object.body, "spec", "hosts"), textAt(object.body, "spec", "host") ?? ""].filter(Boolean);
    const own = hosts.map((host) => serviceNamed(fullHost(host, object.namespace))?.namespace ?? outside);
    return [object.namespace, ...own].some((place) => there.includes(place));
}

/** Where hosts are that are no Services. */
const outside = "";

/** The namespaces in which somebody is served. */
const placesIn = once((objects: readonly KubeObject[]) => {
    const routes = objects.filter(({ kind }) => kind === "VirtualService");
    const hosts = routes.flatMap(({ body, namespace }) =>
        textsAt(body, "spec", "hosts").map((host) => serviceNamed(fullHost(host, namespace))?.namespace ?? outside),
    );
    const services = objects.filter(({ kind }) => kind === "Service").map(({ namespace }) => namespace);
    return [...new Set([...routes.map(({ namespace }) => namespace), ...hosts, ...services])];
});

const byUrn = once((objects: readonly KubeObject[]) => new Map(objects.map((one) => [one.urn, one])));

/** Why nothing can be judged without the state. */
function noState(objects: readonly KubeObject[], { message }: Error): Finding | undefined {
    const world = objects.filter(isOfWorld);
    if (world.length === 0) return undefined;
    const why = message
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(0, 2)
        .join(" ")
        .replace(/^error: /, "");
    const hosts = [...reading({ objects: world, isWhole: false }).routesOf.keys()].map((host) => shortHost(host));
    const names = hosts.length > 0 ? hosts : [...new Set(world.map(({ name }) => name))];
    return {
        code: "unreadable",
        service: names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", "),
        detail: `what is applied could not be read, and a step from nowhere can't be judged: ${why}. Fix what \`pulumi stack export\` lacks: the backend's address, or PULUMI_CONFIG_PASSPHRASE`,
    };
}
