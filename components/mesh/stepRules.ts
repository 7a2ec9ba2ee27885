import { StepLimits } from "../traffic/judge/checkStep";
import { blueGreenAnnotation, breakGlassAnnotation } from "../traffic/world/annotations";

/** A rule of a ValidatingAdmissionPolicy, in CEL. */
export interface Rule {
    expression: string;
    messageExpression: string;
}

/** What a ValidatingAdmissionPolicy says of the routes of some services. */
export interface StepRules {
    matchConditions: { name: string; expression: string }[];
    variables: { name: string; expression: string }[];
    /** What refuses. */
    refusals: Rule[];
    /** What only warns: it is met by whoever breaks the glass. */
    warnings: Rule[];
}

/**
 * `checkStep` in CEL, as far as the API server can see: one VirtualService, as it is and as it shall be. It sees neither pods nor
 * other services, so a declared switch is judged by its header alone, and services are not added up.
 *
 * @param limits with the stable version of every service that is guarded.
 */
export function stepRules(limits: StepLimits & { stable: Readonly<Record<string, string>> }): StepRules {
    const together = limits.maxRaiseTogether ?? limits.maxRaise;
    const maxRaise = Math.min(limits.maxRaise, together);
    const raised = (rule: string): string =>
        `${rule}.route.filter(d, ${version("d")} != variables.stable && ${raise("d", rule)} > 0)`;
    return {
        matchConditions: [
            { name: "of-a-guarded-service", expression: `${serviceOf("object")} in ${celMap(limits.stable)}` },
            { name: "has-routes", expression: "has(object.spec.http) && has(oldObject.spec.http)" },
        ],
        variables: [
            { name: "service", expression: serviceOf("object") },
            { name: "stable", expression: `${celMap(limits.stable)}[variables.service]` },
            { name: "before", expression: `oldObject.spec.http.filter(r, ${isOpen("r")})` },
            { name: "after", expression: `object.spec.http.filter(r, ${isOpen("r")})` },
            {
                name: "byHeader",
                expression:
                    "oldObject.spec.http.filter(r, has(r.match) && r.match.exists(m, has(m.headers) && m.headers.size() > 0))",
            },
            { name: "declared", expression: annotation("object", blueGreenAnnotation) },
            { name: "glass", expression: annotation("object", breakGlassAnnotation) },
            // Only the request that sets or changes it is let through: a broken glass does not stay open.
            {
                name: "broken",
                expression: `variables.glass != '' && variables.glass != ${annotation("oldObject", breakGlassAnnotation)}`,
            },
        ],
        refusals: [
            {
                expression: `variables.broken || variables.after.all(r, ${raised("r")}.all(d, ${raise("d", "r")} <= ${maxRaise} || ${isSwitch("d", "r")}))`,
                messageExpression: `variables.service + ': a version is raised by more than ${maxRaise} points; at most ${maxRaise} a step, or break the glass: kubectl annotate --overwrite with ${breakGlassAnnotation}=WHY in the same request'`,
            },
            {
                expression: `variables.broken || variables.after.all(r, ${raised("r")}.filter(d, !(${isSwitch("d", "r")})).map(d, ${raise("d", "r")}).sum() <= ${together})`,
                messageExpression: `variables.service + ': its versions are together raised by more than ${together} points; at most ${together} a step'`,
            },
        ],
        warnings: [
            {
                expression: "!variables.broken",
                messageExpression:
                    "variables.service + ': the glass is broken, no limit holds for this change: ' + variables.glass",
            },
        ],
    };
}

function serviceOf(object: string): string {
    return `${object}.spec.hosts[0].split('.')[0]`;
}

/** A rule that somebody without a special header meets. */
function isOpen(rule: string): string {
    return `!has(${rule}.match) || ${rule}.match.size() == 0 || ${rule}.match.exists(m, !has(m.headers) || m.headers.size() == 0)`;
}

function version(destination: string): string {
    return `(has(${destination}.destination.subset) ? ${destination}.destination.subset : '')`;
}

function weight(destination: string, rule: string): string {
    return `(has(${destination}.weight) ? ${destination}.weight : (${rule}.route.size() == 1 ? 100 : 0))`;
}

/** Points by which a destination is raised: over the largest share that an open rule gave it before. */
function raise(destination: string, rule: string): string {
    const same = `b.route.filter(o, ${version("o")} == ${version(destination)})`;
    return `(${weight(destination, rule)} - ([0] + variables.before.map(b, ${same}.map(o, ${weight("o", "b")}).sum())).max())`;
}

/** A declared switch, all the way, to a version that a header led to before. */
function isSwitch(destination: string, rule: string): string {
    const tested = `variables.byHeader.exists(h, h.route.exists(t, ${version("t")} == variables.declared))`;
    return `(${weight(destination, rule)} == 100 && ${version(destination)} == variables.declared && ${tested})`;
}

function annotation(object: string, name: string): string {
    const annotations = `${object}.metadata.annotations`;
    return `(has(${annotations}) && '${name}' in ${annotations} ? ${annotations}['${name}'] : '')`;
}

/** Names of services and versions are Kubernetes names: nothing in them needs quoting. */
function celMap(entries: Readonly<Record<string, string>>): string {
    return `{${Object.entries(entries)
        .map(([key, value]) => `'${key}': '${value}'`)
        .join(", ")}}`;
}
