import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { StepLimits } from "../components/traffic/judge/checkStep";
import { eachObject, wholeStack } from "./read/check";
import { isWorkload } from "../components/traffic/world/pods";
import { podsStepOf, servicesOf, unroutedServices } from "./read/podsStep";
import { declaredIn } from "./read/declared";
import { findingsOf, joined, stepOf } from "./read/step";

const name = "step-size";

/** The policy's config. */
type Config = Pick<StepLimits, "maxRaise" | "maxRaiseTogether" | "stable">;

/**
 * A step raises a version by at most N points, whatever the version's traffic follows from: the weights of a VirtualService, or
 * the pods behind a Service. Moves towards stable are free.
 */
export const stepSize: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "A step raises a version's share by at most `maxRaise` points; moves towards stable are always allowed.",
    severity: "critical",
    configSchema: {
        properties: {
            maxRaise: { type: "integer", minimum: 1, maximum: 100, default: 25 },
            maxRaiseTogether: {
                type: "integer",
                minimum: 1,
                description:
                    "Points that all services of the stack may be raised by together; 100: no such limit. Default: maxRaise.",
            },
            stable: {
                type: "object",
                additionalProperties: { type: "string" },
                default: {},
                description:
                    "The version that a rollback returns to, by service. Default: the stack's config `stable`, then the first version that is applied.",
            },
        },
    },
    validateResource: eachObject<Config>(
        name,
        ["VirtualService", "Deployment", "StatefulSet"],
        async (object, report, { run, config }) => {
            const world = run.objects();
            if (isWorkload(object)) {
                // A preview judges pods when all are known.
                if (run.sources.isPreview) return;
                const steps = await Promise.all(
                    servicesOf(world, object).map((service) => podsStepOf(run, service, world, false)),
                );
                findingsOf(joined(steps), limits(config, {})).forEach(({ message }) => report(message));
                return;
            }
            const own = await stepOf(run, object);
            const routes = world.filter(({ kind }) => kind === "VirtualService");
            const declared = declaredIn(run, routes);
            if (run.sources.isPreview) {
                const alone = { ...limits(config, declared), maxRaiseTogether: 100 };
                findingsOf(own, alone)
                    .filter(isOurs)
                    .forEach(({ message }) => report(message));
                return;
            }
            const services = new Set(own.proposed.map(({ service }) => service));
            const chain = joined(await Promise.all(routes.map((one) => stepOf(run, one))));
            const found = findingsOf({ ...chain, unreadable: own.unreadable }, limits(config, declared)).filter(isOurs);
            found
                .filter(
                    (finding) =>
                        finding.what === "unreadable" || finding.services.some((service) => services.has(service)),
                )
                .forEach(({ message }) => report(message));
        },
    ),
    validateStack: wholeStack<Config>(name, async (world, report, { run, config }) => {
        const routes = world.filter(({ kind }) => kind === "VirtualService");
        const byRoutes = await Promise.all(routes.map((one) => stepOf(run, one)));
        const byPods = await Promise.all(
            unroutedServices(world).map((service) => podsStepOf(run, service, world, true)),
        );
        findingsOf(joined([...byRoutes, ...byPods]), limits(config, declaredIn(run, routes)))
            .filter(isOurs)
            .forEach(({ message }) => report(message));
    }),
};

function limits(config: Config, declared: Pick<StepLimits, "stable" | "blueGreen">): StepLimits {
    return { ...config, stable: { ...declared.stable, ...config.stable }, blueGreen: declared.blueGreen };
}

/** What a declared switch lacks is said by the policy for that. */
function isOurs({ what }: { what: string }): boolean {
    return !what.startsWith("switch");
}
