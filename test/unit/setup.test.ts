import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { corefile } from "../../cluster/embedded/bootstrap";
import { projectRoot } from "../../cluster/paths";
import { CompilingLeft } from "../../cluster/setup/compilingLeft";
import { clearDrafts, makeFolder } from "../../cluster/setup/draft";
import { type Plan, whatIsLeft, wholePlan } from "../../cluster/setup/jobs";
import { duration, roughly } from "../../cluster/setup/duration";
import { failure, run } from "../../cluster/setup/run";
import { explainFailures } from "../../cluster/setup/setup";
import { compareVersions, inRange } from "../../cluster/tools/versions";

describe("whatIsLeft", () => {
    const job = (title: string, done: boolean) => ({ title, isDone: () => done, work: async () => {} });
    const plan = (...done: boolean[][]): Plan =>
        done.map((jobs, i) => [{ title: `${i}`, atOnce: 1, jobs: jobs.map((isDone, j) => job(`${i}.${j}`, isDone)) }]);

    it("is nothing when every job is done", () => {
        assert.equal(whatIsLeft(plan([true, true], [true])), undefined);
    });

    it("keeps the jobs that are not done, and no stage without any", () => {
        const left = whatIsLeft(plan([true, true], [true, false])) ?? [];
        const titles = left.map((stages) => stages.map((stage) => stage.jobs.map(({ title }) => title)));
        assert.deepEqual(titles, [[["1.1"]]]);
    });
});

describe("wholePlan", () => {
    const titles = (plan: Plan): string[] =>
        plan.flatMap((stages) => stages.flatMap(({ jobs }) => jobs.map(({ title }) => title)));

    it("has what tests alone ask for only where tests are to run", () => {
        const [without, whole] = [titles(wholePlan()), titles(wholePlan({ forTests: true }))];
        const added = whole.filter((title) => !without.includes(title));
        assert.deepEqual(added, ["istioctl 1.31.0", "pulumi-language-yaml 1.25.0", "actionlint 1.7.12", "streams 1"]);
    });

    it("has the official Kubernetes provider only for those who ask for it", () => {
        const [without, whole] = [titles(wholePlan()), titles(wholePlan({ official: true }))];
        assert.deepEqual(
            whole.filter((title) => !without.includes(title)),
            ["pulumi-resource-kubernetes 4.0.0-20260115"],
        );
    });
});

describe("the time that compiling still takes", () => {
    const second = 1_000;
    const packages = (from: number, to: number, imports: string[] = []): Map<string, string[]> =>
        new Map(Array.from({ length: to - from }, (_, i) => [`p${from + i}`, imports]));
    let now: number;
    let left: CompilingLeft;
    beforeEach(() => {
        now = 0;
        left = new CompilingLeft(() => now);
    });
    const compile = (from: number, to: number): void => {
        left.goesOn();
        for (let i = from; i < to; i++) left.begun(`p${i}`);
        now += (to - from) * second;
    };

    it("is what one package has taken for each that is left, those of two programs counted once", () => {
        left.add(packages(0, 300));
        left.add(packages(200, 500));
        compile(0, 200);
        assert.equal(left.milliseconds(), 300 * second);
    });

    it("is not known before there is something to tell it from", () => {
        left.add(packages(0, 300));
        compile(0, 20);
        assert.equal(left.milliseconds(), undefined);
    });

    it("leaves out what an earlier build has compiled, once something that imports it is begun", () => {
        const earlier = packages(1_000, 2_000);
        const whole = new Map([...earlier, ...packages(0, 200, [...earlier.keys()])]);
        left.add(whole);
        compile(0, 100);
        assert.deepEqual([left.milliseconds(), left.doneOf(whole)], [100 * second, 1_100]);
    });

    it("is over when the last program is", () => {
        left.add(packages(0, 300));
        compile(0, 200);
        left.finished(packages(0, 300));
        assert.equal(left.milliseconds(), 0);
    });
});

