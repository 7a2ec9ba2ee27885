import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as net from "node:net";
import { once } from "node:events";
import { serviceImage } from "../../cluster/images/services";
import { k3dPlace } from "../../cluster/k3d/place";
import { k3dTarget } from "../../cluster/k3d/target";
import { ownMark } from "../../cluster/ownership";
import { forget, kubeconfigOf, makeRecordDir, writeRecord } from "../../cluster/record";
import { explain } from "../../cluster/target";
import { portOf } from "../../cluster/embedded/ports";
import { bringUp } from "../../systems/checkout/begin";
import { recorded, standIns, type Reply, type StandIns } from "../support/standIns";

const cluster = "k3d-unit-test";
const listed = recorded("k3d-cluster-list.json").replaceAll('"name": "upshift"', `"name": "${cluster}"`);
const ours = { stdout: `${ownMark()}\n` };
/** The mark of another checkout, and the one that all had before each had its own. */
const theirs = "upshift-0a1b2c";
const earlier = "upshift";
const quiet = (): void => undefined;

const docker: Record<string, Reply> = {
    version: { stdout: "28.2.2\n" },
    "ps --all": ours,
    "image inspect": { code: 1, stderr: "Error response from daemon: No such image" },
    build: {},
};
const k3d: Record<string, Reply> = {
    version: { stdout: "k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)\n" },
    "cluster list": { stdout: "[]\n" },
    "kubeconfig get": { stdout: "apiVersion: v1\nkind: Config\n" },
    "cluster create": {},
    "cluster start": {},
    "cluster stop": {},
    "cluster delete": {},
    "image import": {},
};

