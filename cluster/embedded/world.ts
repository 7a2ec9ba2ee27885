import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { insideDir, network } from "./layout";

const run = promisify(execFile);

/**
 * Folders of the machine that a part writes to whatever it is told. In the cluster they are empty ones of its own, in
 * memory: its sockets, locks and leases, and nothing of the machine's. The machine keeps, at most, empty folders.
 */
const privateFolders = ["/run", "/var/lib/cni", "/var/lib/kubelet", "/var/log/containers"];

/**
 * Settings of the whole machine that the kubelet wants to change, with the values it wants. It finds them in files that
 * only the cluster sees, and is content.
 */
const kernelSettings: Readonly<Record<string, string>> = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
};

/**
 * Furnishes the namespaces that the supervisor was started in. All that is made here ends with them, however they end.
 *
 * @param dir the cluster's folder on the host
 */
export async function furnish(dir: string): Promise<void> {
    await Promise.all([mounts(dir), wires()]);
}

async function mounts(dir: string): Promise<void> {
    const cluster = fs.openSync(dir, "r");
    for (const folder of privateFolders) {
        fs.mkdirSync(folder, { recursive: true });
        await run("mount", ["-t", "tmpfs", "-o", "mode=0755", "upshift", folder]);
    }
    fs.mkdirSync(insideDir(), { recursive: true });
    // By descriptor: the checkout may itself lie in a folder that was just covered.
    await run("mount", ["--bind", `/proc/${process.pid}/fd/${cluster}`, insideDir()]);
    fs.closeSync(cluster);
    fs.mkdirSync("/run/settings");
    for (const [setting, value] of Object.entries(kernelSettings)) {
        const file = path.join("/run/settings", setting.replaceAll("/", "."));
        fs.writeFileSync(file, value + "\n");
        await run("mount", ["--bind", file, path.join("/proc/sys", setting)]);
    }
    // Among the cluster's own containers, mounts may be passed on; the machine is no longer part of it.
    await run("mount", ["--make-rshared", "/"]);
}

/** A pair of wires with both ends here gives the node an address and a default route, and no way out. */
async function wires(): Promise<void> {
    for (const command of [
        "link set lo up",
        "link add node0 type veth peer name node1",
        `address add ${network.node}/24 dev node0`,
        "link set node0 up",
        "link set node1 up",
        "route add default dev node0",
    ]) {
        await run("ip", command.split(" "));
    }
    fs.writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
    if (fs.existsSync(unanswered)) fs.writeFileSync(unanswered, "3");
}

/**
 * For how long the kernel remembers a connection that nobody answered, in seconds; two minutes unless told otherwise. One that came to
 * the gateway's port while the gateway was away is remembered as leading to the node itself, and the next one from the same port is led
 * there, too, and refused, long after the gateway is back. Here every answer comes within milliseconds.
 */
const unanswered = "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent";
