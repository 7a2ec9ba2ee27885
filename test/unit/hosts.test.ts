import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { readSettings } from "../../systems/config/read";
import { hostsOf, namesFor } from "../../systems/checkout/hosts";

const hostsIn = (config: Record<string, unknown>): string[] => {
    const values = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
    const { settings, problems } = readSettings(Object.fromEntries(values) as Record<string, string>);
    assert.ok(settings, JSON.stringify(problems));
    return hostsOf(settings);
};
const nowhere = (): Promise<string[]> => Promise.resolve([]);
const unasked = (name: string): never => assert.fail(`asks for ${name}`);

describe("the host names of a stack", () => {
    it("are those of its systems, as the documents or the config have them", () => {
        assert.deepEqual(hostsIn({ system: ["shop", "tiers", "stages"] }), [
            "minikube.me",
            "tiers.minikube.me",
            "smoke.tiers.minikube.me",
        ]);
        assert.deepEqual(hostsIn({ hosts: { shop: "shop.127.0.0.1.nip.io" } }), ["shop.127.0.0.1.nip.io"]);
    });

    it("are those of the addons too, as in seed 001", () => {
        const addons = { enabled: true, domain: "192.168.1.99.nip.io" };
        assert.deepEqual(hostsIn({ system: ["stages"], addons }), [
            "grafana.192.168.1.99.nip.io",
            "kiali.192.168.1.99.nip.io",
            "prom.192.168.1.99.nip.io",
            "tracing.192.168.1.99.nip.io",
        ]);
    });
});

describe("what is said of host names", () => {
    it("is one line for /etc/hosts with every name that leads elsewhere, and that nobody else writes it", async () => {
        const lines = await namesFor(["minikube.me", "there.example", "smoke.minikube.me"], "127.0.0.1", (name) =>
            Promise.resolve(name === "there.example" ? ["127.0.0.1"] : ["203.0.113.7"]),
        );
        assert.equal(lines[1]?.trim(), "127.0.0.1 minikube.me smoke.minikube.me");
        assert.match(lines.join("\n"), /to \/etc\/hosts yourself; nothing here writes that file/);
        assert.match(lines.join("\n"), /NAME\.127\.0\.0\.1\.nip\.io/);
    });

    it("is nothing of names that lead to the gateway", async () => {
        assert.deepEqual(await namesFor(["a.example"], "192.168.49.2", () => Promise.resolve(["192.168.49.2"])), []);
    });

    it("is nothing of names that say themselves where they lead, and nobody is asked for them", async () => {
        const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
        const written = fc.constantFrom(
            ...[".", "-"].flatMap((sign) => ["nip.io", "sslip.io"].map((end) => [sign, end])),
        );
        await fc.assert(
            fc.asyncProperty(address, written, async (numbers, [sign = "", end = ""]) => {
                const host = `shop.${numbers.join(sign)}.${end}`;
                assert.deepEqual(await namesFor([host], numbers.join("."), unasked), []);
                assert.equal(
                    (await namesFor([host], "127.1.2.3", unasked)).length,
                    numbers.join() === "127,1,2,3" ? 0 : 3,
                );
            }),
        );
        assert.deepEqual(await namesFor(["kiali.localhost"], "127.0.0.1", unasked), []);
    });

    it("is nothing while nobody knows the gateway's address, or where it has a name in DNS", async () => {
        assert.deepEqual(await namesFor(["minikube.me"], undefined, nowhere), []);
        assert.deepEqual(await namesFor(["minikube.me"], "lb.example.com", nowhere), []);
    });

    it("is the line for a name that this machine does not know, without waiting long", async () => {
        const lines = await namesFor(["no-such-name.invalid"], "127.0.0.1");
        assert.match(lines.join(), /127\.0\.0\.1 no-such-name\.invalid/);
    });
});
