import * as assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Gateway } from "../../components";
import { selfSigned } from "../../components/mesh/certificate";
import { fingerprint, renewalReason } from "../../components/mesh/renewal";
import type { KeyPair } from "../../components/mesh/keep";
import { certificateWarnings } from "../../systems/checkout/status";
import { valueOf } from "../support/program";

const day = 24 * 60 * 60 * 1000;
const ago = (days: number): Date => new Date(Date.now() - days * day);
const hosts = ["shop.test", "shop.example"];

describe("a gateway's certificate", function () {
    this.timeout(30_000);

    it("is good until 30 days before its end, and for its own hosts alone", async () => {
        const { public: pem } = await selfSigned(hosts, new Date("2026-01-01T00:00:00Z"));
        const reason = (now: string, names = hosts): string | undefined => renewalReason(pem, names, new Date(now));
        assert.equal(reason("2026-01-01T00:00:00Z"), undefined);
        assert.equal(reason("2027-12-01T23:00:00Z"), undefined);
        assert.equal(reason("2027-12-03T00:00:00Z"), "ends on 2028-01-01, in 29 days");
        assert.equal(reason("2028-01-02T00:00:01Z"), "ended on 2028-01-01");
        assert.equal(reason("2026-02-01T00:00:00Z", ["shop.test"]), undefined);
        assert.equal(reason("2026-02-01T00:00:00Z", ["shop.test", "other.test"]), "is not for other.test");
    });

    it("is told of by `upshift status`, when an `up` would renew it", async () => {
        const good = await selfSigned(["shop.test"], ago(10));
        const old = await selfSigned(["tiers.test"], ago(702));
        const urls = { shop: "https://shop.test", tiers: "https://tiers.test" };
        const certificates = { shop: good.public, tiers: old.public };
        const [warning, ...others] = certificateWarnings({ urls, certificates });
        assert.match(warning ?? "", /^tiers: its certificate ends on \S+, in 2\d days\.\n {2}fix: pulumi up$/);
        assert.deepEqual(others, []);
    });

    /** What the gateway serves, where the state keeps these pairs by the name of their Stash; and what the engine was told. */
    const served = async (state: Record<string, KeyPair>) => {
        const warnings: string[] = [];
        const given: Record<string, KeyPair> = {};
        let secret: Record<string, string> | undefined;
        const kept = { ...state };
        await pulumi.runtime.setMocks({
            newResource: ({ type, name, inputs: all }) => {
                const inputs = all as Record<string, unknown>;
                if (type.endsWith(":Secret")) secret = plain(inputs.stringData) as Record<string, string>;
                if (!type.endsWith(":Stash")) return { id: name, state: inputs };
                given[name] = plain(inputs.input) as KeyPair;
                kept[name] ??= inputs.input as KeyPair;
                return { id: name, state: { ...inputs, output: kept[name] } };
            },
            call: ({ inputs }) => inputs as Record<string, unknown>,
        });
        const { warn } = pulumi.log;
        const log = pulumi.log as { warn: typeof warn };
        log.warn = (message) => Promise.resolve(void warnings.push(message));
        try {
            const gateway = new Gateway("gw", { namespace: "istio-ingress", hosts });
            const certificate = (await valueOf(gateway.certificate ?? assert.fail())) ?? "";
            await pulumi.runtime.disconnect();
            assert.equal(secret?.["tls.crt"], certificate);
            assert.ok(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(secret?.["tls.key"] ?? "")));
            return { certificate, warnings, kept, given };
        } finally {
            log.warn = warn;
        }
    };

    it("is the one that was made first, as long as it is good", async () => {
        const first = await selfSigned(hosts, ago(600));
        const { certificate, warnings, kept } = await served({ "gw-certificate": first });
        assert.equal(certificate, first.public);
        assert.deepEqual([warnings, Object.keys(kept)], [[], ["gw-certificate"]]);
    });

    it("is renewed in its last 30 days, once, with a warning, and again before the next one ends", async () => {
        const first = await selfSigned(hosts, ago(705));
        const renewed = await served({ "gw-certificate": first });
        assert.notEqual(renewed.certificate, first.public);
        assert.equal(renewalReason(renewed.certificate, hosts), undefined);
        assert.equal(renewed.warnings.length, 1);
        assert.match(renewed.warnings[0] ?? "", /shop\.test.* ends on \S+, in 2\d days: `pulumi up` renews it/);

        const later = await served(renewed.kept);
        assert.equal(later.certificate, renewed.certificate);
        assert.deepEqual(later.warnings, []);

        const second = await selfSigned(hosts, ago(720));
        const third = await served({
            "gw-certificate": first,
            [`gw-certificate-after-${fingerprint(first.public)}`]: second,
        });
        assert.ok(![first.public, second.public].includes(third.certificate));
        assert.equal(third.warnings.length, 1);
    });

    describe("that is in the state", () => {
        const { PULUMI_BACKEND_URL: before } = process.env;
        let folder: string;
        beforeEach(() => {
            folder = fs.mkdtempSync(path.join(os.tmpdir(), "upshift-"));
            process.env.PULUMI_BACKEND_URL = `file://${folder}`;
            const type = "pulumi:index:Stash";
            const urn = `urn:pulumi:stack::project::upshift:index:Gateway$${type}::gw-certificate`;
            const file = path.join(folder, ".pulumi", "stacks", "project", "stack.json");
            fs.mkdirSync(path.dirname(file), { recursive: true });
            fs.writeFileSync(
                file,
                JSON.stringify({ version: 3, checkpoint: { latest: { resources: [{ urn, type }] } } }),
            );
        });
        afterEach(() => {
            if (before === undefined) delete process.env.PULUMI_BACKEND_URL;
            else process.env.PULUMI_BACKEND_URL = before;
            fs.rmSync(folder, { recursive: true });
        });

        it("is not made once more", async () => {
            const first = await selfSigned(hosts, ago(10));
            const { certificate, given } = await served({ "gw-certificate": first });
            assert.equal(certificate, first.public);
            assert.deepEqual(given, { "gw-certificate": { public: "", private: "" } });
        });

        it("is made where its Stash was replaced, and so holds none", async () => {
            const { certificate, kept } = await served({});
            assert.equal(renewalReason(certificate, hosts), undefined);
            assert.deepEqual(Object.keys(kept), ["gw-certificate", "gw-certificate-again"]);
            assert.equal((await served(kept)).certificate, certificate);
        });
    });
});

/** Secrets come to mocks as the engine gets them. */
function plain(value: unknown): unknown {
    return (value as { value?: unknown } | undefined)?.value ?? value;
}
