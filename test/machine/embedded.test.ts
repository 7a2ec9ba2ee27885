import * as assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as https from "node:https";
import * as net from "node:net";
import * as path from "node:path";
import * as readline from "node:readline";
import { promisify } from "node:util";
import { cgroupDirs } from "../../cluster/embedded/cgroups";
import { clusterDown, clusterUp, insideCommand, readCluster } from "../../cluster/embedded/cluster";
import type { Progress } from "../../cluster/embedded/follow";
import { followPods } from "../../cluster/embedded/followPods";
import { cgroupOf, clusterDir } from "../../cluster/embedded/layout";
import { portOf } from "../../cluster/embedded/ports";
import { until } from "../../cluster/embedded/probes";
import { clusterStatus, type PartReport } from "../../cluster/embedded/status";
import { images } from "../../cluster/images/images";
import { reference } from "../../cluster/images/tag";
import { toolPath } from "../../cluster/tools/tools";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { populationOf, remainsOf, traces, type Population, type Traces } from "../support/machine";

const run = promisify(execFile);
const name = "test-embedded";
const other = "test-other";

describe("the embedded cluster", function () {
    this.timeout(600_000);
    let initial: Traces;
    let population: Population;
    let notes: string[];

    const up = (cluster = name): Promise<unknown> => {
        notes = [];
        return clusterUp(cluster, {}, (progress: Progress) => progress.kind === "note" && notes.push(progress.text));
    };
    const kubectl = async (...args: string[]): Promise<string> => {
        const all = ["--kubeconfig", clusterDir(name, "kubeconfig"), ...args];
        return (await run(toolPath("kubectl"), all, { timeout: 60_000 })).stdout;
    };

    before(async function () {
        leaveOutWhereNoneRuns(this, name);
        await Promise.all([clusterDown(name, { delete: true }), clusterDown(other, { delete: true })]);
        initial = traces();
    });
    after(() => Promise.all([clusterDown(name, { delete: true }), clusterDown(other, { delete: true })]));

    it("has a ready node and a name server after the first up", async () => {
        await up();
        const status = await clusterStatus(name);
        assert.deepEqual([status?.phase, status?.nodeReady], ["ready", true]);
        assert.deepEqual(status?.parts.map((part) => part.state).join(), Array(7).fill("running").join());
        assert.equal(status?.versions["kubernetes"], "1.36.3");
    });

    it("forgets a connection that nobody answered within seconds: the next one from its port would be led the same way", async () => {
        const [program, ...args] = [...insideCommand(name), "cat"];
        const setting = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent";
        const { stdout } = await run(program, [...args, setting]);
        assert.ok(Number(stdout) <= 5, `${stdout.trim()} s`);
    });

    it("is left as it is when brought up again", async () => {
        const { pid } = readCluster(name) ?? {};
        await up();
        assert.equal(readCluster(name)?.pid, pid);
        assert.deepEqual(notes, []);
    });

    it("refuses another port than the one it runs with, and names the way", async () => {
        await assert.rejects(
            clusterUp(name, { ports: { api: 1 } }, () => undefined),
            /runs with port \d+ for api, not 1[^]*fix: npx upshift cluster down --name test-embedded/,
        );
    });

    it("runs a pod that the restricted standard allows, under the default system call filter", async () => {
        await kubectl("create", "namespace", "strict");
        await kubectl("label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted");
        await apply(restrictedPod);
        await kubectl("wait", "-n", "strict", "--for=condition=Ready", "pod/web", "--timeout=30s");
        assert.match(await kubectl("exec", "-n", "strict", "web", "--", "cat", "/proc/self/status"), /^Seccomp:\s2$/m);
    });

    it("gives the host kubectl logs, exec, cp and port-forward", async () => {
        assert.equal(await kubectl("logs", "-n", "strict", "web"), "hello\n");
        const follow = spawn(toolPath("kubectl"), [
            ...["--kubeconfig", clusterDir(name, "kubeconfig")],
            ...["logs", "-f", "-n", "strict", "web"],
        ]);
        const lines = readline.createInterface({ input: follow.stdout });
        await once(lines, "line");
        const second = once(lines, "line");
        await kubectl("exec", "-n", "strict", "web", "--", "sh", "-c", "echo more > /proc/1/fd/1");
        assert.deepEqual(await second, ["more"]);
        follow.kill();

        const copy = path.join(clusterDir(name), "copy.txt");
        fs.writeFileSync(copy, "from the host\n");
        await kubectl("exec", "-n", "strict", "web", "--", "/bin/busybox", "ln", "-s", "/bin/busybox", "/tmp/tar");
        await kubectl("cp", copy, "strict/web:/tmp/copy.txt");
        assert.equal(await kubectl("exec", "-n", "strict", "web", "--", "cat", "/tmp/copy.txt"), "from the host\n");

        const forward = spawn(toolPath("kubectl"), [
            ...["--kubeconfig", clusterDir(name, "kubeconfig")],
            ...["port-forward", "-n", "strict", "pod/web", ":8080"],
        ]);
        const [line] = (await once(readline.createInterface({ input: forward.stdout }), "line")) as [string];
        const response = await fetch(`http://127.0.0.1:${/:(\d+) ->/.exec(line)?.[1]}/`);
        assert.equal(await response.text(), "hi\n");
        forward.kill();
    });

    it("serves a NodePort on the host's gateway port, and inside by the service's name", async () => {
        const { http } = readCluster(name)?.ports ?? assert.fail("it does not run");
        // kube-proxy programs a Service some time after its pod is ready, and refuses connections until then.
        const answer = await until(async () => (await fetch(`http://127.0.0.1:${http}/`)).text(), 60_000);
        assert.equal(answer, "hi\n");
        const inside = await kubectl("exec", "-n", "strict", "web", "--", "wget", "-qO-", "http://web.strict");
        assert.equal(inside, "hi\n");
    });

    it("has no way out", async () => {
        const [program = "", ...args] = insideCommand(name);
        const routes = (await run(program, [...args, "ip", "-json", "link"])).stdout;
        const links = JSON.parse(routes) as { ifname: string; link_netnsid?: number; link?: string }[];
        const outward = links.filter((link) => link.ifname !== "lo" && !link.ifname.startsWith("veth") && !link.link);
        assert.deepEqual(outward, []);
        await assert.rejects(run(program, [...args, "ping", "-c1", "-W1", "1.1.1.1"]));
    });

    it("tells who has not said who he is whether it is well, and nothing else", async () => {
        const { api } = readCluster(name)?.ports ?? assert.fail("it does not run");
        const ask = async (url: string): Promise<number | undefined> => {
            const request = https.get(`https://127.0.0.1:${api}${url}`, { rejectUnauthorized: false });
            const [response] = (await once(request, "response")) as [{ statusCode?: number; resume(): void }];
            response.resume();
            return response.statusCode;
        };
        assert.deepEqual(
            await Promise.all(["/readyz", "/livez", "/version", "/api/v1/namespaces"].map(ask)),
            [200, 200, 401, 401],
        );
    });

    it("keeps its keys from other users' eyes", () => {
        const open = fs
            .readdirSync(clusterDir(name), { recursive: true, encoding: "utf8" })
            .filter((file) => /^(pki|conf)\/.*(\.key|kubeconfig)$|^kubeconfig$/.test(file))
            .filter((file) => (fs.statSync(clusterDir(name, file)).mode & 0o077) !== 0);
        assert.deepEqual(open, []);
    });

    for (const part of [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "containerd",
        "kubelet",
    ]) {
        it(`starts ${part} again when it is killed, and the pods go on`, async () => {
            const pod = await podId();
            const first = await partNamed(part);
            process.kill(first.pid ?? assert.fail("it does not run"), "SIGKILL");
            const second = await until(async () => {
                const now = await partNamed(part);
                assert.deepEqual([now.state, now.restarts], ["running", first.restarts + 1]);
                return now;
            }, 60_000);
            assert.notEqual(second.pid, first.pid);
            assert.equal(second.lastExit, "signal SIGKILL");
            await until(async () => assert.equal((await clusterStatus(name))?.nodeReady, true), 60_000);
            await until(async () => assert.equal(await podId(), pod), 60_000);
        });
    }

    it("brings data and pods back after down and up, all Ready", async () => {
        await kubectl("create", "configmap", "-n", "strict", "kept", "--from-literal=a=b");
        await clusterDown(name);
        assert.equal(readCluster(name), undefined);
        // As a full disk leaves it, in an earlier version.
        fs.writeFileSync(clusterDir(name, "containerd", "imported.json"), "");
        await up();
        // At once: `up` has waited for them.
        assert.match(await podId(), / 1$/);
        const { http } = readCluster(name)?.ports ?? assert.fail("it does not run");
        assert.equal(await (await fetch(`http://127.0.0.1:${http}/`)).text(), "hi\n");
        assert.equal(await kubectl("get", "configmap", "-n", "strict", "kept", "-o", "jsonpath={.data.a}"), "b");
        await kubectl("wait", "-A", "--for=condition=Ready", "pods", "--all", "--timeout=1s");
    });

    it("names the pod that does not come back, and why, and waits no longer than it may", async () => {
        const said: Progress[] = [];
        const follow = (timeoutMs: number, heard?: (progress: Progress) => void): Promise<void> => {
            const onProgress = (progress: Progress): void => {
                said.push(progress);
                heard?.(progress);
            };
            return followPods(name, onProgress, { timeoutMs, tellEvery: 0 });
        };
        await follow(0);
        assert.deepEqual(said, [] as Progress[], "all are there");
        const uid = await kubectl("get", "pod", "-n", "strict", "web", "-o", "jsonpath={.metadata.uid}");
        const stop = clusterDir(name, "kubelet", "pods", uid, "volumes", "kubernetes.io~empty-dir", "tmp", "stop");
        fs.writeFileSync(stop, "");
        await until(async () => {
            said.length = 0;
            await follow(0);
            assert.match(
                JSON.stringify(said),
                /strict\/web: container web (waits \(CrashLoopBackOff\), its last exit code|ended with exit code 0)/,
            );
        }, 60_000);
        assert.match(JSON.stringify(said), /fix: .*kubectl --kubeconfig .* describe pod/);
        said.length = 0;
        await follow(3_600_000, ({ kind }) => {
            if (kind === "note") fs.rmSync(stop, { force: true });
        });
        // Between two crashes the container runs for a moment, and only the gateway's port tells that nobody answers.
        assert.match(JSON.stringify(said[1]), /Not ready again yet: (strict\/web: container web |the gateway )/);
        assert.match(JSON.stringify(said.at(-1)), /"done","title":"2 pods that were there"/);
    });

    it("ends whole when its supervisor is killed, and comes up again", async () => {
        const { pid } = readCluster(name) ?? assert.fail("it does not run");
        const killed = populationOf(cgroupOf(name));
        assert.ok(killed.processes.length > 10, `${killed.processes.length} processes`);
        await kill(/supervisor\.cjs test-embedded$/);
        await until(async () => assert.deepEqual(remainsOf(killed, "-"), []), 20_000);
        assert.equal(readCluster(name), undefined, `process ${pid} is gone`);
        assert.equal((await clusterStatus(name))?.phase, "stopped");
        assert.ok(cgroupDirs(cgroupOf(name)).length > 0, "control groups outlive it");
        await clusterDown(other, { delete: true });
        assert.deepEqual(
            cgroupDirs(cgroupOf(name)),
            [],
            "until the next down --delete or set-up, of whichever cluster",
        );
        await up();
        assert.equal(await kubectl("get", "configmap", "-n", "strict", "kept", "-o", "jsonpath={.data.a}"), "b");
    });

    it("gives up a part after five fast deaths, says which with the end of its log, and comes up again", async () => {
        for (let death = 1; death <= 5; death++) {
            const pid = await until(
                async () => (await partNamed("kube-scheduler")).pid ?? assert.fail("not up"),
                30_000,
            );
            process.kill(pid, "SIGKILL");
            await until(async () => assert.notEqual((await partNamed("kube-scheduler")).pid, pid), 30_000);
        }
        const status = await clusterStatus(name);
        assert.equal(status?.phase, "failed");
        assert.match(
            status?.error ?? "",
            /kube-scheduler died five times .* signal SIGKILL\.\nThe end of .*kube-scheduler\.log:\n.+/,
        );
        await up();
        assert.equal(notes[0], "The cluster is failed: it is stopped and started again.");
        assert.equal((await clusterStatus(name))?.phase, "ready");
    });

    it("is stopped, and not started a second time, when its own file can't be read any more", async () => {
        const { pid } = readCluster(name) ?? assert.fail("it does not run");
        const { processes } = populationOf(cgroupOf(name));
        fs.writeFileSync(clusterDir(name, "cluster.json"), "");
        await up();
        assert.notEqual(readCluster(name)?.pid, pid);
        assert.deepEqual(remainsOf({ processes, namespaces: [] }, "-"), []);
        assert.equal(await kubectl("get", "configmap", "-n", "strict", "kept", "-o", "jsonpath={.data.a}"), "b");
    });

    it("lives beside a second cluster", async () => {
        await up(other);
        const [mine, its] = [readCluster(name), readCluster(other)];
        assert.equal(new Set([mine, its].flatMap((one) => Object.values<number>({ ...one?.ports }))).size, 6);
        const names = await Promise.all(
            [name, other].map(async (cluster) => (await clusterStatus(cluster))?.nodeReady),
        );
        assert.deepEqual(names, [true, true]);
        await clusterDown(other, { delete: true });
        assert.equal((await clusterStatus(name))?.nodeReady, true);
    });

    it("names who holds a port that was asked for", async () => {
        const holder = net.createServer().listen(0, "127.0.0.1");
        await once(holder, "listening");
        await assert.rejects(
            clusterUp(other, { ports: { https: portOf(holder) } }, () => undefined),
            new RegExp(`Port ${portOf(holder)} .* is taken by .* \\(process ${process.pid}\\)`),
        );
        holder.close();
    });

    it("leaves no process, mount, namespace, interface, cgroup or iptables rule after down --delete", async () => {
        population = populationOf(cgroupOf(name));
        assert.ok(population.namespaces.length > 3, `${population.namespaces.length} namespaces`);
        await clusterDown(name, { delete: true });
        assert.deepEqual(remainsOf(population, cgroupOf(name)), []);
        assert.deepEqual(traces(), initial);
        assert.equal(fs.existsSync(clusterDir(name)), false);
        assert.equal(await clusterStatus(name), undefined);
        assert.equal(await clusterDown(name, { delete: true }), false, "nothing is left to do");
    });

    async function partNamed(part: string): Promise<PartReport> {
        const found = (await clusterStatus(name))?.parts.find((candidate) => candidate.name === part);
        return found ?? assert.fail(`no part ${part}`);
    }

    /** The web pod's address and how often its container was started again. */
    async function podId(): Promise<string> {
        const format = "jsonpath={.status.podIP} {.status.containerStatuses[0].restartCount}";
        return kubectl("get", "pod", "-n", "strict", "web", "-o", format);
    }

    async function apply(object: object): Promise<void> {
        const file = path.join(clusterDir(name), "object.json");
        fs.writeFileSync(file, JSON.stringify(object));
        await kubectl("apply", "-f", file);
    }
});

