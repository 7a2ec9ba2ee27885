import { z } from "zod";
import type { AskedFor } from "./problems";
import { pairedProblems } from "./problems";
import { planPairs, Stage } from "../../components/traffic/split/pairs";
import type { Problem } from "../../components/traffic/split/problem";
import { Strategy } from "../../components/traffic/split/strategy";
import type { VersionName } from "../../components/traffic/split/weights";
import type { ServiceSettings, SystemSettings } from "../config/settings";
import type { RawSettings } from "../config/shape";
import { text } from "../../cluster/typed";
import type { KnownSystem } from "../known";

const versions = ["v1", "v2"] as const;

const stage = z.strictObject({ frontend: text(z.string().min(1)), backend: text(z.string().min(1)) });

/** `upshift:tiers`. */
const options = z.strictObject({
    /** Seconds that a new frontend must have been ready before the next old one goes. */
    minReadySeconds: z.number().int().min(0).max(600).default(30),
    /** Declares that a backend answers frontends of earlier versions, too: then stages name their tiers' versions. */
    compatible: z.boolean().default(false),
    /** The versions of the active stage's tiers, where they are compatible. */
    active: stage.optional(),
    /** The versions of the smoke stage's tiers, where they are compatible. Default: there is no such stage. */
    smoke: stage.optional(),
});

type TiersOptions = z.infer<typeof options>;

/** The two tiers of seed 004: frontends and backends that can't mix versions. */
export const tiers: KnownSystem = {
    name: "tiers",
    needs: { namespaces: ["tiers"] },
    host: "tiers.minikube.me",
    partsAt: ["smoke"],
    services: [
        {
            name: "frontend",
            versions,
            named: true,
            strategies: [Strategy.Pairs],
            replicas: 5,
            deployments: () => stages.map((name) => `frontend-${name}`),
        },
        {
            name: "backend",
            versions,
            strategies: [],
            replicas: 5,
            deployments: (all) => [...all, ...stages].map((name) => `backend-${name}`),
        },
    ],
    options,
    problems,
};

const stages = Object.values(Stage);

/** What the config asks of PairedTiers; images are left to the program. */
export interface TiersPlan extends AskedFor {
    readonly minReadySeconds: number;
}

/** Whole pairs by version; or, where versions are declared compatible, a pair for each stage with the versions of its tiers. */
export function tiersPlan(system: SystemSettings, services: readonly ServiceSettings[]): TiersPlan {
    const own = system.options as TiersOptions;
    const frontend = serviceOf(services, "frontend");
    const backend = serviceOf(services, "backend");
    const frontendsOf = (name: Stage) => frontend.counted[`frontend-${name}`] ?? frontend.replicas;
    const backendsOf = (pair: string) => backend.counted[`backend-${pair}`] ?? backend.replicas;
    const shared = { canaryHeader: frontend.canaryHeader, minReadySeconds: own.minReadySeconds };
    if (own.compatible) {
        const first = versionsThere(services)[0] ?? "v1";
        const wanted = { active: own.active ?? { frontend: first, backend: first }, smoke: own.smoke };
        const pairs = stages.flatMap((name) => {
            const tier = wanted[name];
            if (!tier) return [];
            const accepts = upTo(tier.backend, versionsThere(services));
            const compatibleBackend = { version: tier.backend, accepts };
            return [{ name, version: tier.frontend, backendReplicas: backendsOf(name), compatibleBackend }];
        });
        return {
            ...shared,
            pairs,
            active: { pair: Stage.Active, replicas: frontendsOf(Stage.Active) },
            ...(own.smoke && { smoke: { pair: Stage.Smoke, replicas: frontendsOf(Stage.Smoke) } }),
        };
    }
    const plan = planPairs(frontend.weights, frontend.stable, frontend.versions);
    return {
        ...shared,
        pairs: frontend.versions.map((name) => ({ name, version: name, backendReplicas: backendsOf(name) })),
        active: { pair: plan.active, replicas: frontendsOf(Stage.Active) },
        ...(plan.smoke && { smoke: { pair: plan.smoke, replicas: frontendsOf(Stage.Smoke) } }),
        weights: frontend.weights,
    };
}

function problems(raw: RawSettings, system: SystemSettings, services: readonly ServiceSettings[]): Problem[] {
    const own = system.options as TiersOptions;
    const unfit = [
        ...halfPairs(services),
        ...hostProblems(system),
        ...(own.compatible ? compatibleProblems(own, raw, services) : strictProblems(own, raw, services)),
    ];
    return unfit.length > 0 ? unfit : pairedProblems(tiersPlan(system, services));
}

