import type {
    ResourceValidation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidation,
    StackValidationPolicy,
} from "@pulumi/policy";
import { worldKinds } from "../../components/traffic/world/objects";
import type { Body, KubeObject } from "./object";
import { type Run, run } from "./run";
import { isAsApplied, mayMatter, type RunStep, stepOf } from "./step";
import { isOfWorld } from "./world";

/** What a check is given beside the object. */
export interface Context<Config extends object = object> {
    readonly run: Run;
    readonly config: Config;
    /** The object's fields as Pulumi gives them: to read one that a preview does not know makes the finding an advice. */
    readonly props: Body;
}

/** Says what is wrong. */
export type Report = (message: string) => void;

/** Both checks of a policy that looks at resources one by one, and at the stack as a whole. */
export type Checks = Required<Pick<ResourceValidationPolicy, "validateResource">> &
    Pick<StackValidationPolicy, "validateStack">;

/**
 * Checks each object of some kinds before it is applied. All other resources are only taken note of.
 *
 * @param policy its name, so that what it says of a resource is not said of the stack once more.
 */
export function eachObject<Config extends object>(
    policy: string,
    kinds: readonly string[],
    check: (object: KubeObject, report: Report, context: Context<Config>) => void | Promise<void>,
): ResourceValidation {
    const judged = new WeakSet<KubeObject>();
    return async (args, report) => {
        const now = run();
        const object = now.see(args, (known) => judged.has(known));
        if (!object) return;
        judged.add(object);
        if (!kinds.includes(object.kind)) return;
        const say = (message: string): void => {
            now.saysFirst(policy, message);
            report(message);
        };
        await check(object, say, contextOf(now, args));
    };
}

/**
 * Checks each object of some kinds against all others: in a preview when all are known, in an update also before each is
 * applied, against those that the program has registered until then.
 *
 * @param check `isWhole` says whether `world` holds everything; where it does not, what is missing may come yet.
 */
export function amongOthers<Config extends object>(
    policy: string,
    kinds: readonly string[],
    check: (
        object: KubeObject,
        world: readonly KubeObject[],
        report: Report,
        context: Pick<Context<Config>, "run" | "config"> & { readonly isWhole: boolean },
    ) => void | Promise<void>,
): Checks {
    return {
        validateResource: eachObject<Config>(policy, kinds, async (object, report, context) => {
            if (!context.run.sources.isPreview)
                await check(object, context.run.objects(), report, { ...context, isWhole: false });
        }),
        validateStack: wholeStack<Config>(policy, async (world, report, context) => {
            for (const object of world.filter(({ kind }) => kinds.includes(kind)))
                await check(object, world, (message) => report(message, object.urn), { ...context, isWhole: true });
        }),
    };
}

/**
 * Checks the step that a run makes: in a preview when all is known, in an update also before each object that changes anything is
 * applied, as far as the program has registered by then.
 */
export function theStep<Config extends object>(
    policy: string,
    check: (step: RunStep, report: Report, context: Pick<Context<Config>, "run" | "config">) => void,
): Checks {
    const clusters = async (run: Run, objects: readonly KubeObject[]): Promise<Set<string>> => {
        // Also of what is to be removed, where nothing else is left of its cluster; that the state can't be read is said elsewhere.
        const applied = await run.applied().catch(() => []);
        const left = applied.filter(({ provider }) => run.registered.has(provider));
        const found = [...objects, ...left].filter(isOfWorld).map(({ provider }) => run.clusterOf(provider));
        return new Set(found.length > 0 ? found : [""]);
    };
    return {
        validateResource: eachObject<Config>(policy, Object.keys(worldKinds), async (object, report, context) => {
            const { run } = context;
            if (run.sources.isPreview || (await isAsApplied(run, object)) || !(await mayMatter(run, object))) return;
            const cluster = run.clusterOf(object.provider);
            const step = await stepOf(run, { cluster, objects: run.objects(), isWhole: false });
            check(step, (message) => (run.hasSaid(policy, message) ? undefined : report(message)), context);
        }),
        validateStack: wholeStack<Config>(policy, async (objects, report, context) => {
            const { run } = context;
            for (const cluster of await clusters(run, objects))
                check(await stepOf(run, { cluster, objects, isWhole: true }), report, context);
        }),
    };
}

/** Checks the stack as it will be, or as it has become. Says nothing that a resource's check has said already. */
export function wholeStack<Config extends object>(
    policy: string,
    check: (
        world: readonly KubeObject[],
        report: (message: string, urn?: string) => void,
        context: Pick<Context<Config>, "run" | "config"> & { readonly urns: ReadonlySet<string> },
    ) => void | Promise<void>,
): StackValidation {
    return async (args, report) => {
        const now = run();
        const urns = new Set(args.resources.flatMap(({ urn, opts }) => [urn, ...opts.aliases]));
        await check(
            now.remaining(args.resources),
            (message, urn) => {
                if (now.saysFirst(policy, message)) report(message, urn);
            },
            { run: now, config: args.getConfig<Config>(), urns },
        );
    };
}

function contextOf<Config extends object>(now: Run, args: ResourceValidationArgs): Context<Config> {
    return { run: now, config: args.getConfig<Config>(), props: args.props as Body };
}