describe("the Corefile", () => {
    it("names the plugins that CoreDNS is built with, and no other", () => {
        const main = fs.readFileSync(path.join(projectRoot(), "cluster/tools/coredns/main.go"), "utf8");
        const built = [...main.matchAll(/coredns\/plugin\/(\w+)"/g)].map(([, name]) => name);
        const named = [...corefile.matchAll(/^ {4}(\w+)/gm)].map(([, name]) => name);
        assert.deepEqual(built.sort(), [...new Set(named)].sort());
    });
});

describe("run", () => {
    it("gives what the program wrote on standard output", async () => {
        assert.equal(await run("printf", ["a\nb\n"]), "a\nb");
    });

    it("names the command, its exit code and its last words when it fails", async () => {
        await assert.rejects(
            run("ls", ["/no/such/folder"]),
            /^Error: ls \/no\/such\/folder: exit 2\n {4}.*No such file/,
        );
    });

    it("names a program that is not there", async () => {
        await assert.rejects(run("no-such-program", []), /no-such-program: spawn no-such-program ENOENT/);
    });

    it("ends a program that takes longer than it may", async () => {
        await assert.rejects(run("sleep", ["60"], { timeout: 50 }), /sleep 60: killed by SIGTERM/);
    });
});

describe("explainFailures", () => {
    it("says that the disk is full, and how to fix it", () => {
        const failed = failure("go build", "exit 1", ["link: write /tmp/x: no space left on device"]);
        assert.match(
            explainFailures([`helm: ${failed}`]),
            /helm: go build: exit 1\n.*\n {2}fix: the disk is full; make room/,
        );
    });

    it("says every reason once", () => {
        assert.equal(explainFailures(["no network", "no network"]).match(/no network/g)?.length, 1);
    });
});

describe("makeFolder", () => {
    let parent: string;
    beforeEach(() => (parent = fs.mkdtempSync(path.join(os.tmpdir(), "draft-"))));
    afterEach(() => fs.rmSync(parent, { recursive: true }));
    const tool = (): string => path.join(parent, "tool-1");

    it("shows the folder when its content is whole, not before", async () => {
        await makeFolder(tool(), async (draft) => {
            fs.writeFileSync(path.join(draft, "tool"), "");
            assert.ok(!fs.existsSync(tool()));
        });
        assert.deepEqual(fs.readdirSync(parent, { recursive: true }).sort(), ["tool-1", "tool-1/tool"]);
    });

    it("leaves nothing behind when the work fails", async () => {
        await assert.rejects(
            makeFolder(tool(), () => Promise.reject(new Error("no"))),
            /no/,
        );
        assert.deepEqual(fs.readdirSync(parent), []);
    });

    it("starts anew where a killed process left a draft, and clearDrafts removes such a draft", async () => {
        fs.mkdirSync(`${tool()}.tmp`);
        fs.writeFileSync(`${tool()}.tmp/old`, "");
        await makeFolder(tool(), async (draft) => assert.deepEqual(fs.readdirSync(draft), []));
        fs.mkdirSync(path.join(parent, "other-1.tmp"));
        clearDrafts(parent);
        assert.deepEqual(fs.readdirSync(parent), ["tool-1"]);
    });
});

describe("versions", () => {
    const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99));
    const sign = (a: number[], b: number[]): number =>
        (a.find((part, i) => part !== b[i]) ?? 0) - (b.find((part, i) => part !== a[i]) ?? 0);

    it("are compared number by number", () => {
        fc.assert(
            fc.property(
                version,
                version,
                (a, b) => Math.sign(compareVersions(a.join("."), b.join("."))) === Math.sign(sign(a, b)),
            ),
        );
    });

    it("count what is left out as 0", () => {
        assert.equal(compareVersions("3.14", "3.14.0"), 0);
    });

    it("lie in a range from its first to just before its end", () => {
        const fits = (text: string): boolean => inRange(text, { from: "3.14", below: "4" });
        assert.deepEqual(["3.13.9", "3.14.0", "3.22.1", "4.0.0"].map(fits), [false, true, true, false]);
    });
});

describe("duration", () => {
    it("is a whole number of minutes where it is only guessed", () => {
        assert.deepEqual([0, 59_000, 61_000, 299_000].map(roughly), [
            "less than a minute",
            "less than a minute",
            "about 2 min",
            "about 5 min",
        ]);
    });

    it("has tenths below ten seconds, and minutes above sixty", () => {
        assert.deepEqual([420, 12_345, 59_600, 125_000].map(duration), ["0.4 s", "12 s", "1 min 0 s", "2 min 5 s"]);
    });
});
