import type { Finding } from "../../components/traffic/judge/findings";
import { firstsBy } from "../../components/traffic/world/grouped";
import { describe, describeFindings } from "../../components/traffic/judge/words";
import type { Diagnostic, PolicyEvent } from "./events";
import type { PlanFinding } from "./model";

const source = "step check";

/** Whether an error only says what a hook has found: then it is a verdict and no failure. */
export function isRefusal({ severity, message }: Diagnostic, hooks: readonly Finding[]): boolean {
    return severity === "error" && hooks.some((finding) => message.includes(describe(finding)));
}

/**
 * Every verdict once, whoever else says the same: the judgement of the whole step first, then what hooks have found in theirs, then
 * policies.
 */
export function findingsOf(
    judged: readonly Finding[],
    hooks: readonly Finding[],
    policies: readonly PolicyEvent[],
): PlanFinding[] {
    const steps = distinct([...judged, ...hooks]);
    const said = policies.map((event) => ({ event, same: steps.find((finding) => isSaidBy(finding, event)) }));
    const own = steps.map((finding): PlanFinding => {
        const { code, service, version, allowed, fix } = finding;
        const others = said.filter(({ same }) => same === finding).map(({ event }) => sourceOf(event));
        return {
            level: "mandatory",
            source: [source, ...new Set(others)].join(" and "),
            message: describe(finding),
            code,
            service,
            ...(version !== undefined && { version }),
            ...(allowed !== undefined && { allowed }),
            ...(fix !== undefined && { fix }),
        };
    });
    return [...own, ...said.filter(({ same }) => !same).map(({ event }) => policyFinding(event))];
}

/** A hook sees the part of a step that its split is told of: what it says of the same version is the same finding. */
function distinct(findings: readonly Finding[]): Finding[] {
    const key = ({ code, service, namespace, services, version, requests, detail }: Finding): string =>
        JSON.stringify([code, service, namespace, services, version, requests, code === "unreadable" ? detail : ""]);
    return firstsBy(findings, key);
}

/** The pack has the same judge: in the same words it says the same. */
function isSaidBy(finding: Finding, { message }: PolicyEvent): boolean {
    return message === describe(finding) || message === describeFindings([finding]);
}

function policyFinding(event: PolicyEvent): PlanFinding {
    const { level, message, resource } = event;
    // Most messages begin with what they are about.
    const text =
        resource && !/^[\w./-]+:/.test(message) && !message.includes(resource) ? `${resource}: ${message}` : message;
    return { level, source: sourceOf(event), message: text };
}

function sourceOf({ pack, policy }: PolicyEvent): string {
    return `${pack}/${policy}`;
}
