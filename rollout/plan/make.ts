import { driftFindings } from "../../components/split/foreignEdits";
import { judge } from "../../components/traffic/judge/judge";
import { removedIn } from "../../components/traffic/judge/limits";
import { worldKind } from "../../components/traffic/world/objects";
import { weightOf } from "../../components/traffic/split/weights";
import { withFix } from "../trouble";
import type { Change, Preview } from "./events";
import { driftOf } from "./drift";
import { findingsOf, isRefusal } from "./findings";
import { type Plan, schemaVersion, type ServicePlan } from "./model";
import { withoutPaths } from "./plainValues";
import type { Rates } from "./rates";
import { countsOf, kindOf, podChanges, resourceChanges } from "./resources";
import { servicePlans, servingIn } from "./services";
import { isNoVersion } from "./step";
import { headerNames } from "./who";
import { appliedWorld, editsOf, type Live, quiet, stepsOf } from "./worlds";

export { projectName } from "./projectName";

/** All that a plan is made of. */
export interface Known {
    readonly project: string;
    readonly stack: string;
    /** The project's folder, whose files may be named. Default: this project's. */
    readonly folder?: string | undefined;
    readonly preview: Preview;
    /** What was last applied, where the preview did not get to its end and can't say it. */
    readonly state?: readonly Change[] | undefined;
    readonly live: Live;
    readonly rates?: Rates | undefined;
}

/** What a preview means for users. Nothing of it names a file of this machine or a secret. */
export function makePlan({ project, stack, folder, preview, state, live, rates = {} }: Known): Plan {
    const seen = { changes: preview.changes, state, live };
    const { open, adopted } = editsOf(seen);
    const steps = stepsOf(seen, adopted);
    const services = servicePlans(steps, headerNames(preview.changes)).map((service) =>
        withRates(service, service.at === undefined ? rates[service.service] : undefined),
    );
    const changes = resourceChanges(preview.changes, folder);
    const applied = state ?? (preview.succeeded ? preview.changes : undefined);
    const drift = driftFindings(open, { project, stack });
    const isWriting = preview.changes.some(({ op, type }) => !quiet.includes(op) && worldKind(type));
    const judged =
        drift.length > 0
            ? isWriting
                ? drift
                : []
            : judge(steps, { removed: removedIn(preview.config[`${project}:remove`]) }).findings;
    const findings = findingsOf(judged, preview.findings, preview.policies);
    const errors = preview.diagnostics.filter((one) => one.severity === "error" && !isRefusal(one, preview.findings));
    const refused = findings.some(({ level }) => level === "mandatory");
    const failed = !preview.succeeded && (errors.length > 0 || !refused);
    const result = failed ? "failed" : refused ? "refused" : changes.length > 0 ? "changes" : "nothing";
    const replaced = preview.changes
        .filter(({ op }) => op === "replace")
        .map(({ type, name, replaceKeys }) => ({ resource: `${kindOf(type)} ${name}`, because: replaceKeys }));
    const plan: Plan = {
        schema: schemaVersion,
        project,
        stack,
        result,
        services,
        pods: podChanges(preview.changes),
        replaced,
        findings,
        ...(failed && applied ? { serving: servingIn(appliedWorld(applied)) } : {}),
        drift: "objects" in live ? driftOf(applied ?? preview.changes, live.objects, open, { project, stack }) : [],
        live: "objects" in live ? { seen: true } : { seen: false, ...live },
        errors: errors.map(({ message, resource }) => withFix(resource ? `${resource}: ${message}` : message, stack)),
        notKnown: [
            ...(preview.succeeded || (refused && preview.findings.length === 0 && !failed)
                ? []
                : ["The preview did not get to its end: more may change than is told here."]),
            ...(applied || preview.changes.length > 0 ? [] : ["What is applied: the stack's state could not be read."]),
            ...(failed && !preview.changes.some(({ type }) => worldKind(type))
                ? ["The step is not judged: nothing of it was seen that decides who is served."]
                : []),
            ...("objects" in live ? [] : [`live cluster not seen: ${live.why}`]),
        ],
        changes,
        counts: countsOf(preview.changes),
    };
    return JSON.parse(
        JSON.stringify(plan, (_, value: unknown) => (typeof value === "string" ? withoutPaths(value, folder) : value)),
    ) as Plan;
}

/** What each version would get of the requests that come now. */
function withRates(service: ServicePlan, now: Readonly<Record<string, number>> | undefined): ServicePlan {
    const { proposed } = service;
    if (!now || !proposed) return service;
    const total = Object.values(now).reduce((sum, rate) => sum + rate, 0);
    const versions = Object.keys(proposed.weights).filter((name) => !isNoVersion(name));
    const then = Object.fromEntries(
        versions.map((version) => [version, Math.round(total * weightOf(proposed.weights, version)) / 100]),
    );
    return { ...service, rate: { now, then } };
}
