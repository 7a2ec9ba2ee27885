import * as assert from "node:assert/strict";
import { until } from "../../cluster/embedded/probes";
import { judgeShare } from "../../rollout/share";
import { verificationOf } from "../../rollout/verify";
import { differences, type Live } from "./live";
import type { Tally } from "./load";
import {
    castOf,
    type Deed,
    type Found,
    played,
    type Role,
    type Scenario,
    type Shares,
    spoken,
    type Step,
    usualRequests,
} from "./scenario";
import type { Driver } from "./driver";
import type { Stage } from "./stage";
import { letGo, stay } from "./users";

/** Milliseconds for which what an update has left may still settle. */
const settleMs = 10_000;
/** Requests of each kind of testers. */
const testerRequests = 30;

type Cast = Readonly<Record<Role, string>>;

/** Plays scenarios on a stage, one after the other. Each begins where the one before it has left its users, also where that failed. */
export class Player {
    private driver: Driver | undefined;

    constructor(private readonly stage: Stage) {}

    /**
     * Plays one. The load goes on from before its first update until after its last.
     *
     * @throws where something is not as the scenario has it, or a request failed.
     */
    async play(scenario: Scenario): Promise<void> {
        const { load } = this.stage;
        const began = load.begin();
        try {
            const cast = await this.begin(scenario);
            for (const [index, step] of scenario.steps.entries()) {
                await this.take(step, cast).catch((error: Error) => {
                    error.message = `step ${index + 1}: ${error.message}`;
                    throw error;
                });
                noFailure(load.since(began), `by the end of step ${index + 1}`);
            }
        } finally {
            await this.driver?.interrupt();
            this.driver = undefined;
        }
        const all = load.since(began);
        noFailure(all, "through the whole scenario");
        if (!scenario.mayFailByItself) assert.equal(all.ownErrors, 0, "no version of this scenario fails by itself");
        assert.ok(all.requests >= usualRequests, `${all.requests} requests are too few to say so`);
    }

    /** All users are on one of two versions, and nothing else is as a scenario before has left it. */
    private async begin({ given = {}, path = "/" }: Scenario): Promise<Cast> {
        const { stage } = this;
        stage.load.path = path;
        const { stable = "v1", weights, images } = await stage.live();
        assert.ok(
            ["v1", "v2"].includes(stable),
            `stable is ${stable}, and only v1 or v2 can be where a scenario begins`,
        );
        // Where a scenario has failed with pods that can't start, so does this one's update; its routes are back all the same.
        const aborted = weights[stable] === 100 ? undefined : await stage.upshift("abort web");
        const cast = castOf(stable);
        await stage.configureAnew(stable, played(given, cast));
        // Under its users it gets its usual code back, which is refused where nobody has declared it: for this one update.
        const isChanged = images[stable] !== stable;
        if (isChanged) await stage.configure({ "inPlace.web": stable });
        const { code, output } = await stage.up();
        assert.equal(code, 0, `${aborted ? aborted.stdout + aborted.stderr : ""}${output}`);
        if (isChanged) await stage.configure({ "inPlace.web": undefined });
        return cast;
    }

    private async take({ does, found }: Step, cast: Cast): Promise<void> {
        await this.do(does, cast);
        if (found) await this.look(found, cast);
    }

    private async do(deed: Deed, cast: Cast): Promise<void> {
        const { stage } = this;
        if ("up" in deed) {
            await stage.configure(played(deed.up, cast));
            const { code, output } = await stage.up();
            assert.equal(code, 0, output);
        } else if ("fails" in deed) {
            await stage.configure(played(deed.fails, cast));
            const { code, output } = await stage.up();
            assert.notEqual(code, 0, output);
            assert.match(output, deed.says);
        } else if ("command" in deed) {
            const command = await this.withNumbers(spoken(deed.command, cast), cast);
            const { code, stdout, stderr } = await stage.upshift(command);
            assert.equal(code, deed.code, `npx upshift ${command}\n${stdout}${stderr}`);
            if (deed.says) assert.match(stdout + stderr, deed.says);
            if (deed.saysNot) assert.doesNotMatch(stdout, deed.saysNot);
        } else if ("starts" in deed) {
            this.driver = stage.start(spoken(deed.starts, cast));
            await this.driver.said(deed.until);
        } else {
            const { code, stdout, stderr } = (await this.driver?.ended()) ?? assert.fail("no driver was started");
            this.driver = undefined;
            assert.equal(code, deed.ends, stdout + stderr);
            if (deed.says) assert.match(stdout, deed.says);
        }
    }