describe("the k3d target", function () {
    this.timeout(120_000);
    let programs: StandIns;
    const have = (replies: Parameters<typeof standIns>[0]): void => void (programs = standIns(replies));
    const target = k3dTarget({ cluster, ports: { https: 21443, http: 21080 } });
    const commands = (program: string): string[] =>
        programs.calls().flatMap(([name, ...args]) => (name === program ? [args.join(" ")] : []));
    /** Commands that change something. */
    const changes = (): string[] =>
        [...commands("k3d"), ...commands("docker")].filter(
            (text) => !/^(version|cluster list|ps |image inspect|kubeconfig get)/.test(text),
        );

    beforeEach(() => forget("k3d", cluster));
    afterEach(() => {
        programs.remove();
        forget("k3d", cluster);
    });

    describe("finds before anything is changed", () => {
        it("that neither Docker nor k3d is there, both at once", async () => {
            have({});
            assert.match(
                explain(await target.check()),
                /Docker is not there[^]*fix: install it[^]*k3d is not there[^]*fix: install it: brew install k3d/,
            );
        });

        it("that Docker does not run, in Docker's own words", async () => {
            const said =
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
            have({ docker: { version: { code: 1, stderr: `${said}\n` } }, k3d });
            const [finding, ...others] = await target.check();
            assert.deepEqual([finding?.what, others], [`Docker's engine does not answer: ${said}`, []]);
            assert.match(finding?.fix ?? "", /docker/i);
        });

        it("that the user may not use Docker", async () => {
            const said =
                "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";
            have({ docker: { version: { code: 1, stderr: said } }, k3d });
            assert.match(explain(await target.check()), /may not use it[^]*fix: sudo usermod -aG docker/);
        });

        it("that k3d is too old, and which one is needed", async () => {
            have({
                docker,
                k3d: { ...k3d, version: { stdout: "k3d version v4.4.8\nk3s version v1.21.3-k3s1 (default)\n" } },
            });
            assert.match(
                explain(await target.check()),
                /k3d is 4\.4\.8, and 5\.6\.0 or later is needed[^]*fix: update it/,
            );
        });

        it("that a port is taken, by whom, and the command that takes another", async () => {
            have({ docker, k3d });
            const holder = net.createServer();
            await once(holder.listen(0, "127.0.0.1"), "listening");
            const taken = portOf(holder);
            const findings = await k3dTarget({ cluster, ports: { https: taken, http: 21080 } }).check();
            holder.close();
            assert.match(
                explain(findings),
                new RegExp(
                    `Port ${taken} of 127\\.0\\.0\\.1 is taken[^]*cluster up --target k3d --https-port ${taken + 1}`,
                ),
            );
            assert.deepEqual(changes(), []);
        });

        it("that a cluster of that name was made by another", async () => {
            have({
                docker: { ...docker, "ps --all": { stdout: "" } },
                k3d: { ...k3d, "cluster list": { stdout: listed } },
            });
            assert.match(explain(await target.check()), /was made by another[^]*fix: take another name/);
            assert.deepEqual(changes(), []);
        });

        it("that port 8080, which seed 001 has for the gateway, is taken", async () => {
            have({ docker, k3d });
            const holder = net.createServer();
            const listening = once(holder.listen(8080, "127.0.0.1"), "listening");
            // Where another program of this machine has it, that is as good.
            const isOurs = await listening.then(
                () => true,
                () => false,
            );
            const findings = await k3dTarget({ cluster, ports: { https: 21443 } }).check();
            if (isOurs) holder.close();
            assert.match(
                explain(findings),
                /Port 8080 of 127\.0\.0\.1 is taken[^]*fix: end that, or take another: npx upshift cluster up --target k3d --http-port 8081$/,
            );
        });

        it("nothing, where all is well: its own cluster may hold the ports", async () => {
            have({ docker, k3d });
            assert.deepEqual(await target.check(), []);
            programs.says("k3d", "cluster list", { stdout: listed });
            assert.deepEqual(await target.check(), []);
        });
    });

    const bad: [string, Parameters<typeof standIns>[0], RegExp][] = [
        [
            "Docker does not run",
            { docker: { version: { code: 1, stderr: "Cannot connect to the Docker daemon at unix:///x.\n" } }, k3d },
            /Docker's engine does not answer: Cannot connect to the Docker daemon/,
        ],
        ["k3d is too old", { docker, k3d: { ...k3d, version: { stdout: "k3d version v5.5.2\n" } } }, /k3d is 5\.5\.2/],
        [
            "a cluster of that name is another's",
            { docker: { ...docker, "ps --all": {} }, k3d: { ...k3d, "cluster list": { stdout: listed } } },
            /was made by another/,
        ],
    ];
    for (const [what, programsThere, message] of bad) {
        it(`comes up only where nothing stands in the way, and has changed nothing when ${what}`, async () => {
            have(programsThere);
            const refused = bringUp({ target, why: "", refused: [], hosts: [] }, quiet);
            await assert.rejects(refused, (error: Error) => {
                assert.match(error.message, /^Target k3d \(k3d-unit-test\) can't be used; nothing was changed\.\n/);
                assert.match(error.message, message);
                return /\n {6}fix: \S/.test(error.message);
            });
            assert.deepEqual(changes(), []);
            assert.ok(!fs.existsSync(kubeconfigOf("k3d", cluster)));
        });
    }

    it("says on one screen what will be there, what is left alone and how to undo it, and changes nothing", async () => {
        have({ docker, k3d });
        const plan = await target.plan();
        assert.match(plan.where.join("\n"), /will be made[^]*https:\/\/127\.0\.0\.1:21443/);
        assert.match(plan.leaves.join("\n"), /your kubeconfig/);
        assert.match(plan.undo.join("\n"), /npx upshift cluster down --name k3d-unit-test --delete --target k3d/);
        assert.deepEqual(changes(), []);
    });

    it("makes a cluster as seed 001 does, on this machine only, with its mark and a kubeconfig of its own", async () => {
        have({ docker, k3d });
        // k3d lists the cluster once it is made; here that is from the start of its making.
        const made = target.up((progress) => {
            if (progress.kind === "begun") programs.says("k3d", "cluster list", { stdout: listed });
        });
        await made;
        assert.deepEqual(changes(), [
            [
                `cluster create ${cluster} --image rancher/k3s:v1.35.5-k3s1 --k3s-arg --disable=traefik@server:0`,
                "--api-port 127.0.0.1:random --port 127.0.0.1:21443:443@loadbalancer --port 127.0.0.1:21080:80@loadbalancer",
                `--runtime-label upshift.dev/owner=${ownMark()}@server:0`,
                "--kubeconfig-update-default=false --kubeconfig-switch-context=false --timeout 300s --wait",
            ].join(" "),
        ]);
        assert.equal(fs.statSync(kubeconfigOf("k3d", cluster)).mode & 0o777, 0o600);
        const place = k3dPlace(cluster, {});
        assert.deepEqual(
            [place.context, place.gatewayAddress, place.httpAddress],
            [`k3d-${cluster}`, "127.0.0.1:9443", "127.0.0.1:8080"],
        );
    });

    it("starts a cluster of its own that is stopped, and makes none", async () => {
        const stopped = listed.replace('"serversRunning": 1', '"serversRunning": 0');
        have({ docker, k3d: { ...k3d, "cluster list": { stdout: stopped } } });
        await target.up(quiet);
        assert.deepEqual(changes(), [`cluster start ${cluster} --wait --timeout 300s`]);
    });

    it("hands k3d's own words on when the cluster can't be made", async () => {
        const said = "FATA[0000] Failed to create cluster 'upshift' because a cluster with that name already exists";
        have({ docker, k3d: { ...k3d, "cluster create": { code: 1, stderr: `${said}\n` } } });
        await assert.rejects(
            target.up(quiet),
            /k3d cluster create .*exit 1[^]*a cluster with that name already exists/,
        );
    });

    it("builds the services' images once and imports them, and not again while they stay the same", async () => {
        have({ docker, k3d: { ...k3d, "cluster list": { stdout: listed } } });
        await target.up(quiet);
        await target.images(quiet);
        const names = ["v1", "v2"].map((version) => serviceImage(version));
        assert.match(
            changes().at(-2) ?? "",
            /^build --build-arg VERSION=v1 --label upshift\.dev\/source=\S+ --tag upshift\.local\/demo:v1 .*services$/,
        );
        assert.ok(commands("k3d").includes(`image import ${names.join(" ")} --cluster ${cluster}`));
        const soFar = changes().length;
        await target.up(quiet);
        await target.images(quiet);
        assert.equal(changes().length, soFar);
    });

    it("builds with buildah, and imports archives, where there is no docker program to build with", async () => {
        have({ docker, k3d: { ...k3d, "cluster list": { stdout: listed } } });
        await target.up(quiet);
        programs.remove();
        have({ buildah: { build: {}, push: { code: 125, stderr: "Error: no space left on device" } }, k3d });
        await assert.rejects(
            target.images(quiet),
            /buildah push upshift\.local\/demo:v1 docker-archive:.*exit 125[^]*no space left/,
        );
        assert.deepEqual(commands("k3d"), []);
    });

    it("builds none where the stack names a registry", async () => {
        have({ docker, k3d: { ...k3d, "cluster list": { stdout: listed } } });
        const other = k3dTarget({ cluster, registry: "registry.example.com/team" });
        await other.up(quiet);
        await other.images(quiet);
        assert.deepEqual(changes(), []);
        assert.equal(serviceImage("v2", "registry.example.com/team/"), "registry.example.com/team/demo:v2");
    });

    it("stops and deletes its own cluster", async () => {
        have({ docker, k3d: { ...k3d, "cluster list": { stdout: listed } } });
        assert.equal(await target.down({}, quiet), true);
        assert.equal(await target.down({ delete: true }, quiet), true);
        assert.deepEqual(changes(), [`cluster stop ${cluster}`, `cluster delete ${cluster}`]);
        assert.throws(() => k3dPlace(cluster, {}), /is not there[^]*fix: npx upshift cluster up --target k3d/);
    });

    it("keeps what it knows of a cluster that is not to be found, unless it is told to delete it", async () => {
        have({ docker, k3d: { ...k3d, "cluster list": { stdout: listed } } });
        await target.up(quiet);
        programs.says("k3d", "cluster list", { stdout: "[]" });
        assert.equal(await target.down({}, quiet), false);
        assert.ok(fs.existsSync(kubeconfigOf("k3d", cluster)));
        assert.equal(await target.down({ delete: true }, quiet), true);
        assert.equal(fs.existsSync(kubeconfigOf("k3d", cluster)), false);
    });

    it("refuses to stop or delete another's", async () => {
        have({
            docker: { ...docker, "ps --all": { stdout: "" } },
            k3d: { ...k3d, "cluster list": { stdout: listed } },
        });
        await assert.rejects(target.down({ delete: true }, quiet), /was made by another/);
        await assert.rejects(target.down({}, quiet), /was made by another/);
        assert.deepEqual(changes(), []);
        assert.equal((await target.status()).phase, "foreign");
    });

    for (const mark of [theirs, earlier])
        it(`neither takes, stops nor deletes one that another checkout made, which has the mark ${mark}, and says what to do`, async () => {
            have({
                docker: { ...docker, "ps --all": { stdout: `${mark}\n` } },
                k3d: { ...k3d, "cluster list": { stdout: listed } },
            });
            await assert.rejects(
                target.down({ delete: true }, quiet),
                /was made by another checkout of upshift[^]*fix: the same command in the checkout that made it; where that is gone: k3d cluster delete k3d-unit-test, if it is yours$/,
            );
            await assert.rejects(target.down({}, quiet), /another checkout[^]*k3d cluster stop k3d-unit-test/);
            assert.match(explain(await target.check()), /another checkout[^]*fix: take another name/);
            await assert.rejects(target.up(quiet), /another checkout[^]*fix: take another name/);
            assert.deepEqual(changes(), []);
            assert.equal((await target.status()).phase, "foreign");
        });

    describe("knows what it has recorded", () => {
        const made = "2026-11-21T10:00:00.000000000Z";
        const recordedAs = (mark: string | undefined, when = made): void => {
            makeRecordDir("k3d", cluster);
            const addresses = { gatewayAddress: "127.0.0.1:9443", httpAddress: "127.0.0.1:8080" };
            writeRecord("k3d", cluster, { ...addresses, images: {}, made: when, mark });
        };
        const marked = (mark: string): void =>
            have({
                docker: { ...docker, "ps --all": { stdout: `${mark}\n` } },
                k3d: { ...k3d, "cluster list": { stdout: listed } },
            });

        it("as its own where it was made before each checkout had a mark", async () => {
            recordedAs(undefined);
            marked(earlier);
            assert.equal(await target.down({ delete: true }, quiet), true);
            assert.deepEqual(changes(), [`cluster delete ${cluster}`]);
        });

        it("as its own where the checkout lay elsewhere when it was made, and still does after an up", async () => {
            recordedAs(theirs);
            marked(theirs);
            await target.up(quiet);
            assert.equal(await target.down({ delete: true }, quiet), true);
            assert.deepEqual(changes(), [`cluster delete ${cluster}`]);
        });

        it("as another's where a later cluster has its name", async () => {
            for (const mark of [undefined, theirs]) {
                recordedAs(mark, "2026-11-20T10:00:00.000000000Z");
                marked(mark ?? earlier);
                await assert.rejects(target.down({ delete: true }, quiet), /another checkout/);
                assert.deepEqual(changes(), []);
                programs.remove();
            }
            marked(theirs);
        });
    });

    it("deletes nothing when Docker can't say whose it is", async () => {
        have({
            docker: { ...docker, "ps --all": { code: 1, stderr: "Cannot connect to the Docker daemon" } },
            k3d: { ...k3d, "cluster list": { stdout: listed } },
        });
        await assert.rejects(target.down({ delete: true }, quiet), /Docker can't list its containers: Cannot connect/);
        assert.deepEqual(changes(), []);
    });
});
