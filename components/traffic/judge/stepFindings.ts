import { Finding } from "./finding";
import { Raise, withRestTo } from "./raises";
import { weightOf, Weights } from "../split/weights";

/** The finding of a raise beyond the limit. */
export function tooLarge(raise: Raise, limit: number): Finding {
    const { proposed, version, from, to, points, allowed } = raise;
    const next = weightOf(allowed, version);
    return {
        what: "raise",
        services: [proposed.service],
        version,
        from,
        to,
        limit,
        next,
        message:
            `${proposed.service}: ${version} ${from} → ${to} is a raise of ${points} points${differing(raise)}; ` +
            `at most ${limit} a step: try ${next}, or declare a blue/green switch after a header test`,
        fix: setWeights(proposed.service, allowed),
    };
}

/** Where the state and the cluster do not agree, somebody else has moved the traffic: both are shown. */
function differing({ views, version }: Raise): string {
    const shares = views.map((view) => weightOf(view.weights, version));
    if (new Set(shares).size < 2) return "";
    return ` (${views.map(({ readFrom }, index) => `the ${readFrom} has ${version} ${shares[index]}`).join(", ")})`;
}

/** What keeps a declared switch from being made; nothing where it may be. */
export function switchFindings(raise: Raise): Finding[] {
    const { proposed, views, stable, version, from, to } = raise;
    const { service } = proposed;
    const step = { services: [service], version, from, to };
    const declared = `${service}: ${version} ${from} → ${to} is declared as a blue/green switch`;
    const findings: Finding[] = [];
    if (!views.every((view) => view.reachableByHeader.includes(version)))
        findings.push({
            ...step,
            what: "switch-untested",
            message: `${declared}, but no header leads to ${version} in what is applied: apply a header route and test ${version} first`,
            fix: `pulumi config set-all --path --plaintext canaryHeader.name=X-group --plaintext canaryHeader.exact=test --plaintext canaryHeader.to=${version}`,
        });
    const pods = views.find((view) => view.readyPods)?.readyPods;
    if (!pods)
        findings.push({
            ...step,
            what: "switch-pods",
            message: `${declared}, but its ready pods could not be counted`,
        });
    else if ((pods[version] ?? 0) < Math.max(1, pods[stable] ?? 0))
        findings.push({
            ...step,
            what: "switch-pods",
            message: `${declared}, but ${version} has ${pods[version] ?? 0} ready pods and ${stable} ${pods[stable] ?? 0}: it needs as many, and one at least`,
        });
    return findings;
}

/** The finding of raises that are too much for a request that meets all of them; none where they are not. */
export function raisedTogether(raises: readonly Raise[], maxRaise: number, limit: number): Finding[] {
    const points = raises.reduce((sum, raise) => sum + raise.points, 0);
    if (raises.length < 2 || limit >= 100 || points <= limit) return [];
    const shortened = shorten(raises, maxRaise, limit);
    const services = [...new Set(raises.map(({ proposed }) => proposed.service))];
    return [
        {
            what: "together",
            services,
            limit,
            message:
                `${raises.map(({ proposed, version, from, to }) => `${proposed.service} ${version} ${from} → ${to}`).join(", ")} ` +
                `are together a raise of ${points} points; at most ${limit} a step: try ` +
                shortened.map(({ proposed, version, to }) => `${proposed.service} ${version} ${to}`).join(", "),
            fix: services
                .map((service) => {
                    const own = shortened.filter(({ proposed }) => proposed.service === service);
                    const weights = Object.fromEntries(own.map(({ version, to }) => [version, to]));
                    return setWeights(service, withRestTo(own[0]?.stable ?? "", { ...own[0]?.allowed, ...weights }));
                })
                .join(" && "),
        },
    ];
}

/** The first raises as far as one may go, until the limit is reached; those after it not at all. */
function shorten(raises: readonly Raise[], maxRaise: number, limit: number): Raise[] {
    let left = limit;
    return raises.map((raise) => {
        const points = Math.min(left, raise.points, maxRaise);
        left -= points;
        return { ...raise, to: raise.from + points };
    });
}

function setWeights(service: string, weights: Weights): string {
    const pairs = Object.entries(weights).map(
        ([version, weight]) => `--plaintext weights.${service}.${version}=${weight}`,
    );
    return `pulumi config set-all --path ${pairs.join(" ")}`;
}
