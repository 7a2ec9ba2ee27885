import { Refused } from "../../../cluster/refused";
import { ExitCode } from "../../exitCode";
import { MeshCallers } from "../../gate/sources/meshCallers";
import { ProxyCounts } from "../../gate/sources/proxies";
import type { Hands, Outcome } from "../hands";
import { type Quiet, quietness, removalWords } from "../quiet";
import type { ReleasedService } from "../service";
import { StepWatch } from "../watch";
import { type About, handsFor, interruptible } from "./about";

/** How a release is finished. */
export interface FinishOptions {
    /** How long the version is watched at all users, by the release's gate, before it becomes the stable one. Default: not at all. */
    readonly bake?: string | undefined;
    /** Counts what the old version still gets. */
    readonly count: (served: ReleasedService, version: string) => Promise<Quiet>;
}

/**
 * Makes the version that has all users the stable one, in a real stack, and says how the old one is taken away.
 *
 * @returns and throws as `finish` does.
 */
export async function finishStack(service: string, { bake, ...about }: About & { bake?: string }): Promise<ExitCode> {
    const hands = handsFor(service, about);
    const count: FinishOptions["count"] = async ({ access, host }, version) => {
        const callers = new MeshCallers(access);
        try {
            const source = new ProxyCounts(() => callers.list(), false);
            return await quietness(host, version, { source, rest: (seconds) => hands.rest(seconds) });
        } finally {
            callers.close();
        }
    };
    try {
        return await interruptible(hands, () => finish(service, hands, { bake, count }));
    } finally {
        hands.close();
    }
}

/**
 * Makes the version that has all users the stable one; with a time to bake only where the gate lets it pass.
 *
 * @returns the exit code: well; findings where it was worse and users are back; held where it could not be judged.
 * @throws when no version but the stable one has all users.
 */
export async function finish(service: string, hands: Hands, { bake, count }: FinishOptions): Promise<ExitCode> {
    const served = await hands.served();
    const { weights, stable } = served;
    const whole = wholeIn(service, served, hands.where);
    if (bake !== undefined) {
        const ending = await watched(service, whole, served, withBake(hands, bake));
        if (ending) return ending;
    }
    const old = await hands.write({ [`stable.${service}`]: whole, [`blueGreen.${service}`]: undefined });
    try {
        await hands.up(`${service}: ${whole} is the stable version`);
    } catch (error) {
        await hands.write(old);
        throw error;
    }
    await hands.write({ [`release.${service}`]: undefined });
    const counted = stable in weights ? removalWords(service, stable, await count(served, stable), hands.where) : "";
    const words = `${whole} is the stable version of ${service}; ${stable} has no users and can be taken away.`;
    return ended(hands, "done", counted === "" ? words : `${words}\n${counted}`);
}

/** The version that has all users. @throws where that is the stable one, or none */
function wholeIn(service: string, { weights, stable }: ReleasedService, where: string): string {
    const [whole] = Object.entries(weights).find(([, weight]) => weight === 100) ?? [];
    if (whole !== undefined && whole !== stable) return whole;
    throw new Refused(
        whole === stable
            ? {
                  what: `${stable} has all users of ${service} and is stable already.`,
                  fix: `npx upshift release ${service}${where} --to VERSION`,
              }
            : { what: `No version of ${service} has all users.`, fix: `npx upshift release ${service}${where}` },
    );
}

/** Looks at it by the gate. @returns how it ended, where it may not become the stable version */
async function watched(
    service: string,
    to: string,
    served: ReleasedService,
    hands: Hands,
): Promise<ExitCode | undefined> {
    const step = { kind: "weight", name: "100", percent: 100 } as const;
    const ending = await new StepWatch(service, to, hands).passed(step, 0, served);
    return ending && ended(hands, ending.outcome, ending.words);
}

/** The same hands, with another time to bake than the config has. */
function withBake(hands: Hands, bake: string): Hands {
    return {
        settings: async () => ({ ...(await hands.settings()), bake }),
        served: () => hands.served(),
        write: (values, weights) => hands.write(values, weights),
        up: (message) => hands.up(message),
        giveBack: (weights, served) => hands.giveBack(weights, served),
        window: (compared) => hands.window(compared),
        asker: (check, index, settings) => hands.asker(check, index, settings),
        stack: hands.stack,
        rest: (seconds) => hands.rest(seconds),
        where: hands.where,
        get isInterrupted() {
            return hands.isInterrupted;
        },
        tell: (event) => hands.tell(event),
    };
}

function ended(hands: Hands, outcome: Outcome, words: string): ExitCode {
    hands.tell({ kind: "ends", outcome, words });
    if (outcome === "done") return ExitCode.Well;
    return outcome === "held" ? ExitCode.Held : ExitCode.Findings;
}
