import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { forget } from "../../cluster/record";
import { toolPath } from "../../cluster/tools/tools";
import { type Reply, standIns, type StandIns } from "../support/standIns";

const name = "first-screen-test";
const docker: Record<string, Reply> = { version: { stdout: "28.2.2\n" } };
const k3d: Record<string, Reply> = {
    version: { stdout: "k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)\n" },
    "cluster list": { stdout: "[]\n" },
    "cluster create": {
        code: 1,
        stderr: "FATA[0000] Failed to create cluster 'x' because a cluster with that name already exists\n",
    },
};
const minikube: Record<string, Reply> = {
    "version --short": { stdout: "v1.38.1\n" },
    "profile list": { stdout: '{"invalid":[],"valid":[]}' },
    "config get driver": { code: 14, stderr: "Error: specified key could not be found in config\n" },
    start: { stdout: "* dry-run validation complete!\n" },
};

/** The whole command, as a user starts it; only the programs that make clusters are stand-ins. */
describe("the first screen of a stack", function () {
    this.timeout(600_000);
    let programs: StandIns;
    const have = (replies: Parameters<typeof standIns>[0]): void => void (programs = standIns(replies));
    /** Pulumi and helm as they are here, and nothing that lies beside them. */
    let tools: string;
    const upshift = (args: string[], target: string): { code: number | null; output: string } => {
        const { status, stdout, stderr } = spawnSync(
            process.execPath,
            [path.join(projectRoot(), "bin/upshift.mjs"), ...args, "--stack", name],
            {
                cwd: projectRoot(),
                encoding: "utf8",
                env: {
                    ...process.env,
                    PATH: [process.env.PATH, tools].join(path.delimiter),
                    UPSHIFT_TARGET: target,
                    NO_COLOR: "1",
                },
            },
        );
        return { code: status, output: stdout + stderr };
    };
    const file = path.join(projectRoot(), `Pulumi.${name}.yaml`);
    const changes = (): string[] =>
        programs
            .calls()
            .map((call) => call.join(" "))
            .filter((text) => !/ (version|cluster list|ps |profile list|config get|info )|--dry-run/.test(text));

    before(() => {
        tools = fs.mkdtempSync(path.join(os.tmpdir(), "tools-"));
        for (const tool of ["pulumi", "helm"]) fs.symlinkSync(toolPath(tool), path.join(tools, tool));
        fs.writeFileSync(file, `config:\n  upshift:cluster: ${name}\n`);
    });
    afterEach(() => {
        programs.remove();
        forget("k3d", name);
    });
    after(() => {
        fs.rmSync(file);
        fs.rmSync(tools, { recursive: true });
    });

    it("tells where, what, what not and how to undo it, before the first command that changes anything", () => {
        have({ docker, k3d });
        const { code, output } = upshift(["demo", "shop"], "k3d");
        assert.equal(code, 2, output);
        const [before = "", after = ""] = output.split("▸ cluster up: k3d");
        for (const line of [
            /^ {2}where +k3d: UPSHIFT_TARGET says so\n +k3d cluster first-screen-test in Docker \(.*\): will be made$/m,
            /^ +gateway at https:\/\/127\.0\.0\.1:9443, on this machine only$/m,
            /^ {2}installs +Istio 1\.31\.1 from its own Helm repository, into istio-system and istio-ingress$/m,
            /^ {2}leaves alone +your kubeconfig and its current context\n +other clusters, containers and images$/m,
            /^ {2}undo +npx upshift cluster down --name first-screen-test --delete --target k3d$/m,
        ])
            assert.match(before, line);
        assert.match(after, /k3d cluster create first-screen-test .*exit 1[^]*a cluster with that name already exists/);
        assert.deepEqual(
            changes().map((text) => text.slice(0, 37)),
            ["k3d cluster create first-screen-test "],
        );
        assert.doesNotMatch(fs.readFileSync(file, "utf8"), /target/);
    });

    it("is an error instead, where Docker does not run: what fixes it, and nothing is begun", () => {
        have({ docker: { version: { code: 1, stderr: "Cannot connect to the Docker daemon at unix:///x.\n" } }, k3d });
        const { code, output } = upshift(["demo", "shop"], "k3d");
        assert.equal(code, 1);
        assert.match(output, /Target k3d \(first-screen-test\) can't be used; nothing was changed\./);
        assert.match(output, /Docker's engine does not answer: Cannot connect.*\n +fix: \S/);
        assert.doesNotMatch(output, /what this does|cluster up/);
        assert.deepEqual(changes(), []);
    });

    it("says on minikube how the gateway is reached", () => {
        have({ docker, minikube });
        const { code, output } = upshift(["cluster", "check"], "minikube");
        assert.equal(code, 0, output);
        assert.match(output, /minikube profile first-screen-test, driver docker, Kubernetes v1\.36\.2: will be made/);
        assert.match(output, /gateway at https:\/\/127\.0\.0\.1:9443, .*\(node port 30443 behind it\)/);
        assert.match(output, /undo +npx upshift cluster down --name first-screen-test --delete --target minikube/);
        assert.deepEqual(changes(), []);
        programs.remove();
        have({ minikube });
        assert.match(
            upshift(["cluster", "check"], "minikube").output,
            /node port 30443 of the virtual machine; .* minikube tunnel, as root/,
        );
    });

    it("names the targets that there are, where another is asked for", () => {
        have({});
        const { code, output } = upshift(["cluster", "check"], "kind");
        assert.equal(code, 2);
        assert.match(
            output,
            /no target kind \(UPSHIFT_TARGET says so\); there are k3d, minikube, context, embedded and auto/,
        );
    });
});
