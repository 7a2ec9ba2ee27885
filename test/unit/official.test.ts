import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { hasTriedOfficialPlugins, officialPluginsVerdict, tryOfficialPlugins } from "../../cluster/setup/official";
import { whatSetUpMakes } from "../../cluster/setup/setup";
import { officialKubernetes } from "../../cluster/tools/manifest";
import {
    installedProvider,
    type ProviderName,
    providers,
    useBuiltKubernetes,
    usesBuiltKubernetes,
    wanted,
} from "../../cluster/tools/providers";
import { madePath } from "../../cluster/tools/tools";
import { choose } from "../../plugins/choose";
import { findPulumi } from "../../plugins/find";
import { furnish } from "../../plugins/furnish";
import { type Reply, standIns, type StandIns } from "../support/standIns";

const cli: Record<string, Reply> = { version: { stdout: "v3.250.0\n" } };
const embedded = { languageHost: "embedded", providers: { kubernetes: "embedded", random: "embedded" } } as const;
const official = { languageHost: "official", providers: { kubernetes: "official", random: "official" } };

describe("Pulumi's own plugins", () => {
    let folder: string;
    let programs: StandIns;
    const { PULUMI_HOME, XDG_CACHE_HOME, UPSHIFT_OFFICIAL_KUBERNETES } = process.env;
    const before = { PULUMI_HOME, XDG_CACHE_HOME, UPSHIFT_OFFICIAL_KUBERNETES };
    const have = (replies: Parameters<typeof standIns>[0]): void => void (programs = standIns(replies));
    /** As `pulumi plugin install` leaves it. */
    const install = (name: ProviderName, version = wanted[name]): void => {
        fs.mkdirSync(path.dirname(installedProvider(folder, name, version)), { recursive: true });
        fs.writeFileSync(installedProvider(folder, name, version), "");
    };

    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "official-"));
        process.env.PULUMI_HOME = folder;
        // Versions are remembered there, and a tool that set-up has built must not be found.
        process.env.XDG_CACHE_HOME = path.join(folder, "cache");
        process.env.UPSHIFT_OFFICIAL_KUBERNETES = "false";
    });
    afterEach(() => {
        programs.remove();
        fs.rmSync(folder, { recursive: true });
        for (const [name, value] of Object.entries(before)) {
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
        }
    });

    it("are used, and the embedded ones stay out, where the user's Pulumi has its host and both providers", () => {
        have({ pulumi: cli, "pulumi-language-nodejs": {} });
        providers.forEach((name) => install(name));
        const found = findPulumi();
        assert.deepEqual(choose(found), official);
        const { bin, pulumiHome } = furnish(choose(found), found.cliPath, path.join(folder, "state"));
        assert.equal(pulumiHome, undefined);
        assert.deepEqual(fs.readdirSync(bin), []);
    });

    it("are used where they are on PATH", () => {
        have({
            pulumi: cli,
            "pulumi-language-nodejs": {},
            "pulumi-resource-kubernetes": {},
            "pulumi-resource-random": {},
        });
        assert.deepEqual(choose(findPulumi()), official);
    });

    it("are not mistaken for those of another checkout whose environment the shell has, which stay as they are", () => {
        have({ pulumi: { version: { stdout: "v3.250.0\n" } } });
        const other = path.join(folder, "other", ".upshift");
        const { bin, pulumiHome = "" } = furnish(embedded, "/bin/true", other);
        process.env.PULUMI_HOME = pulumiHome;
        process.env.PATH = `${bin}${path.delimiter}${process.env.PATH}`;
        const { cli: source, languageHost, providers: found } = findPulumi();
        assert.deepEqual([source, languageHost], ["own", false]);
        assert.deepEqual(choose({ cli: source, languageHost, providers: found }), embedded);
    });

    it("are used each for itself, and an embedded one beside an official one gets a home with both", () => {
        have({ pulumi: cli, "pulumi-language-nodejs": {} });
        install("kubernetes");
        const choice = choose(findPulumi());
        assert.deepEqual(choice.providers, { kubernetes: "official", random: "embedded" });
        const { pulumiHome = "" } = furnish(choice, undefined, path.join(folder, "state"));
        assert.equal(
            fs.readlinkSync(installedProvider(pulumiHome, "kubernetes")),
            installedProvider(folder, "kubernetes"),
        );
        assert.match(fs.readFileSync(installedProvider(pulumiHome, "random"), "utf8"), /pulumi-resource-random\.cjs/);
    });

    it("are not used in another version than the program asks for, nor is a Pulumi that is too old", () => {
        have({ pulumi: { version: { stdout: "v3.100.0\n" } }, "pulumi-language-nodejs": {} });
        install("kubernetes", "4.0.0");
        const found = findPulumi();
        assert.deepEqual([found.cli, found.providers.kubernetes.installed], ["none", ["4.0.0"]]);
        assert.deepEqual(choose(found), embedded);
    });

    it("are all that a target of the user's own is yet to get, beside helm, where the user has Pulumi", () => {
        have({ pulumi: cli });
        const made = whatSetUpMakes({ target: "k3d" }).filter((title) => title !== "Pulumi's plugins");
        assert.deepEqual(made, ["helm 3.22.0"]);
        install("kubernetes");
        assert.deepEqual(
            whatSetUpMakes({ target: "k3d" }).filter((title) => title !== "Pulumi's plugins"),
            [],
        );
        programs.remove();
        have({});
        assert.equal(whatSetUpMakes({ target: "k3d" })[0], "pulumi 3.250.0");
    });

    describe("as set-up builds the one for Kubernetes", () => {
        const built = (): string => madePath(officialKubernetes);
        const build = (): void => {
            fs.mkdirSync(path.dirname(built()), { recursive: true });
            fs.writeFileSync(built(), "");
        };
        const furnished = (): string => {
            const found = findPulumi();
            const { kubernetes } = found.providers;
            const { pulumiHome = "" } = furnish(choose(found), undefined, path.join(folder, "state"), {
                kubernetes: kubernetes.built,
            });
            return installedProvider(pulumiHome, "kubernetes");
        };

        it("are used where this checkout was told so, and its own again once it is told the other", () => {
            have({ pulumi: cli });
            build();
            assert.match(fs.readFileSync(furnished(), "utf8"), /pulumi-resource-kubernetes\.cjs/);
            process.env.UPSHIFT_OFFICIAL_KUBERNETES = "true";
            assert.equal(fs.readlinkSync(furnished()), built());
            process.env.UPSHIFT_OFFICIAL_KUBERNETES = "false";
            assert.match(fs.readFileSync(furnished(), "utf8"), /pulumi-resource-kubernetes\.cjs/);
        });

        it("have a home of their own also where all else is the user's", () => {
            have({ pulumi: cli, "pulumi-language-nodejs": {} });
            install("random");
            build();
            process.env.UPSHIFT_OFFICIAL_KUBERNETES = "true";
            assert.equal(fs.readlinkSync(furnished()), built());
            assert.equal(
                fs.readlinkSync(installedProvider(path.join(folder, "state/pulumi-home"), "random")),
                installedProvider(folder, "random"),
            );
        });

        it("give way to the one that is installed, which need not be built", () => {
            have({ pulumi: cli });
            install("kubernetes");
            process.env.UPSHIFT_OFFICIAL_KUBERNETES = "true";
            assert.equal(fs.readlinkSync(furnished()), installedProvider(folder, "kubernetes"));
            const made = whatSetUpMakes({ cliOnly: true }).filter((title) => title.startsWith(officialKubernetes.name));
            assert.deepEqual(made, []);
        });

        it("are built by any set-up from then on, and it is said how where they are not there", () => {
            have({ pulumi: cli });
            process.env.UPSHIFT_OFFICIAL_KUBERNETES = "true";
            assert.ok(whatSetUpMakes({ cliOnly: true }).some((title) => title.startsWith(officialKubernetes.name)));
            assert.throws(findPulumi, /is not there yet[^]*npx upshift setup --official-kubernetes/);
        });

        it("are what a checkout was told last, unless the variable says otherwise", () => {
            have({});
            delete process.env.UPSHIFT_OFFICIAL_KUBERNETES;
            const file = path.join(folder, "choice");
            const told = [false, true, false].map((use) => {
                useBuiltKubernetes(use, file);
                return usesBuiltKubernetes(file);
            });
            assert.deepEqual(told, [false, true, false]);
            process.env.UPSHIFT_OFFICIAL_KUBERNETES = "true";
            assert.equal(usesBuiltKubernetes(file), true);
        });
    });

    describe("when set-up asks for them", () => {
        const verdict = (): string => path.join(folder, "verdict.json");
        const ask = (): Promise<void> => tryOfficialPlugins(() => undefined, verdict());

        it("are installed in the versions of the npm packages, and are used from then on", async () => {
            const install = (name: ProviderName): [string, Reply] => {
                fs.mkdirSync(path.dirname(installedProvider(folder, name)), { recursive: true });
                return [`plugin install resource ${name}`, { installs: installedProvider(folder, name) }];
            };
            have({ pulumi: { ...cli, ...Object.fromEntries(providers.map(install)) } });
            assert.deepEqual(choose(findPulumi()).providers, embedded.providers);
            await ask();
            assert.deepEqual(
                programs
                    .calls()
                    .filter(([, verb]) => verb === "plugin")
                    .sort(),
                providers.map((name) => ["pulumi", "plugin", "install", "resource", name, wanted[name]]),
            );
            assert.deepEqual(choose(findPulumi()).providers, official.providers);
            assert.ok(hasTriedOfficialPlugins(verdict()));
        });

        it("are not asked for again that day where they are not to be had, and the reason is kept", async () => {
            const said = [
                'warning: Error downloading plugin: Get "https://get.pulumi.com/releases/plugins/pulumi-resource-kubernetes-v4.34.2-linux-amd64.tar.gz": dial tcp: lookup get.pulumi.com: no such host',
                "error: [resource plugin kubernetes-4.34.2] downloading from : failed to download plugin: kubernetes-4.34.2: failed all 5 attempts",
            ].join("\n");
            have({ pulumi: { ...cli, "plugin install": { code: 1, stderr: `${said}\n` } } });
            await ask();
            const { plugins = {} } = officialPluginsVerdict(verdict()) ?? {};
            assert.equal(plugins.kubernetes?.installed, false);
            assert.match(plugins.kubernetes?.reason ?? "", /exit 1[^]*no such host[^]*failed all 5 attempts/);
            assert.deepEqual(choose(findPulumi()).providers, embedded.providers);
            assert.ok(hasTriedOfficialPlugins(verdict()));
        });

        it("are not asked for again and again where their host can't be reached", async () => {
            const said = [
                "[resource plugin kubernetes-4.34.2] installing",
                'warning: Error downloading plugin: Get "https://get.pulumi.com/releases/plugins/pulumi-resource-kubernetes-v4.34.2-linux-amd64.tar.gz": dial tcp: lookup get.pulumi.com on 127.0.0.1:53: no such host',
                "Will retry in 80ms [1/5]",
            ].join("\n");
            have({ pulumi: { ...cli, "plugin install": { stderr: `${said}\n`, goesOn: true } } });
            await ask();
            const { plugins = {} } = officialPluginsVerdict(verdict()) ?? {};
            assert.match(plugins.kubernetes?.reason ?? "", /aborted[^]*no such host[^]*Will retry in 80ms/);
        });

        it("are asked for again by Pulumi where a connection broke", async () => {
            const said =
                "warning: Error downloading plugin: unexpected EOF\nWill retry in 80ms [1/5]\nerror: failed all 5 attempts\n";
            have({ pulumi: { ...cli, "plugin install": { code: 1, stderr: said } } });
            await ask();
            const { plugins = {} } = officialPluginsVerdict(verdict()) ?? {};
            assert.match(plugins.kubernetes?.reason ?? "", /exit 1[^]*failed all 5 attempts/);
        });

        it("are not asked for at all where they are there", async () => {
            have({ pulumi: cli });
            providers.forEach((name) => install(name));
            await ask();
            assert.deepEqual(
                programs.calls().filter(([, verb]) => verb === "plugin"),
                [],
            );
        });
    });
});
