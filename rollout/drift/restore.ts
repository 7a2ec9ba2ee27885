import { z } from "zod";
import { Refused } from "../../cluster/refused";
import { liveWorld } from "../../components/mesh/live";
import { driftCommands, type ForeignEdit, type StackName } from "../../components/split/foreignEdits";
import { annotations } from "../../components/traffic/world/marks";
import { movesIn } from "../../components/traffic/effect/moves";
import { judge, type Judgement } from "../../components/traffic/judge/judge";
import { describeFindings } from "../../components/traffic/judge/words";
import type { VirtualServiceInputs } from "../../components/traffic/world/istio";
import { identityOf } from "../../components/traffic/world/objects";
import { overlay } from "../../components/traffic/world/world";
import { writeBack } from "./write";
import { nothingToDecide, seen, type Seen } from "./seen";
import { UserError, type UserProblem } from "../../components/userError";

/** How it is given back. */
export interface RestoreOptions {
    /** Of the project, where it is another than this one. */
    readonly folder?: string | undefined;
    /** Why no limit is to hold: then nothing is refused, and an Event says so. */
    readonly breakGlass?: string | undefined;
}

/**
 * Gives a service in the cluster back what was last applied, after somebody else has written over it. The way back is a step like any
 * other: it is judged as one, the destinations are there and known to the callers first, and it ends when their proxies have it.
 *
 * @returns what was done, in words.
 * @throws when the step is too large, with the other way; nothing is written then.
 */
export async function restore(
    stack: string,
    service: string,
    { folder, breakGlass }: RestoreOptions = {},
): Promise<string> {
    const found = await seen(stack, service, folder);
    if (found.edits.length === 0) return nothingToDecide(service);
    const { changes, findings } = judgedBack(found);
    if (findings.length > 0 && breakGlass === undefined) throw new Refused(refusal(service, found.of, findings));
    const routes = found.edits.filter(isRoutes);
    for (const edit of found.edits.filter((edit) => !isRoutes(edit))) await writeBack(found.access, edit);
    const { waitForDestinations, waitForRoutes } = await import("../../components/mesh/convergence");
    for (const edit of routes) await waitForDestinations(found.access, inputsOf(edit));
    for (const edit of routes) await writeBack(found.access, edit);
    for (const edit of routes) await waitForRoutes(found.access, inputsOf(edit));
    await seeItIsBack(found);
    const notes = breakGlass === undefined ? [] : await noteGlass(found, breakGlass);
    return [...movesIn(changes), ...notes, `${service} is served as it was applied again.`].join("\n");
}

/** Writes down, where other administrators see it, that no limit held, and why. */
async function noteGlass({ access, edits }: Seen, reason: string): Promise<string[]> {
    const { noteBrokenGlass } = await import("../../components/mesh/breakGlass");
    const metadata = { annotations: { [annotations.breakGlass]: reason } };
    await noteBrokenGlass(
        access,
        edits.filter(isRoutes).map(({ live }) => ({ ...live, body: { metadata } })),
    );
    return [`The glass was broken, no limit held: ${reason}`];
}

/** The step from what the cluster has to what was applied, measured by what was applied. */
export function judgedBack({ live, edits, limits }: Pick<Seen, "live" | "edits" | "limits">): Judgement {
    const after = overlay(
        live,
        edits.map(({ applied }) => applied),
    );
    const steps = [
        { readFrom: "state" as const, before: after, after },
        { readFrom: "cluster" as const, before: live, after },
    ];
    return judge(steps, limits);
}

function refusal(service: string, of: StackName, findings: Judgement["findings"]): UserProblem {
    const [adopt, restore] = driftCommands(service, of);
    // What the judge would have the config say is no way from here: the config is not what moves.
    const words = describeFindings(findings.map((finding) => ({ ...finding, fix: undefined })));
    return {
        what: `The way back is a step that is refused; nothing was written:\n${words}`,
        fix: `${adopt}, then go back in steps; or all at once: ${restore} --break-glass REASON`,
    };
}

/** @throws when somebody writes it anew, such as a controller that holds to its own. */
async function seeItIsBack({ access, edits }: Seen): Promise<void> {
    const now = await liveWorld(access);
    const again = edits.filter(({ live }) => {
        const object = now.objects.find((one) => identityOf(one) === identityOf(live));
        return !object || versionOf(object.body) === versionOf(live.body);
    });
    const [first] = again;
    if (first)
        throw new UserError({
            what: `${first.live.kind} ${first.live.namespace}/${first.live.name} is as ${first.by} wrote it still.`,
            fix: `see who writes it: kubectl get ${first.live.kind} --namespace ${first.live.namespace} ${first.live.name} --show-managed-fields -o yaml`,
        });
}

const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

function versionOf(body: unknown): string | undefined {
    return versioned.safeParse(body).data?.metadata.resourceVersion;
}

function isRoutes({ live }: ForeignEdit): boolean {
    return live.kind === "VirtualService";
}

function inputsOf({ applied }: ForeignEdit): VirtualServiceInputs {
    return applied.body as unknown as VirtualServiceInputs;
}
