import type { Weights } from "../../components/traffic/split/weights";
import { weightOf } from "../../components/traffic/split/weights";
import type { Routes, ServicePlan } from "./model";
import { isNoVersion } from "./step";

/** Requests that are told apart from all others, with what they get before and after; undefined where the weights hold for them. */
export interface Special {
    readonly who: string;
    readonly from?: string;
    readonly to?: string;
    /** Whether it is the same version, with other code. */
    readonly isNewCode?: boolean;
}

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
    special,
}: Pick<ServicePlan, "service" | "applied" | "proposed" | "by"> & { readonly special: readonly Special[] }): string[] {
    if (!proposed)
        return [
            `${service} is taken away; ${applied ? `${shares(applied.weights)} served until now` : "nothing served"}.`,
        ];
    return [
        ...weightSentences(service, applied?.weights, proposed.weights, by),
        ...special.map((one) => specialSentence(one, applied !== undefined)),
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
    if (others.length === 0) return [`${capital(share(100, what))} ${goTo(least)}${before}.`];
    const rest =
        others.length === 1
            ? `the others to ${others[0]}`
            : others.map((version) => `${weightOf(to, version)} % to ${version}`).join(", ");
    return [
        `${capital(share(weightOf(to, least), what))} ${verb(weightOf(to, least))} to ${least}, ${rest}${how}${before}.`,
    ];
}

function specialSentence({ who, from, to, isNewCode }: Special, isUpdate: boolean): string {
    const subject = capital(who);
    if (to === undefined) return `${subject} no longer ${goTo(from ?? "")}; the weights hold for them too.`;
    if (isNewCode) return `${subject} ${goTo(to)} as before, which gets new code.`;
    if (from === to) return `${subject} ${goTo(to)} as before.`;
    if (from === undefined) return `${subject} ${goTo(to)} whatever the weights${isUpdate ? ": this is new" : ""}.`;
    if (`${from}${to}`.includes("%")) return `${subject} ${goTo(to)}; before: ${from}.`;
    return `${subject} ${goTo(to)}, and no longer to ${from}.`;
}

function goTo(to: string): string {
    return isNoVersion(to) ? `are answered by ${to}` : `go to ${to}`;
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
