import { weightOf } from "../../components/traffic/weights";
import { readSettings } from "../../config/read";
import type { Diagnostic, PolicyEvent, Preview } from "./events";
import { driftOf, LiveObject } from "./drift";
import type { Plan, PlanFinding, ServicePlan } from "./model";
import { withoutPaths } from "./plainValues";
import { countsOf, kindOf, podChanges, resourceChanges } from "./resources";
import { Intent, servicePlans } from "./services";

/** What the live cluster said, or why it said nothing. */
export type Live = { readonly objects: readonly LiveObject[] } | { readonly why: string };

/** Requests a second per version, by service. */
export type Rates = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** All that a plan is made of. */
export interface Known {
    readonly project: string;
    readonly stack: string;
    readonly preview: Preview;
    readonly live: Live;
    readonly rates?: Rates;
}

/** What a preview means for users. Nothing of it names a file of this machine or a secret. */
export function makePlan({ project, stack, preview, live, rates = {} }: Known): Plan {
    const services = servicePlans(preview.changes, intentOf(project, preview.config)).map((service) =>
        withRates(service, rates[service.service]),
    );
    const changes = resourceChanges(preview.changes);
    const refusals = preview.diagnostics.filter(isRefusal);
    const findings = [...preview.policies.map(policyFinding), ...refusals.flatMap(refusalFindings)];
    const errors = preview.diagnostics.filter(({ severity }) => severity === "error").filter((one) => !isRefusal(one));
    const refused = findings.some(({ level }) => level === "mandatory");
    const failed = !preview.succeeded && (errors.length > 0 || !refused);
    const result = failed ? "failed" : refused ? "refused" : changes.length > 0 ? "changes" : "nothing";
    const replaced = preview.changes
        .filter(({ op }) => op === "replace")
        .map(({ type, name, replaceKeys }) => ({ resource: `${kindOf(type)} ${name}`, because: replaceKeys }));
    const plan: Plan = {
        project,
        stack,
        result,
        services,
        pods: podChanges(preview.changes),
        replaced,
        findings,
        drift: "objects" in live ? driftOf(preview.changes, live.objects) : [],
        live: "objects" in live ? { seen: true } : { seen: false, why: live.why },
        errors: errors.map(({ message, resource }) => (resource ? `${resource}: ${message}` : message)),
        notKnown: [
            ...(preview.succeeded || (refused && refusals.length === 0 && !failed)
                ? []
                : ["The preview did not get to its end: more may change than is told here."]),
            ...("objects" in live ? [] : [`live cluster not seen: ${live.why}`]),
        ],
        changes,
        counts: countsOf(preview.changes),
    };
    return JSON.parse(
        JSON.stringify(plan, (_, value: unknown) => (typeof value === "string" ? withoutPaths(value) : value)),
    ) as Plan;
}

/** What the config says of stable versions, limits and headers; nothing where it is broken, of which the preview tells. */
export function intentOf(project: string, config: Readonly<Record<string, string>>): Intent {
    const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
    const { settings } = readSettings(
        Object.fromEntries(own.map(([key, value]) => [key.slice(project.length + 1), value])),
    );
    const services = Object.values(settings?.services ?? {});
    return {
        stable: Object.fromEntries(services.map(({ name, stable }) => [name, stable])),
        headers: services.flatMap(({ canaryHeader }) => (canaryHeader ? [canaryHeader.name] : [])),
    };
}

function policyFinding({ policy, pack, level, message, resource }: PolicyEvent): PlanFinding {
    // Most messages begin with what they are about.
    const text =
        resource && !/^[\w./-]+:/.test(message) && !message.includes(resource) ? `${resource}: ${message}` : message;
    return { level, source: `${pack}/${policy}`, ...withWayOut(text) };
}

/** A hook that refuses a step: the engine tells it as an error of the resource. */
function isRefusal({ severity, message }: Diagnostic): boolean {
    return (
        severity === "error" && /is a raise of \d+ points|blue\/green switch|can't be judged|still serves/.test(message)
    );
}

function refusalFindings({ message }: Diagnostic): PlanFinding[] {
    const lines = message.split("\n").filter((line) => line.trim() !== "");
    const findings: string[] = [];
    for (const line of lines) {
        if (/^\s+mend: /.test(line) && findings.length > 0) findings[findings.length - 1] += `\n${line}`;
        else findings.push(line);
    }
    return findings.map((text) => ({ level: "mandatory", source: "step check", ...withWayOut(text) }));
}

/** Takes the command that mends it, and the next allowed value, out of a finding's text. */
function withWayOut(text: string): Pick<PlanFinding, "message" | "next" | "mend"> {
    const [message = "", mend] = text.split(/\n\s*mend: /);
    const next = /\btry (?:v\S+ )?(\d+)/.exec(message)?.[1];
    return { message: message.trim(), ...(next ? { next: Number(next) } : {}), ...(mend ? { mend: mend.trim() } : {}) };
}

/** What each version would get of the requests that come now. */
function withRates(service: ServicePlan, now: Readonly<Record<string, number>> | undefined): ServicePlan {
    const { proposed } = service;
    if (!now || !proposed) return service;
    const total = Object.values(now).reduce((sum, rate) => sum + rate, 0);
    const versions = Object.keys(proposed.weights);
    const then = Object.fromEntries(
        versions.map((version) => [version, Math.round(total * weightOf(proposed.weights, version)) / 100]),
    );
    return { ...service, rate: { now, then } };
}