    /** The number of the last update that gave a version all users, where a command asks for it. */
    private async withNumbers(command: string, cast: Cast): Promise<string> {
        const [whole, role] = /\{whole:(old|new|third)\}/.exec(command) ?? [];
        if (whole === undefined) return command;
        const { code, stdout, stderr } = await this.stage.upshift("history web --json");
        assert.equal(code, 0, stdout + stderr);
        const entries = JSON.parse(stdout) as { version: number; moves: { version: string; to: number }[] }[];
        const found = entries.find(({ moves }) =>
            moves.some(({ version, to }) => version === cast[role as Role] && to === 100),
        );
        assert.ok(found, `no update has given ${cast[role as Role]} all users:\n${stdout}`);
        return command.replace(whole, String(found.version));
    }

    private async look(found: Found, cast: Cast): Promise<void> {
        const { stage } = this;
        const live = await this.liveAs(found, cast);
        const { requests = usualRequests, testers = [], copiesOf, users } = found;
        if (requests > 0) sharesAre(found.weights, await stage.load.next(requests), live, cast);
        for (const { headers, to } of testers)
            for (let sent = 0; sent < testerRequests; sent++) {
                const { status, body } = await stage.asker.ask("web", "/", "GET", headers);
                assert.deepEqual([status, body.trim()], [200, live.images[cast[to]]], JSON.stringify(headers));
            }
        if (copiesOf !== undefined) await this.copiesAre(found.mirror ?? 0, copiesOf, live, cast);
        if (users === "stay") await stay(stage.asker, "stay");
        if (users === "are let go") await letGo(stage.asker, "stay", [cast.old, cast.new]);
    }

    /** The objects, once they are as a step has them: on a busy machine a pod may answer a check late. */
    private liveAs(found: Found, cast: Cast): Promise<Live> {
        return until(async () => {
            const live = await this.stage.live();
            assert.deepEqual(differences(found, live, cast), []);
            return live;
        }, settleMs);
    }

    /** Copies as the caller's proxy counts them: what it has sent to the version beyond what that has answered to users. */
    private async copiesAre(percent: number, requests: number, live: Live, cast: Cast): Promise<void> {
        const { load, counters } = this.stage;
        const before = await load.without(() => counters.settled());
        const began = Date.now();
        await load.next(requests);
        const [tally, after] = await load.without(async () => [load.since(began), await counters.settled()]);
        const served = tally.answers[live.images[cast.new] ?? ""] ?? 0;
        const copies = (after[cast.new] ?? 0) - (before[cast.new] ?? 0) - served;
        const { measured, tolerance, within } = judgeShare(percent, copies, tally.requests);
        assert.ok(
            within,
            `${copies} of ${tally.requests} requests were copied (${measured.toFixed(1)} %), and not ${percent} ± ${tolerance.toFixed(1)} %`,
        );
    }
}

function noFailure({ failed, requests, reasons }: Tally, when: string): void {
    assert.equal(failed, 0, `${failed} of ${requests} requests failed ${when}: ${JSON.stringify(reasons)}`);
}

/** Every version has the share of these requests that its weight says, within four standard deviations. */
function sharesAre(
    weights: Shares,
    { answers, requests, failed, reasons, ownErrors }: Tally,
    live: Live,
    cast: Cast,
): void {
    const versions = Object.fromEntries(Object.entries(live.images).map(([version, tag]) => [tag, version]));
    const counts = Object.fromEntries(Object.entries(answers).map(([tag, count]) => [versions[tag] ?? tag, count]));
    const expected = Object.fromEntries(Object.entries(weights).map(([role, weight]) => [cast[role as Role], weight]));
    const seen = verificationOf("web", expected, counts, { requests: requests - ownErrors, failed, failures: reasons });
    assert.ok(seen.ok, JSON.stringify(seen));
}
