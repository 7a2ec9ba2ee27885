import Table from "cli-table3";
import { Command } from "commander";
import { accessInWords, kubeconfigFile } from "../access";
import { type Applied, applied } from "../applied";
import { ExitCode } from "../exitCode";
import { type Looked, lookAt } from "../look";
import type { LoadOwn } from "../ownProject";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { redraw, untilInterrupted } from "../redraw";
import { LiveTraffic, watchedWords } from "../release/liveTraffic";
import { releasesOf } from "../release/releases";
import { StackHands } from "../release/stackHands";
import { servicesIn } from "../release/stackManyHands";
import { releaseStates, type ReleaseState } from "../release/states";
import { commandsFor, jsonFor, whereOf } from "../release/where";
import { type Split, splitsOf } from "../splits";

interface StatusOptions {
    stack: string;
    cwd?: string;
    json?: boolean;
    watch?: boolean;
}

/** `upshift status`: who is served by what, as applied, and where each release is. */
export function statusCommand(own?: LoadOwn): Command {
    return new Command("status")
        .description(
            "who is served by what, as last applied, and where each release is, in any project that splits traffic; exit code 1 if the cluster has it otherwise, or is another",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--watch", "look again every two seconds until Ctrl-C; without a terminal, tell only what is new")
        .option("--json", "print it as JSON")
        .action((options: StatusOptions) => (options.watch ? watch(options, own) : once(options, own)));
}

async function once(options: StatusOptions, own: LoadOwn | undefined): Promise<void> {
    const folder = otherProject(options.cwd);
    const { warnings, hasFindings, text, data } = await look(options.stack, folder, own);
    const where = whereOf(options.stack, folder);
    for (const line of warnings) console.error(commandsFor(where, line));
    if (hasFindings) process.exitCode = ExitCode.Findings;
    console.log(options.json ? jsonFor(where, data, 2) : commandsFor(where, text));
}

/** Ends well whatever is found: whoever watches has seen it. */
async function watch({ stack, cwd, json }: StatusOptions, own: LoadOwn | undefined): Promise<void> {
    const folder = otherProject(cwd);
    const live = new LiveTraffic((service) => new StackHands(stack, service, () => undefined, folder));
    const drawn = async (): Promise<string> => {
        const { warnings, text, data, releases } = await look(stack, folder, own);
        const watched = live.of(releases.filter(hasUsersOrCopies).map(({ service }) => service));
        const notCounted = watched.flatMap(({ service, why }) => (why === undefined ? [] : [{ service, why }]));
        const where = whereOf(stack, folder);
        return json
            ? jsonFor(where, { ...data, traffic: watched.flatMap((one) => one.traffic), notCounted })
            : commandsFor(where, [...warnings, text, ...watched.flatMap(watchedWords)].join("\n"));
    };
    const screen = json ? { write: (text: string) => process.stdout.write(text) } : process.stdout;
    try {
        await untilInterrupted((interrupted) => redraw(drawn, screen, interrupted));
    } finally {
        await live.close();
    }
}

/** Of testers alone nothing is counted. */
function hasUsersOrCopies({ state, to, stable, share = 0, isCopied = false }: ReleaseState): boolean {
    const isDeclared = state !== "wrong" && state !== "undeclared";
    return isDeclared && to !== stable && (share > 0 || isCopied);
}

/** All that is told, as text and as data. */
interface Told {
    readonly warnings: readonly string[];
    readonly hasFindings: boolean;
    readonly text: string;
    readonly data: object;
    readonly releases: readonly ReleaseState[];
}

async function look(stack: string, folder: string | undefined, own: LoadOwn | undefined): Promise<Told> {
    const [state, beside, declared] = await Promise.all([
        applied(stack, folder),
        folder === undefined && own ? (await own()).status(stack) : undefined,
        releasesOf(stack, folder).catch((error: Error) => error),
    ]);
    const splits = splitsOf(stack, state);
    const looked = await lookAt(stack, folder, state);
    const releases = releasesIn(state, splits, declared instanceof Error ? {} : declared, whereOf(stack, folder));
    const config = declared instanceof Error ? [`The config was not read: ${declared.message}`] : [];
    return {
        warnings: [...told(looked), ...(beside?.warnings ?? []), ...config],
        hasFindings: looked.findings.length > 0,
        text: [asTable(splits), ...releaseTable(releases), ...(beside?.lines ?? whereLines(state))].join("\n"),
        data: { ...asJson(stack, splits, looked, state), releases, ...beside?.json },
        releases,
    };
}

/** Releases of a stack, also of one whose cluster the state does not name: where it is says nothing of where they are. */
function releasesIn(
    state: Applied,
    splits: readonly Split[],
    declared: Awaited<ReturnType<typeof releasesOf>>,
    where: string,
): ReleaseState[] {
    return releaseStates(servicesIn(state, splits, state.access ?? {}), declared, where);
}

function releaseTable(releases: readonly ReleaseState[]): string[] {
    if (releases.length === 0) return [];
    const head = ["release of", "to", "at", "is", "waits for"];
    const table = new Table({ head, style: { head: [], border: [] } });
    for (const { service, to, share, at, state, promoted, waitsFor } of releases)
        table.push([
            service,
            to ?? "",
            [...(at === undefined ? [] : [at]), ...(share === undefined ? [] : [`${share} %`])].join(", "),
            promoted === undefined ? state : `${state}, ${promoted} promoted`,
            waitsFor,
        ]);
    return [table.toString()];
}

/** What is to be known of the cluster before what follows is read. */
function told({ findings, unknown }: Looked): string[] {
    return [
        ...(unknown === undefined ? [] : [`The cluster was not seen (${unknown}): what follows is as last applied.`]),
        ...findings.map(({ what, fix }) => `${what} What follows is as last applied.\n  fix: ${fix}`),
    ];
}

function asTable(splits: readonly Split[]): string {
    const head = ["service", "as applied", "told apart", "by", "back to"];
    const table = new Table({ head, style: { head: [], border: [] } });
    for (const { service, at, by, stable, routes, unknown } of splits) {
        const shares = Object.entries(routes.weights).map(([version, weight]) => `${version} ${weight} %`);
        const special = routes.special.map(({ who, to }) => `${who} → ${to}`);
        const copies = routes.mirror ? [`copies of ${routes.mirror.percent} % → ${routes.mirror.to}`] : [];
        table.push([
            at === undefined ? service : `${service} ${at}`,
            unknown === undefined ? shares.join(", ") : `not known: ${unknown}`,
            [...special, ...copies].join("\n"),
            by,
            stable,
        ]);
    }
    return table.toString();
}

function whereLines({ access }: Applied): string[] {
    return access ? [`cluster: ${accessInWords(access)}`] : [];
}

/** Nothing of it opens a cluster: of a kubeconfig only the file is named. */
function asJson(stack: string, splits: readonly Split[], { findings, unknown }: Looked, { access }: Applied): object {
    return {
        stack,
        splits: splits.map(({ service, at, by, place, stable, routes, unknown: why }) => ({
            ...{ service, at, by, host: place.host, entry: place.entry, stable, ...routes, unknown: why },
        })),
        weights: Object.fromEntries(splits.map(({ service, at, routes }) => [nameOf(service, at), routes.weights])),
        live: { seen: unknown === undefined, why: unknown, findings },
        kubeconfig: access && kubeconfigFile(access),
        context: access?.context,
    };
}

function nameOf(service: string, at: string | undefined): string {
    return at === undefined ? service : `${service} ${at}`;
}
