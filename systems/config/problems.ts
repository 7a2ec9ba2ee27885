import { closest } from "fastest-levenshtein";
import { canaryHeaderProblems } from "../../components/traffic/split/headerMatch";
import type { Problem } from "../../components/traffic/split/problem";
import { totalProblems } from "../../components/traffic/split/replicas";
import { routingProblems } from "../../components/traffic/split/routing";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import { type Weights, weightProblems } from "../../components/traffic/split/weights";
import { shapeProblems } from "../../rollout/config/shapeProblems";
import { isJudged } from "./judged";
import type { ServiceSettings, SystemSettings } from "./settings";
import type { RawSettings } from "./shape";
import { deploymentsOf, type KnownService, type KnownSystem } from "../known";

/**
 * Everything that several keys of the config say together and that can't be.
 *
 * @param unread keys that are not in `raw`, as they could not be read.
 */
export function problemsOf(
    raw: RawSettings,
    known: readonly KnownSystem[],
    chosen: readonly KnownSystem[],
    systems: readonly SystemSettings[],
    services: readonly ServiceSettings[],
    unread: readonly string[],
): Problem[] {
    const knownServices = known.flatMap((system) => system.services);
    const all = [
        ...systemProblems(raw, known),
        ...unknownNames(raw, known),
        ...contextProblems(raw),
        ...headerProblems(raw, services),
        ...hostProblems(raw, chosen),
        ...chosen.flatMap((system) => [
            ...chainProblems(system, raw),
            ...optionProblems(system, raw),
            // They may be about any key.
            ...(unread.length > 0 ? [] : ownProblems(system, raw, systems, services)),
        ]),
        ...services.flatMap((service) => {
            const one = knownServices.find((candidate) => candidate.name === service.name);
            return one ? serviceProblems(one, service, raw) : [];
        }),
    ];
    return all.filter((problem) => isJudged(problem, unread));
}

function systemProblems({ system }: RawSettings, known: readonly KnownSystem[]): Problem[] {
    const names = known.map(({ name }) => name);
    const unknown = system.filter((name) => !names.includes(name));
    const twice = system.filter((name, index) => system.indexOf(name) !== index);
    return [
        ...unknown.map((name) => ({
            at: "system",
            message: `there is no system ${name}; the systems are ${names.join(", ")}`,
            // The others stay: to leave them out would take them away.
            fix: `pulumi config set system ${system.map((one) => (one === name ? closest(name, names) : one)).join(",")}`,
        })),
        ...[...new Set(twice)].map((name) => ({
            at: "system",
            message: `${name} is named twice`,
            fix: `pulumi config set system ${[...new Set(system)].join(",")}`,
        })),
    ];
}

function serviceProblems(known: KnownService, service: ServiceSettings, raw: RawSettings): Problem[] {
    const { name, versions, stable, weights, strategy, total, routing } = service;
    const problems: Problem[] = [];
    if (name in raw.weights)
        problems.push(...weightProblems(`weights.${name}`, raw.weights[name] as Weights, versions));
    if (!versions.includes(stable))
        problems.push({
            at: `stable.${name}`,
            message: `there is no version ${stable}; the versions are ${versions.join(", ")}`,
            fix: `pulumi config set --path stable.${name} ${versions[0]}`,
        });
    if (service.blueGreen && !versions.includes(service.blueGreen))
        problems.push({
            at: `blueGreen.${name}`,
            message: `there is no version ${service.blueGreen}; the versions are ${versions.join(", ")}`,
            fix: `pulumi config set --path blueGreen.${name} ${versions.at(-1)}`,
        });
    if (service.inPlace && !versions.includes(service.inPlace))
        problems.push({
            at: `inPlace.${name}`,
            message: `there is no version ${service.inPlace}; the versions are ${versions.join(", ")}`,
            fix: `pulumi config rm --path inPlace.${name}`,
        });
    if (strategy && !known.strategies.includes(strategy))
        problems.push({
            at: `strategy.${name}`,
            message: `strategy ${strategy} does not fit ${name}; it takes ${known.strategies.join(", ")}`,
            fix: `pulumi config set --path strategy.${name} ${closest(strategy, [...known.strategies])}`,
        });
    if (strategy === ServiceStrategy.Replicas) {
        problems.push(...totalProblems(`total.${name}`, weights, total));
        for (const key of Object.keys(routing))
            problems.push({
                at: `routing.${name}.${key}`,
                message: "strategy replicas has no mesh that could do it",
                fix: `pulumi config rm --path routing.${name}.${key}`,
            });
    } else if (name in raw.total)
        problems.push({
            at: `total.${name}`,
            message: `only strategy replicas takes a total; ${name} has ${strategy ?? "no"} strategy`,
            fix: `pulumi config rm --path total.${name}`,
        });
    if (service.replicas === 0 && !known.mayBeEmpty)
        problems.push({
            at: `replicas.${name}`,
            message: "0 pods serve nobody",
            fix: `pulumi config set --path replicas.${name} 1`,
        });
    return [...problems, ...routingProblems(`routing.${name}`, routing, versions)];
}

