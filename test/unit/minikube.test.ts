import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { portOf } from "../../cluster/embedded/ports";
import { minikubePlace } from "../../cluster/minikube/place";
import { minikubeTarget } from "../../cluster/minikube/target";
import { ownMark } from "../../cluster/ownership";
import { forget, makeRecordDir, writeRecord } from "../../cluster/record";
import { explain } from "../../cluster/target";
import { recorded, standIns, type Reply, type StandIns } from "../support/standIns";

const cluster = "minikube-unit-test";
const profiles = (status: string, driver = "docker", mark = ownMark()): string =>
    recorded("minikube-profile-list.json")
        .replace("upshift.dev/owner=upshift", `upshift.dev/owner=${mark}`)
        .replaceAll('"Name": "upshift"', `"Name": "${cluster}"`)
        .replace('"Status": ""', `"Status": "${status}"`)
        .replaceAll('"Driver": "docker"', `"Driver": "${driver}"`);
const none = { stdout: '{"invalid":[],"valid":[]}' };
const quiet = (): void => undefined;
const started: Reply = { stdout: "* dry-run validation complete!\n", kubeconfig: "apiVersion: v1\nkind: Config\n" };

const docker: Record<string, Reply> = { version: { stdout: "28.2.2\n" }, "image inspect": { code: 1 }, build: {} };
const minikube: Record<string, Reply> = {
    "version --short": { stdout: "v1.38.1\n" },
    "profile list": none,
    "config get driver": { code: 14, stderr: "Error: specified key could not be found in config\n" },
    start: started,
    "update-context": started,
    stop: {},
    delete: {},
    "image load": {},
    ip: { stdout: "192.168.39.5\n" },
};

