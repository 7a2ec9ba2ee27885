import * as assert from "node:assert/strict";
import { eventsOf, upshift, type Told } from "../support/cli";
import { Caller } from "../support/caller";
import { chainProgram, meshWithChain } from "../support/chained";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { apply } from "../support/mesh";
import { namespace, noMesh, projectOn, setKeys, weightsOf } from "../support/ownService";
import type { Sandbox } from "../support/pulumi";

const name = "release-chain-test";
/** Enough for a gate of a few requests a second to say something soon: no figure of a real release. */
const settings = { bake: "10s", "gate.ceiling": "0.1", "gate.minRequests": "30", "gate.latency": "false" };
const answers = { v1: "front=v1 middle=v1 last=v1", v2: "front=v1 middle=v2 last=v2" };

interface Event {
    readonly kind: string;
    readonly step?: string;
    readonly verdict?: string;
    readonly reason?: string;
    readonly outcome?: string;
    readonly reached?: Readonly<Record<string, number>>;
}

/** A chain of three services, of which the edge decides for the last two; one asks the next, and passes the header on or not. */
describe("upshift release of a chain, on the mesh", function () {
    this.timeout(600_000);
    this.bail(true);
    let tour: Sandbox;
    let caller: Caller;
    const cli = (...args: string[]): Promise<Told> =>
        upshift([...args, "--cwd", tour.folder], { ...process.env, ...tour.environment });
    /** Whatever was answered, no answer mixed versions and none failed. @returns the answers there were */
    const whole = async (atLeast: number): Promise<string[]> => {
        const got = await caller.got(atLeast);
        assert.equal(got.failed, 0, got.reasons.join("\n"));
        const found = Object.keys(got.answers).sort();
        assert.deepEqual(
            found.filter((one) => !Object.values(answers).includes(one)),
            [],
        );
        return found;
    };

    before("brings up a mesh with a chain under load, all of it on v1", async function () {
        leaveOutWhereNoneRuns(this, name);
        await meshWithChain(name);
        await apply(name, [namespace("own")]);
        tour = await projectOn(name, chainProgram, {});
        for (const service of ["tour", "middle", "last"]) await setKeys(tour, `weights.${service}`, { v1: 100, v2: 0 });
        await setKeys(tour, "release.tour", settings);
        await tour.succeed("up", "--yes", "--skip-preview");
        caller = await Caller.start(name, "own", "edge", "/cgi-bin/answer");
        await caller.got(1);
        await caller.begin();
    });
    after(async () => {
        await caller?.stop();
        tour?.remove();
        await noMesh(name);
    });

    it("is refused where a service drops the header, with its name, and nobody is moved", async () => {
        const before = await weightsOf(tour);
        const told = await cli(
            ...["release", "last", "--chain", "--to", "v2", "--steps", "50,100", "--probe", "/cgi-bin/drops"],
        );
        assert.equal(told.code, 1, told.stderr);
        assert.match(told.stderr, /last got 0 of them: middle loses the header on the way to it/);
        assert.doesNotMatch(told.stderr, /middle got/);
        assert.deepEqual(await weightsOf(tour), before);
        assert.deepEqual(await whole(30), [answers.v1]);
    });
    it("goes to v2 by the edge's one weight, once its header is proven, without a failed or mixed answer", async () => {
        const told = await cli(
            ...[
                "release",
                "last",
                "--chain",
                "--to",
                "v2",
                "--steps",
                "50,100",
                "--probe",
                "/cgi-bin/answer",
                "--json",
            ],
        );
        assert.equal(told.code, 0, `${told.stdout}${told.stderr}`);
        const events = eventsOf<Event>(told);
        const proven = events.findIndex(({ kind }) => kind === "proven");
        assert.ok(proven >= 0 && proven < events.findIndex(({ kind }) => kind === "step"), told.stdout);
        assert.deepEqual(events[proven]?.reached, { last: 40, middle: 40 });
        const passed = events.filter(({ verdict }) => verdict === "pass");
        assert.deepEqual(
            passed.map(({ step }) => step),
            ["50", "100"],
        );
        for (const { reason = "" } of passed) assert.match(reason, /middle: .*last: |last: .*middle: /);
        assert.equal(events.at(-1)?.outcome, "done");
        assert.deepEqual(await whole(50), [answers.v1, answers.v2].sort());
        assert.deepEqual(await whole(30), [answers.v2]);
    });
    it("is finished, and nobody who comes by the edge is moved by that", async () => {
        const { code, stdout, stderr } = await cli("finish", "tour");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /v2 is the stable version of last/);
        assert.deepEqual(await weightsOf(tour), {
            last: { v1: 0, v2: 100 },
            middle: { v1: 0, v2: 100 },
            tour: { v1: 0, v2: 100 },
        });
        assert.deepEqual(await whole(30), [answers.v2]);
    });
});
