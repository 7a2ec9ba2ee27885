import Table from "cli-table3";
import { Command } from "commander";
import { accessInWords, kubeconfigFile } from "../access";
import { type Applied, applied } from "../applied";
import { ExitCode } from "../exitCode";
import { type Looked, lookAt } from "../look";
import type { LoadOwn } from "../ownProject";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { type Split, splitsOf } from "../splits";

interface StatusOptions {
    stack: string;
    cwd?: string;
    json?: boolean;
}

/** `upshift status`: who is served by what, as applied. */
export function statusCommand(own?: LoadOwn): Command {
    return new Command("status")
        .description(
            "who is served by what, as last applied, in any project that splits traffic; exit code 1 if the cluster has it otherwise, or is another",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--json", "print it as JSON")
        .action((options: StatusOptions) => run(options, own));
}

async function run({ stack, cwd, json }: StatusOptions, own: LoadOwn | undefined): Promise<void> {
    const folder = otherProject(cwd);
    const [state, beside] = await Promise.all([
        applied(stack, folder),
        folder === undefined && own ? (await own()).status(stack) : undefined,
    ]);
    const splits = splitsOf(stack, state);
    const looked = await lookAt(stack, folder, state);
    for (const line of [...told(looked), ...(beside?.warnings ?? [])]) console.error(line);
    if (looked.findings.length > 0) process.exitCode = ExitCode.Findings;
    if (json) console.log(JSON.stringify({ ...asJson(stack, splits, looked, state), ...beside?.json }, undefined, 2));
    else console.log([asTable(splits), ...(beside?.lines ?? whereLines(state))].join("\n"));
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