describe("the minikube target", function () {
    this.timeout(120_000);
    let programs: StandIns;
    const have = (replies: Parameters<typeof standIns>[0]): void => void (programs = standIns(replies));
    const target = minikubeTarget({ cluster, ports: { https: 21443, http: 21080 } });
    /** Commands of minikube that change something. */
    const changes = (): string[] =>
        programs
            .calls()
            .flatMap(([name, ...args]) => (name === "minikube" ? [args.join(" ")] : []))
            .filter((text) => /^(start|stop|delete|image load)/.test(text) && !text.includes("--dry-run"));

    beforeEach(() => forget("minikube", cluster));
    afterEach(() => {
        programs.remove();
        forget("minikube", cluster);
    });

    it("finds that minikube is not there, or too old", async () => {
        have({});
        assert.match(explain(await target.check()), /minikube is not there[^]*fix: install it/);
        programs.remove();
        have({ docker, minikube: { ...minikube, "version --short": { stdout: "v1.32.0\n" } } });
        assert.match(explain(await target.check()), /minikube is 1\.32\.0, and 1\.38\.0 or later is needed/);
    });

    it("finds what minikube itself says of its drivers, with its suggestion, before anything is changed", async () => {
        const said = [
            'X Exiting due to PROVIDER_DOCKER_NOT_RUNNING: "docker version" exit status 1: Cannot connect to the Docker daemon',
            "* Suggestion: Start the Docker service",
            "* Documentation: https://minikube.sigs.k8s.io/docs/drivers/docker/",
        ].join("\n");
        have({ minikube: { ...minikube, start: { code: 63, stderr: said } } });
        assert.match(
            explain(await target.check()),
            /can't start a cluster here: PROVIDER_DOCKER_NOT_RUNNING: .*Cannot connect[^]*fix: Start the Docker service/,
        );
        assert.deepEqual(changes(), []);
    });

    it("finds that a port is taken which the container would publish, and the command that takes another", async () => {
        have({ docker, minikube });
        const holder = net.createServer();
        await once(holder.listen(0, "127.0.0.1"), "listening");
        const taken = portOf(holder);
        const findings = await minikubeTarget({ cluster, ports: { https: 21443, http: taken } }).check();
        holder.close();
        assert.match(
            explain(findings),
            new RegExp(
                `Port ${taken} of 127\\.0\\.0\\.1 is taken[^]*cluster up --target minikube --http-port ${taken + 1}`,
            ),
        );
        assert.deepEqual(changes(), []);
    });

    it("finds that root may not use the docker driver", async () => {
        const said = 'X Exiting due to DRV_AS_ROOT: The "docker" driver should not be used with root privileges.\n';
        have({ docker, minikube: { ...minikube, start: { code: 57, stderr: said } } });
        assert.match(
            explain(await target.check()),
            /DRV_AS_ROOT: The "docker" driver should not be used with root privileges/,
        );
    });

    it("finds that a profile of that name was made by another, and neither starts, stops nor deletes it", async () => {
        const theirs = profiles("OK").replace(`upshift.dev/owner=${ownMark()}`, "color=blue");
        have({ docker, minikube: { ...minikube, "profile list": { stdout: theirs } } });
        assert.match(explain(await target.check()), /was made by another[^]*fix: take another name/);
        await assert.rejects(target.down({ delete: true }, quiet), /was made by another/);
        await assert.rejects(target.down({}, quiet), /was made by another/);
        assert.deepEqual(changes(), []);
        assert.equal((await target.status()).phase, "foreign");
    });

    for (const mark of ["upshift-0a1b2c", "upshift"])
        it(`neither takes, stops nor deletes one that another checkout made, which has the mark ${mark}, and says what to do`, async () => {
            have({ docker, minikube: { ...minikube, "profile list": { stdout: profiles("OK", "docker", mark) } } });
            await assert.rejects(
                target.down({ delete: true }, quiet),
                /was made by another checkout of upshift[^]*fix: the same command in the checkout that made it; where that is gone: minikube delete --profile minikube-unit-test, if it is yours$/,
            );
            await assert.rejects(target.down({}, quiet), /another checkout[^]*minikube stop --profile/);
            assert.match(explain(await target.check()), /another checkout[^]*fix: take another name/);
            await assert.rejects(target.up(quiet), /another checkout[^]*fix: take another name/);
            assert.deepEqual(changes(), []);
            assert.equal((await target.status()).phase, "foreign");
        });

    for (const [what, mark, noted] of [
        ["before each checkout had a mark", "upshift", undefined],
        ["when the checkout lay elsewhere", "upshift-0a1b2c", "upshift-0a1b2c"],
    ] as const)
        it(`starts with its mark, and deletes, what it has recorded as made ${what}`, async () => {
            makeRecordDir("minikube", cluster);
            const addresses = { gatewayAddress: "127.0.0.1:21443", httpAddress: "127.0.0.1:21080" };
            writeRecord("minikube", cluster, { ...addresses, images: {}, made: "2026-11-21", mark: noted });
            have({
                docker,
                minikube: { ...minikube, "profile list": { stdout: profiles("Stopped", "docker", mark) } },
            });
            await target.up(quiet);
            assert.match(changes()[0] ?? "", new RegExp(`^start .*owner=${mark} `));
            assert.equal(await target.down({ delete: true }, quiet), true);
            assert.match(changes().at(-1) ?? "", /^delete /);
        });

    it("takes one that another checkout has made since for another's, whatever it has recorded of its own", async () => {
        makeRecordDir("minikube", cluster);
        const addresses = { gatewayAddress: "127.0.0.1:21443", httpAddress: "127.0.0.1:21080" };
        writeRecord("minikube", cluster, { ...addresses, images: {}, made: "2026-11-21", mark: ownMark() });
        const theirs = profiles("OK", "docker", "upshift-0a1b2c");
        have({ docker, minikube: { ...minikube, "profile list": { stdout: theirs } } });
        await assert.rejects(target.down({ delete: true }, quiet), /another checkout/);
        assert.deepEqual(changes(), []);
    });

    it("makes a cluster in a container, with its mark, ports on this machine only, and the user's context left alone", async () => {
        have({ docker, minikube });
        await target.up((progress) => {
            if (progress.kind === "begun") programs.says("minikube", "profile list", { stdout: profiles("OK") });
        });
        assert.deepEqual(changes(), [
            [
                `start --profile ${cluster} --keep-context --kubernetes-version v1.36.2`,
                `--extra-config kubelet.node-labels=upshift.dev/owner=${ownMark()} --driver docker`,
                "--ports 127.0.0.1:21443:30443 --ports 127.0.0.1:21080:30080 --wait all",
            ].join(" "),
        ]);
        const { context, gatewayAddress, gatewayValues } = minikubePlace(cluster, {});
        assert.deepEqual([context, gatewayAddress], [cluster, "127.0.0.1:21443"]);
        assert.equal((gatewayValues.service as { type: string }).type, "NodePort");
    });

    it("leaves the driver to minikube where no containers can be run, and asks it for the machine's address", async () => {
        have({ minikube });
        await target.up((progress) => {
            if (progress.kind === "begun")
                programs.says("minikube", "profile list", { stdout: profiles("OK", "kvm2") });
        });
        assert.doesNotMatch(changes().join(), /--driver|--ports/);
        assert.equal(minikubePlace(cluster, {}).gatewayAddress, "192.168.39.5:30443");
    });

    it("loads each image that was built", async () => {
        have({ docker, minikube: { ...minikube, "profile list": { stdout: profiles("OK") } } });
        await target.up(quiet);
        await target.images(quiet);
        assert.deepEqual(changes(), [
            `image load upshift.local/demo:v1 --profile ${cluster}`,
            `image load upshift.local/demo:v2 --profile ${cluster}`,
        ]);
    });

    it("stops its own cluster, starts it again with the same driver, and deletes it", async () => {
        have({ docker, minikube: { ...minikube, "profile list": { stdout: profiles("Stopped") } } });
        assert.equal((await target.status()).phase, "stopped");
        await target.up(quiet);
        await target.down({}, quiet);
        await target.down({ delete: true }, quiet);
        assert.deepEqual(
            changes().map((text) => text.split(" ")[0]),
            ["start", "stop", "delete"],
        );
    });
});
