import { Refused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import type { Weights } from "../../../components/traffic/split/weights";
import type { HistoryPoint } from "../history";
import type { Services } from "../manyHands";
import { areSame, type Journey, journeyOf, risingIn } from "./way";

/** An earlier point of a stack's history, with the services that are elsewhere by now. */
export interface Return {
    readonly point: HistoryPoint;
    readonly journeys: readonly Journey[];
    /** Values of the canary header that are others by now; none where it is the same, or that point had none. */
    readonly header: Readonly<Record<string, string | undefined>>;
    /** Services that were not there at that point, and stay as they are. */
    readonly newer: readonly string[];
}

/** What an undo is asked for over. */
export interface Around extends Services {
    /** The canary header, as the config has it now. */
    readonly header: Readonly<Record<string, string>>;
    /** What commands need to be about this stack. */
    readonly where: string;
}

/**
 * The point that an undo leads to: the one that is named, or the newest at which users were elsewhere than they are now. The latter is
 * before the last update that moved somebody, also where that failed after it had moved them.
 *
 * @param points of the history, the newest first.
 * @param version of the update; undefined for the newest that differs.
 * @throws when there is none, it failed, or has versions or services that are gone; nothing is changed then.
 */
export function returnTo(points: readonly HistoryPoint[], version: number | undefined, around: Around): Return {
    // What the config tells of now and nobody splits was no service then, either.
    const told = new Set(points.slice(0, 1).flatMap((newest) => Object.keys(newest.weights)));
    if (version !== undefined) return overPoint(named(points, version, around.where), around, told);
    for (const point of points) {
        if (!point.succeeded || Object.keys(point.weights).length === 0) continue;
        if (differs(point, around)) return overPoint(point, around, told);
    }
    throw new UserError({
        what: "No update of this stack had its users elsewhere than they are now.",
        fix: `see which there were: npx upshift history${around.where}`,
    });
}

function named(points: readonly HistoryPoint[], version: number, where: string): HistoryPoint {
    const found = points.find((one) => one.version === version);
    const good = points.filter((one) => one.succeeded && Object.keys(one.weights).length > 0);
    const earlier = good.find((one) => one.version < version) ?? good.at(-1);
    const fix = earlier
        ? `npx upshift undo${where} --to ${earlier.version}`
        : `see which there were: npx upshift history${where}`;
    if (!found) throw new UserError({ what: `The stack's history has no update ${version}.`, fix });
    if (!found.succeeded)
        throw new UserError({
            what: `Update ${version} did not succeed: nobody knows how much of it was applied.`,
            fix,
        });
    if (Object.keys(found.weights).length === 0)
        throw new UserError({ what: `The config of update ${version} had no weights.`, fix });
    return found;
}

/** Whether somebody is elsewhere now, of what can be compared. */
function differs(point: HistoryPoint, around: Around): boolean {
    return weightsBy(point, around).some(([service, weights]) => {
        const now = around.services[service]?.weights ?? around.others.find((one) => one.service === service)?.weights;
        return now !== undefined && !areSame(now, weights);
    });
}

/** `weights.<version>` of a project with one service are that one's. */
function weightsBy({ weights }: HistoryPoint, { services, others }: Services): [string, Weights][] {
    const [only, ...more] = [...Object.keys(services), ...others.map(({ service }) => service)];
    return Object.entries(weights).map(([service, own]) => [
        service === "" && only !== undefined && more.length === 0 ? only : service,
        own,
    ]);
}

function overPoint(point: HistoryPoint, around: Around, told: ReadonlySet<string>): Return {
    const { services, others, where } = around;
    const problems: string[] = [];
    const again = `npx upshift undo${where} --to ${point.version}`;
    const then = weightsBy(point, around);
    const journeys = then.flatMap(([service, weights]): Journey[] => {
        const served = services[service];
        const unmovable = others.find((one) => one.service === service);
        if (unmovable && !areSame(unmovable.weights, weights))
            problems.push(`${service} was elsewhere, too, and can't be moved so: ${unmovable.why}`);
        if (!served && !unmovable && !told.has(service))
            problems.push(
                `${inWords(service)} is split no more.\n  fix: bring it back into the program, pulumi up, then ${again}`,
            );
        if (!served || areSame(served.weights, weights)) return [];
        const gone = Object.keys(weights).filter((one) => (weights[one] ?? 0) > 0 && !(one in served.weights));
        for (const version of gone)
            problems.push(
                `${service} had ${version} ${weights[version]} %, and its routes have no ${version} any more; they have ${Object.keys(served.weights).join(", ")}.\n  fix: deploy ${version} beside the others with weight 0, then ${again}`,
            );
        const to = Object.fromEntries(Object.keys(served.weights).map((one) => [one, weights[one] ?? 0]));
        return gone.length > 0 ? [] : [journeyOf(service, served, to)];
    });
    for (const { name, chain, weights, stable } of Object.values(services)) {
        const isNewer = !then.some(([service]) => service === name);
        // Its services would be brought back, and its users with them by nothing.
        if (chain && isNewer && weights[stable] !== 100)
            problems.push(
                `The edge did not decide for ${name} then, and does now, with users off ${stable}.\n  fix: npx upshift rollback ${name}${where}, then ${again}`,
            );
    }
    for (const journey of journeys) problems.push(...unserved(journey, where));
    const header = headerBack(point, around);
    if (
        header.to !== undefined &&
        !Object.values(services).some(({ weights }) => header.to !== undefined && header.to in weights)
    )
        problems.push(
            `The canary header led to ${header.to}, which no service has any more.\n  fix: deploy it with weight 0, then ${again}`,
        );
    if (problems.length > 0)
        throw new Refused({
            what: `There is no way back to update ${point.version}; nothing was changed:\n${problems.join("\n")}`,
        });
    const known = new Set(then.map(([service]) => service));
    return { point, journeys, header, newer: Object.keys(services).filter((service) => !known.has(service)) };
}

/** Nobody may be raised while the way back leads to where nobody is: the guards refuse that. */
function unserved(journey: Journey, where: string): string[] {
    const { service, from, stable } = journey;
    if (risingIn(journey).length === 0 || (from[stable] ?? 0) > 0) return [];
    return [
        `${stable} is the stable version of ${service} and has no users: from there nobody may be raised.\n  fix: npx upshift finish ${service}${where}, or first npx upshift rollback ${service}${where}`,
    ];
}

/** Where that point's config had a header, the values that are others by now. */
function headerBack(point: HistoryPoint, { header: now }: Around): Record<string, string | undefined> {
    const then = point.header;
    if (!then) return {};
    const keys = [...new Set([...Object.keys(then), ...Object.keys(now)])];
    return Object.fromEntries(keys.filter((key) => then[key] !== now[key]).map((key) => [key, then[key]]));
}

function inWords(service: string): string {
    return service === "" ? "What had weights of its own" : service;
}
