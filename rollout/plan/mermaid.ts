import { weightOf } from "../../components/traffic/split/weights";
import type { Routes, ServicePlan } from "./model";
import { missingWords, nameOf } from "./told";

/** The split before and after as Mermaid, which GitHub and GitLab draw. */
export function asMermaid(services: readonly ServicePlan[]): string {
    const lines = services.flatMap(({ service, at, applied, proposed, unknown }, index) => [
        ...side(`s${index}b`, `${nameOf({ service, at })} before`, applied, proposed),
        ...side(`s${index}a`, `${nameOf({ service, at })} after`, proposed, applied, missingWords({ unknown })),
    ]);
    return ["flowchart LR", ...lines].join("\n");
}

function side(
    id: string,
    title: string,
    routes: Routes | undefined,
    other: Routes | undefined,
    missing = "not there",
): string[] {
    const caller = `    ${id}["${label(title)}"]`;
    if (!routes) return [caller, `    ${id} --> ${id}0["${missing}"]`];
    const versions = [
        ...new Set([
            ...Object.keys(routes.weights),
            ...Object.keys(other?.weights ?? {}),
            ...routes.special.map(({ to }) => to),
        ]),
    ];
    const node = (version: string): string => `${id}${versions.indexOf(version)}["${label(version)}"]`;
    return [
        caller,
        ...Object.keys(routes.weights)
            .filter((version) => weightOf(routes.weights, version) > 0)
            .map((version) => `    ${id} -- "${weightOf(routes.weights, version)} %" --> ${node(version)}`),
        ...routes.special.map(({ who, to }) => `    ${id} -. "${label(who)}" .-> ${node(to)}`),
        ...(routes.mirror ? [`    ${id} -. "copy of ${routes.mirror.percent} %" .-> ${node(routes.mirror.to)}`] : []),
    ];
}

/** Text inside quotes of a Mermaid node; `#` begins an entity there. */
function label(text: string): string {
    return text
        .replace(/#/g, "#35;")
        .replace(/"/g, "#quot;")
        .replace(/</g, "#lt;")
        .replace(/>/g, "#gt;")
        .replace(/\s+/g, " ");
}