/** One header serves all split services, so its version must be there in one of them at least. */
function headerProblems(raw: RawSettings, services: readonly ServiceSettings[]): Problem[] {
    if (!raw.canaryHeader) return [];
    const problems = canaryHeaderProblems("canaryHeader", raw.canaryHeader);
    const { to } = raw.canaryHeader;
    const led = services.filter((service) => service.canaryHeader);
    if (to && led.length === 0)
        problems.push({
            at: "canaryHeader.to",
            message: `no service has a version ${to}`,
            fix: `pulumi config set --path canaryHeader.to v2`,
        });
    if (led.length > 0 && led.every((service) => service.strategy === ServiceStrategy.Replicas))
        problems.push({
            at: "canaryHeader",
            message: "strategy replicas can't tell requests apart",
            fix: "pulumi config rm canaryHeader",
        });
    return problems;
}

/** Where two VirtualServices claim a host at one gateway, Istio serves either of them. */
function hostProblems(raw: RawSettings, chosen: readonly KnownSystem[]): Problem[] {
    const hosts = chosen.map((system) => [system.name, raw.hosts[system.name] ?? system.host] as const);
    return hosts.flatMap(([name, host], index) => {
        const other = hosts.slice(0, index).find(([, taken]) => taken === host);
        if (!other) return [];
        const names = [name, ...hosts.map((_, more) => `${name}-${more + 2}`)].map((one) => `${one}.minikube.me`);
        const free = names.find((one) => hosts.every(([, taken]) => taken !== one));
        return [
            {
                at: `hosts.${name}`,
                message: `${host} is the host of ${other[0]} already, and two VirtualServices can't claim one host`,
                fix: `pulumi config set --path hosts.${name} ${free}`,
            },
        ];
    });
}

/** A chain is moved by its own weights or by those of its services, and never by both. */
function chainProblems({ chain, services }: KnownSystem, raw: RawSettings): Problem[] {
    if (!chain || !(chain.name in raw.weights)) return [];
    const versions = services.find((service) => service.name === chain.services[0])?.versions ?? [];
    const at = `weights.${chain.name}`;
    // Once the chain has another version for all, its services follow it, step by step.
    const [whole] = Object.entries(raw.weights[chain.name] as Weights).find(([, weight]) => weight === 100) ?? [];
    const follows = (service: string): boolean => whole !== undefined && whole !== (raw.stable[service] ?? versions[0]);
    const both = chain.services.filter(
        (service) => isSplit(raw.weights[service] as Weights | undefined) && !follows(service),
    );
    return [
        ...weightProblems(at, raw.weights[chain.name] as Weights, versions),
        ...both.map((service) => ({
            at: `weights.${service}`,
            message: `${service} is split by itself while ${at} moves the whole chain`,
            fix: `pulumi config rm --path weights.${service}`,
        })),
    ];
}

function isSplit(weights: Weights | undefined): boolean {
    return weights !== undefined && Object.values(weights).filter((weight) => weight > 0).length > 1;
}

function optionProblems({ name, options }: KnownSystem, raw: RawSettings): Problem[] {
    const given: unknown = (raw as Record<string, unknown>)[name];
    if (given === undefined) return [];
    if (!options) return [{ at: name, message: `${name} has no settings of its own`, fix: `pulumi config rm ${name}` }];
    const result = options.safeParse(given);
    return result.success ? [] : shapeProblems(result.error.issues, given, name);
}

/** Judged only where the system's settings could be read. */
function ownProblems(
    { name, problems }: KnownSystem,
    raw: RawSettings,
    systems: readonly SystemSettings[],
    services: readonly ServiceSettings[],
): Problem[] {
    const system = systems.find((one) => one.name === name);
    return problems && system?.options !== undefined ? problems(raw, system, services) : [];
}

function contextProblems(raw: RawSettings): Problem[] {
    if (raw.target !== "context" || raw.context) return [];
    return [
        {
            at: "context",
            message: "target context needs the name of a kubeconfig context: never the current one by accident",
            fix: "pulumi config set context NAME",
        },
    ];
}

/** Names of services and systems that are nowhere. Those of systems that do not run now stay: the stack may come back to them. */
function unknownNames(raw: RawSettings, known: readonly KnownSystem[]): Problem[] {
    const services = known.flatMap((system) => system.services);
    const all = services.map((service) => service.name);
    const split = services.filter((service) => service.strategies.length > 0).map((service) => service.name);
    const chains = known.flatMap((system) => system.chain?.name ?? []);
    const allowed: [string, object, readonly string[]][] = [
        ["hosts", raw.hosts, known.map((system) => system.name)],
        ["weights", raw.weights, [...split, ...chains]],
        ["stable", raw.stable, split],
        ["blueGreen", raw.blueGreen, split],
        ["inPlace", raw.inPlace, split],
        ["strategy", raw.strategy, split],
        ["total", raw.total, split],
        ["routing", raw.routing, split],
        ["release", raw.release, [...split, ...chains]],
        ["images", raw.images, all],
        ["replicas", raw.replicas, ["all", ...all, ...services.flatMap((service) => deploymentsOf(service, raw))]],
    ];
    return allowed.flatMap(([key, values, fit]) =>
        Object.keys(values)
            .filter((name) => !fit.includes(name))
            .map((name) => ({
                at: `${key}.${name}`,
                message: `there is no ${name} here; the nearest is ${closest(name, [...fit])}`,
                fix: `pulumi config rm --path ${key}.${name}`,
            })),
    );
}
