import type { VersionName, Weights } from "../../components/traffic/split/weights";
import { weightOf } from "../../components/traffic/split/weights";
import type { Routes, ServicePlan } from "./model";

/** A share of requests as people say it: `1 in 5 requests`, `all requests`, `37 % of requests`. */
export function share(percent: number, what = "requests"): string {
    if (percent >= 100) return `all ${what}`;
    if (percent <= 0) return `no ${what}`;
    for (let whole = 2; whole <= 20; whole++) {
        const part = (percent * whole) / 100;
        if (Number.isInteger(part)) return `${part} in ${whole} ${what}`;
    }
    return `${percent} % of ${what}`;
}

/** Weights as people read them: `v1 80 %, v2 20 %`; versions without a share are left out. */
export function shares(weights: Weights): string {
    const serving = Object.entries(weights).filter(([, weight]) => weight > 0);
    return serving.map(([version, weight]) => `${version} ${weight} %`).join(", ") || "nobody is served";
}

/** What a change means for users, a sentence each. */
export function sentences({
    service,
    applied,
    proposed,
    by,
}: Pick<ServicePlan, "service" | "applied" | "proposed" | "by">): string[] {
    if (!proposed)
        return [
            `${service} is taken away; ${applied ? `${shares(applied.weights)} served until now` : "nothing served"}.`,
        ];
    return [
        ...weightSentences(service, applied?.weights, proposed.weights, by),
        ...specialSentences(applied, proposed),
        ...mirrorSentences(service, applied, proposed),
    ];
}

function weightSentences(service: string, from: Weights | undefined, to: Weights, by: ServicePlan["by"]): string[] {
    const versions = [...new Set([...Object.keys(from ?? {}), ...Object.keys(to)])];
    const changed = versions.filter((version) => !from || weightOf(from, version) !== weightOf(to, version));
    if (changed.length === 0) return [];
    const serving = versions
        .filter((version) => weightOf(to, version) > 0)
        .sort((a, b) => weightOf(to, a) - weightOf(to, b));
    const [least, ...others] = serving;
    if (!least) return [`No request for ${service} is served.`];
    const what = `requests for ${service}`;
    const before = from ? `; before: ${shares(from)}` : "";
    const how = by === "pods" ? ", by their number of pods" : "";
    if (others.length === 0) return [`${capital(share(100, what))} go to ${least}${before}.`];
    const rest =
        others.length === 1
            ? `the others to ${others[0]}`
            : others.map((version) => `${weightOf(to, version)} % to ${version}`).join(", ");
    return [
        `${capital(share(weightOf(to, least), what))} ${verb(weightOf(to, least))} to ${least}, ${rest}${how}${before}.`,
    ];
}

function specialSentences(applied: Routes | undefined, proposed: Routes): string[] {
    const before = new Map((applied?.special ?? []).map(({ who, to }) => [who, to]));
    const now = proposed.special.map(({ who, to }) => {
        const earlier = before.get(who);
        before.delete(who);
        if (earlier === to) return `${capital(who)} go to ${to} as before.`;
        if (earlier === undefined)
            return `${capital(who)} go to ${to} whatever the weights${applied ? ": this is new" : ""}.`;
        return `${capital(who)} go to ${to}, and no longer to ${earlier}.`;
    });
    const gone = [...before].map(
        ([who, to]) => `${capital(who)} no longer go to ${to}; the weights hold for them too.`,
    );
    return [...now, ...gone];
}

function mirrorSentences(service: string, applied: Routes | undefined, proposed: Routes): string[] {
    const [before, now] = [applied?.mirror, proposed.mirror];
    if (!now) return before ? [`No copies of requests go to ${before.to} any more.`] : [];
    const same = before?.to === now.to && before.percent === now.percent;
    return [
        `A copy of ${share(now.percent, `requests for ${service}`)} goes to ${now.to}, whose answers nobody gets${same ? ", as before" : ""}.`,
    ];
}

/** `1 in 5 goes`, `all go`. */
function verb(percent: number): string {
    return /^1 in /.test(share(percent)) ? "goes" : "go";
}

function capital(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The command that sends all users of a service back to a version. */
export function rollbackCommand(service: string, stable: VersionName, versions: readonly VersionName[]): string {
    const values = versions.map(
        (version) => `--plaintext weights.${service}.${version}=${version === stable ? 100 : 0}`,
    );
    return `pulumi config set-all --path ${values.join(" ")} && pulumi up`;
}