/** An image for one tier alone would pair it with a backend or frontend of somebody else's. */
function halfPairs(services: readonly ServiceSettings[]): Problem[] {
    const [frontend, backend] = [serviceOf(services, "frontend"), serviceOf(services, "backend")];
    const lacking = (there: ServiceSettings, missing: ServiceSettings): Problem[] =>
        Object.keys(there.images)
            .filter((version) => !(version in missing.images))
            .map((version) => ({
                at: `images.${missing.name}.${version}`,
                message: `${version} has an image of ${there.name} and none of ${missing.name}: a pair has both tiers`,
                fix: `pulumi config set --path images.${missing.name}.${version} IMAGE`,
            }));
    return [...lacking(frontend, backend), ...lacking(backend, frontend)];
}

/** The smoke stage has a host below the system's own. */
function hostProblems({ host }: SystemSettings): Problem[] {
    if (host !== "*") return [];
    return [
        {
            at: "hosts.tiers",
            message: "needs a host of its own, for the smoke stage answers at smoke.<host>",
            fix: "pulumi config set --path hosts.tiers tiers.minikube.me",
        },
    ];
}

function strictProblems(own: TiersOptions, raw: RawSettings, services: readonly ServiceSettings[]): Problem[] {
    const frontend = serviceOf(services, "frontend");
    const unfit: Problem[] = stages
        .filter((name) => own[name])
        .map((name) => ({
            at: `tiers.${name}`,
            message: "versions of single tiers can be named only where they are declared compatible",
            fix: `pulumi config rm --path tiers.${name}`,
        }));
    if (frontend.versions.length > 2)
        unfit.push({
            at: "weights.frontend",
            message: `${frontend.versions.join(", ")} are named, and there is one active pair and one for smoke tests`,
            fix: `pulumi config rm --path weights.frontend.${surplus(frontend)}`,
        });
    return [...unfit, ...countsOf(stages, "backend", "are the backends of compatible versions", raw)];
}

function compatibleProblems(own: TiersOptions, raw: RawSettings, services: readonly ServiceSettings[]): Problem[] {
    const there = versionsThere(services);
    const unfit = stages.flatMap((name) =>
        Object.entries(own[name] ?? {})
            .filter(([, version]) => !there.includes(version))
            .map(([tier, version]) => ({
                at: `tiers.${name}.${tier}`,
                message: `there is no version ${version}; the versions are ${there.join(", ")}`,
                fix: `pulumi config set --path tiers.${name}.${tier} ${there.at(-1)}`,
            })),
    );
    const weighted = Object.keys(raw.weights.frontend ?? {}).length > 0;
    return [
        ...unfit,
        ...(weighted
            ? [
                  {
                      at: "weights.frontend",
                      message:
                          "where versions are compatible, tiers.active and tiers.smoke say what runs, and users get active",
                      fix: "pulumi config rm --path weights.frontend",
                  },
              ]
            : []),
        ...countsOf(there, "backend", "are backends of pairs that can't mix", raw),
    ];
}

/** Counts of Deployments that there are only in the other way of working: they would count nothing. */
function countsOf(names: readonly string[], tier: string, what: string, raw: RawSettings): Problem[] {
    return names
        .map((name) => `${tier}-${name}`)
        .filter((name) => raw.replicas[name] !== undefined)
        .map((name) => ({
            at: `replicas.${name}`,
            message: `${names.map((one) => `${tier}-${one}`).join(", ")} ${what}, and are not here`,
            fix: `pulumi config rm --path replicas.${name}`,
        }));
}

/** The version that is most likely over: one without a share that is not stable. */
function surplus({ versions: there, weights, stable }: ServiceSettings): VersionName {
    return there.find((version) => version !== stable && (weights[version] ?? 0) === 0) ?? there[0] ?? "";
}

/** The version itself and those before it. */
function upTo(version: VersionName, all: readonly VersionName[]): VersionName[] {
    return all.slice(0, all.indexOf(version) + 1);
}

/** Every version that both tiers have, earlier ones first. */
function versionsThere(services: readonly ServiceSettings[]): VersionName[] {
    return [...serviceOf(services, "backend").versions];
}

function serviceOf(services: readonly ServiceSettings[], name: string): ServiceSettings {
    const found = services.find((service) => service.name === name);
    if (!found) throw new Error(`The config of tiers has no ${name}.`);
    return found;
}
