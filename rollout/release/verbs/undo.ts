import { Refused } from "../../../cluster/refused";
import { UserError } from "../../../components/userError";
import { agrees, canAsk } from "../../ask";
import { ExitCode } from "../../exitCode";
import { projectName } from "../../plan/projectName";
import { pulumi } from "../../pulumi";
import { withParts } from "../chain/parts";
import { ended } from "../ended";
import type { Values, WeightsOf } from "../hands";
import { type HistoryPoint, pointsIn, readHistory } from "../history";
import { refuseWhereStopped } from "../line";
import type { ManyHands } from "../manyHands";
import { secondsOf } from "../durations";
import { release, type ReleaseSettings } from "../settings";
import { returnTo, type Return } from "../undo/point";
import { risingIn, wayBetween } from "../undo/way";
import { type About, interruptible, manyHandsFor, restFor } from "./about";
import { take } from "./take";

/** How an undo is made. */
export interface UndoOptions {
    /** The update to whose end users are brought back. Default: the newest at which they were elsewhere. */
    readonly to?: number | undefined;
    /** Also brings users to a version that was aborted. */
    readonly again?: boolean | undefined;
    /** How long each step stays before the next. Default: as the releases of the services say, 2m where none is declared. */
    readonly bake?: string | undefined;
}

/** How far back an undo looks. */
const mostUpdates = 1000;

/** What an undo asks before it does anything. @returns whether it may */
export type MayBegin = () => Promise<boolean>;

/**
 * Brings users back to where an earlier update of the stack had them, in a real stack.
 *
 * @returns and throws as `undo` does.
 */
export async function undoStack({
    to,
    again,
    bake,
    yes = false,
    ...about
}: About & UndoOptions & { readonly yes?: boolean }): Promise<ExitCode> {
    const hands = manyHandsFor(about);
    // First what is applied: a stack that is not there is told by that.
    await hands.served();
    const printed = await readHistory((args) => pulumi(args, about.folder), about.stack, mostUpdates);
    const points = pointsIn(printed, projectName(about.folder));
    const mayBegin: MayBegin = async () => {
        if (yes) return true;
        if (canAsk() && !about.json) return agrees("Do this?");
        const command = `npx upshift undo${hands.where}${to === undefined ? "" : ` --to ${to}`}`;
        throw new UserError({
            what: "Nobody can be asked whether that is to be done; nothing was changed.",
            fix: `${command} --yes`,
        });
    };
    return interruptible([hands], () => undo(points, hands, mayBegin, { to, again, bake }));
}

/**
 * Brings the weights of all services, and the canary header, back to an earlier point of the stack's history, by as many steps as the
 * applied limits ask for. No gate looks at them: they lead to where users were before.
 *
 * @param points of the history, the newest first.
 * @returns the exit code: well, findings where it was not to begin, held where it was interrupted.
 * @throws when there is no way back; nothing is changed then. When a step is refused: then the config is as it was before that step.
 */
export async function undo(
    points: readonly HistoryPoint[],
    hands: ManyHands,
    mayBegin: MayBegin,
    options: UndoOptions = {},
): Promise<ExitCode> {
    const [found, header, settings] = await Promise.all([hands.served(), hands.header(), hands.settings()]);
    // Those of a chain have followed their edge by weights of their own.
    const back = returnTo(points, options.to, { ...withParts(found), header, where: hands.where });
    const { point, journeys } = back;
    const name = `update ${point.version}`;
    const steps = stepsOf(back);
    if (steps.length === 0) return ended(hands, "done", `Everybody is where ${name} had them.`);
    await refuseWhereStopped(hands);
    const marks = marksFor(back, settings, options, hands.where);
    hands.tell({
        kind: "plans",
        what: `back to ${name} of ${point.at}${point.message === "" ? "" : ` (${point.message.split("\n")[0]})`}`,
        moves: journeys.map(({ service, from, to }) => ({ service, from, to })),
        steps: steps.length,
        notes: notesOf(back),
    });
    if (!(await mayBegin())) return ExitCode.Findings;
    const bake = options.bake === undefined ? bakeOf(back, settings) : secondsOf(options.bake);
    for (const [index, weights] of steps.entries()) {
        await take(hands, {
            step: `${index + 1} of ${steps.length}`,
            message: `undo to ${name}, ${index + 1} of ${steps.length}`,
            weights,
            values: index === 0 ? { ...marks, ...headerValues(back) } : {},
        });
        if (index + 1 === steps.length) break;
        await restFor(bake, hands);
        if (hands.isInterrupted)
            return ended(
                hands,
                "held",
                `The users stay where they are, ${index + 1} of ${steps.length} steps back.\n  fix: npx upshift undo${hands.where} --to ${point.version}`,
            );
    }
    return ended(hands, "done", `Everybody is where ${name} had them.`);
}

/** A header that alone is another is a step as well. */
function stepsOf({ journeys, header }: Return): WeightsOf[] {
    const steps = wayBetween(journeys);
    return steps.length === 0 && Object.keys(header).length > 0 ? [{}] : steps;
}

/**
 * What is written beside the weights: that a version came back whose release the undo takes users from, so that a driver ends and does
 * not raise it again; and that one may have users again that was aborted.
 *
 * @throws where such a one would have users again, and nobody has said that it may.
 */
function marksFor(
    { journeys }: Return,
    settings: Readonly<Record<string, ReleaseSettings | Error>>,
    { again, to }: UndoOptions,
    where: string,
): Values {
    const marks: Record<string, string | undefined> = {};
    for (const journey of journeys) {
        const { service, from, to: weights } = journey;
        const declared = settings[service];
        if (declared instanceof Error) throw declared;
        if (!declared) continue;
        const { aborted, to: released } = declared;
        if (aborted !== undefined && risingIn(journey).includes(aborted)) {
            if (!again)
                throw new Refused({
                    what: `${service} ${aborted} was aborted, and does not get users again by itself.`,
                    fix: `npx upshift undo${where}${to === undefined ? "" : ` --to ${to}`} --again`,
                });
            marks[`release.${service}.aborted`] = undefined;
        } else if ((weights[released] ?? 0) < (from[released] ?? 0)) marks[`release.${service}.aborted`] = released;
    }
    return marks;
}

function headerValues({ header }: Return): Values {
    return Object.fromEntries(Object.entries(header).map(([key, value]) => [`canaryHeader.${key}`, value]));
}

function notesOf({ header, point, newer }: Return): string[] {
    const { name, to, exact, prefix, regex } = point.header ?? {};
    return [
        ...(Object.keys(header).length > 0
            ? [`canary header: ${name}: ${exact ?? prefix ?? regex} → ${to ?? "nobody"}`]
            : []),
        ...(newer.length > 0 ? [`${newer.join(", ")}: not there at that point, and left as it is`] : []),
    ];
}

function bakeOf({ journeys }: Return, settings: Readonly<Record<string, ReleaseSettings | Error>>): number {
    const usual = release.parse({ to: "any" }).bake;
    const all = journeys.map(({ service }) => {
        const declared = settings[service];
        return secondsOf(declared === undefined || declared instanceof Error ? usual : declared.bake);
    });
    return Math.max(0, ...all);
}
