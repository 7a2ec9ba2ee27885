import * as assert from "node:assert/strict";
import type { Machine } from "../../cluster/setup/machine.mjs";
import { explain, isInRange, missingOn, roomNeeded } from "../../cluster/setup/requirements.mjs";

const range = "^20.20.0 || >=22.12.0";

describe("missingOn", () => {
    it("finds nothing on a machine that has all", () => {
        assert.deepEqual(missingOn(machine(), range), []);
    });

    it("finds everything at once, each with what fixes it", () => {
        const bare = machine({ isRoot: false, node: "18.0.0", freeBytes: () => 1e9, ask: () => undefined });
        const said = explain(missingOn(bare, range));
        for (const what of [/Node 18\.0\.0/, /Go is missing/, /1\.0 GB free/, /pip is missing/, /not run by root/]) {
            assert.match(said, what);
        }
        assert.equal(said.match(/fix: \S/g)?.length, 5);
    });

    it("wants a Go that is new enough, and says which one there is", () => {
        const old = machine({ ask: (command) => (command === "go" ? "go1.19.8" : "") });
        assert.deepEqual(whats(old), ["Go is 1.19, and 1.26 is needed."]);
    });

    it("leaves the kernel alone where it is no Linux, and blames only the cluster", () => {
        const mac = machine({
            platform: "darwin",
            isRoot: false,
            ask: (command) => (command === "go" ? "go1.26.0" : undefined),
        });
        const missing = missingOn(mac, range);
        assert.deepEqual(
            missing.map((one) => one.for),
            ["cluster"],
        );
        assert.match(missing[0]?.what ?? "", /macOS/);
    });

    it("names the programs that are missing where there is no apt-get", () => {
        const other = machine({ isOnPath: (name) => !["apt-get", "runc", "socat"].includes(name) });
        assert.deepEqual(whats(other), [
            "There is no apt-get to install with, and these programs are missing: runc, socat.",
        ]);
    });

    it("does not ask for pip once Envoy is there", () => {
        const withoutPip = { ask: (command: string) => (command === "python3" ? undefined : "go1.26.0") };
        assert.deepEqual(whats(machine(withoutPip)), ["Python's pip is missing; Envoy comes as a Python package."]);
        assert.deepEqual(whats(machine({ ...withoutPip, built: () => ["envoy-1.40.0-01234567"] })), []);
    });

    it("sends to the older iptables where only that has a nat table", () => {
        const older = machine({ ask: (_, ...args) => (args.includes("iptables") ? undefined : "go1.26.0") });
        assert.match(missingOn(older, range)[0]?.fix ?? "", /update-alternatives --set iptables .*legacy/);
    });

    it("takes control groups of either version, when they can be written to", () => {
        const v2 = (file: string): boolean => ["/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.controllers"].includes(file);
        assert.deepEqual(whats(machine({ exists: v2, isWritable: v2 })), []);
        assert.match(whats(machine({ exists: v2, isWritable: () => false }))[0] ?? "", /no control groups/);
    });
});

describe("roomNeeded", () => {
    it("is 14 GB for a machine that has built nothing", () => assert.equal(roomNeeded([]), 14));

    it("shrinks with what is built, and an interrupted build does not count", () => {
        const built = ["kubernetes", "pulumi", "pilot-discovery", "coredns", "helm"].map(
            (name) => `${name}-1.2.3-0123abcd`,
        );
        assert.equal(roomNeeded([...built, "pilot-agent-1.31.1-0123abcd.tmp"]), 4);
        assert.equal(roomNeeded([...built, "pilot-agent-1.31.1-0123abcd"]), 2);
    });
});

describe("isInRange", () => {
    it("knows ^, >= and ||", () => {
        const fits = (version: string): boolean => isInRange(version, range);
        assert.deepEqual(["20.19.9", "20.20.0", "21.7.0", "22.11.0", "22.12.0", "26.1.0"].map(fits), [
            false,
            true,
            false,
            false,
            true,
            true,
        ]);
    });
});

function whats(on: Machine): string[] {
    return missingOn(on, range).map(({ what }) => what);
}

/** A machine on which nothing is missing, but for what is said. */
function machine(different: Partial<Machine> = {}): Machine {
    return {
        platform: "linux",
        arch: "x64",
        isRoot: true,
        node: "20.20.2",
        ask: (command) => (command === "go" ? "go1.26.8" : ""),
        isWritable: () => true,
        exists: () => true,
        isOnPath: () => true,
        canOverlay: () => true,
        freeBytes: () => 100e9,
        built: () => [],
        ...different,
    };
}
