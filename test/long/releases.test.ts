import * as assert from "node:assert/strict";
import { eventsOf, upshift, type Told } from "../support/cli";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { apply } from "../support/mesh";
import { Caller } from "../support/caller";
import { meshWithWeb, namespace, noMesh, projectOn, releasedProgram, setKeys } from "../support/ownService";
import type { Sandbox } from "../support/pulumi";

const name = "releases-test";
/** Each release is named by what runs in it: `again` is stable's own image, `bad` fails one of twenty requests. */
const images = { stable: "v1", again: "v1", bad: "v4" };
const program = releasedProgram(images);
/** The gate as it is, but for a ceiling that so few requests can prove. */
const settings = { bake: "20s", steps: "25,50,100", "gate.ceiling": "0.1", "gate.latency": "false" };

/** A release with the gate's own error rates: it must not take back what is as good, and must find what is worse. */
describe("many releases, on the mesh", function () {
    this.timeout(600_000);
    let web: Sandbox;
    let caller: Caller;
    const cli = (...args: string[]): Promise<Told> =>
        upshift([...args, "--cwd", web.folder], { ...process.env, ...web.environment });
    const released = async (to: string): Promise<{ code: number | null; events: object[] }> => {
        const told = await cli("release", "web", "--to", to, "--again", "--json");
        return { code: told.code, events: eventsOf(told) };
    };
    const configure = (): Promise<void> => setKeys(web, "release.web", settings);
    const put = async (version: string): Promise<void> => {
        const all = Object.keys(images).map((one) => [one, one === version ? 100 : 0] as const);
        await setKeys(web, "weights.web", Object.fromEntries(all));
        await web.succeed("up", "--yes", "--skip-preview");
    };

    before("brings up a mesh with a service under load", async function () {
        leaveOutWhereNoneRuns(this, name);
        await meshWithWeb(name);
        await apply(name, [namespace("own")]);
        web = await projectOn(name, program, {});
        await put("stable");
        caller = await Caller.start(name, "own", "web", "/cgi-bin/answer");
        await caller.got(1);
        await caller.begin();
    });
    after(async () => {
        await caller?.stop();
        web?.remove();
        await noMesh(name);
    });

    it("brings twenty versions that are as good as stable to everybody, none back and none stuck, and no request fails", async function () {
        this.timeout(7_200_000);
        for (let release = 1; release <= 20; release++) {
            await configure();
            const { code, events } = await released("again");
            assert.equal(code, 0, `release ${release}: ${JSON.stringify(events.at(-1))}`);
            assert.equal((await caller.got(1)).failed, 0, `release ${release}`);
            await cli("rollback", "web");
            assert.equal((await caller.got(1)).failed, 0, `the way back after release ${release}`);
        }
    });
    it("takes ten versions back that fail one of twenty requests, and tells after how long", async function () {
        this.timeout(7_200_000);
        const seconds: number[] = [];
        for (let release = 1; release <= 10; release++) {
            await configure();
            const began = Date.now();
            const { code, events } = await released("bad");
            assert.equal(code, 1, `release ${release}: ${JSON.stringify(events.at(-1))}`);
            seconds.push((Date.now() - began) / 1000);
        }
        const [median] = seconds.toSorted((one, other) => one - other).slice(4);
        console.log(
            `      found and rolled back after ${seconds.map(Math.round).join(", ")} s; median ${median?.toFixed(0)} s`,
        );
    });
});