/** Kills the one process whose command line matches. */
async function kill(command: RegExp): Promise<void> {
    const { stdout } = await run("ps", ["-eo", "pid=,args="]);
    const found = stdout.split("\n").filter((line) => command.test(line) && !/unshare|tini/.test(line));
    assert.equal(found.length, 1, found.join("\n"));
    process.kill(parseInt(found[0] ?? "", 10), "SIGKILL");
}

const proxy = images().find((image) => image.name === "proxyv2");

/** A web server that ends when /tmp/stop is there, as strict as a pod can be, and a Service on the gateway's NodePort. */
const restrictedPod = {
    apiVersion: "v1",
    kind: "List",
    items: [
        {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "web", namespace: "strict", labels: { app: "web" } },
            spec: {
                securityContext: { runAsNonRoot: true, runAsUser: 1337, seccompProfile: { type: "RuntimeDefault" } },
                terminationGracePeriodSeconds: 1,
                containers: [
                    {
                        name: "web",
                        image: proxy && reference(proxy),
                        imagePullPolicy: "Never",
                        command: [
                            "sh",
                            "-c",
                            "echo hello; echo hi > /tmp/index.html; busybox httpd -p 8080 -h /tmp; while [ ! -e /tmp/stop ]; do sleep 1; done",
                        ],
                        env: [{ name: "PATH", value: "/tmp:/bin" }],
                        resources: {
                            requests: { cpu: "10m", memory: "10Mi", "ephemeral-storage": "1Mi" },
                            limits: { memory: "64Mi" },
                        },
                        securityContext: {
                            allowPrivilegeEscalation: false,
                            readOnlyRootFilesystem: true,
                            capabilities: { drop: ["ALL"] },
                        },
                        volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
                    },
                ],
                volumes: [{ name: "tmp", emptyDir: {} }],
            },
        },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "web", namespace: "strict" },
            spec: {
                type: "NodePort",
                selector: { app: "web" },
                ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
            },
        },
    ],
};
