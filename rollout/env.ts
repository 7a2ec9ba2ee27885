import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterDir, defaultName } from "../cluster/embedded/layout";
import { usersKubeconfigs } from "../cluster/kubeconfig";
import { kubeconfigOf } from "../cluster/record";
import { bundleIfStale } from "../cluster/setup/bundle.mjs";
import { isCheckout, stateDir } from "../cluster/paths";
import { quote } from "../components/shellWord";
import { toolIfThere } from "../cluster/tools/tools";
import { settle } from "../cluster/wholeFile.mjs";
import { choose } from "../plugins/choose";
import { findPulumi } from "../plugins/find";
import { furnish } from "../plugins/furnish";

/** Variables to set; those that are `undefined` are to be unset. Made to be spread over `process.env`. */
export type Environment = Record<string, string | undefined>;

/**
 * The environment in which `pulumi` works on this project, with plugins that are there: its own state and passphrase under
 * `.upshift`, never the user's login, unless PULUMI_BACKEND_URL names a backend. Makes what is missing; quick, and safe when
 * several processes do it at the same time.
 *
 * @param cluster the cluster of this checkout whose kubeconfig is set, if it was ever brought up.
 * @param foreign whether it is for another project, which has its state where its user keeps it.
 */
export async function pulumiEnvironment(cluster = defaultName, foreign = false): Promise<Environment> {
    // An installed package brings no plugins: it runs the Pulumi of whoever installed it, with their state and login.
    if (!isCheckout()) return {};
    await bundleIfStale();
    const found = findPulumi();
    const choice = choose(found);
    const { bin, pulumiHome } = furnish(choice, found.cliPath, stateDir(), {
        yamlHost: found.yamlHost,
        kubernetes: found.providers.kubernetes.built,
    });
    const kubeconfig = kubeconfigs(cluster).find((file) => fs.existsSync(file));
    const helm = toolIfThere("helm");
    return {
        PATH: pathWith(bin, process.env.PATH ?? ""),
        ...(foreign || hasOwnBackend(process.env) ? loginOf(process.env) : ownState()),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...(pulumiHome && {
            PULUMI_HOME: pulumiHome,
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            ...withoutSchemas,
        }),
        // Another project's default cluster is its user's own, and never one of ours by accident.
        ...(kubeconfig &&
            !foreign && { KUBECONFIG: kubeconfig, UPSHIFT_KUBECONFIG: usersKubeconfigs().join(path.delimiter) }),
        ...(helm && { UPSHIFT_HELM: helm }),
    };
}

/** Whether the user names a backend; one that an earlier `upshift env` has set, of whatever checkout, is not the user's. */
export function hasOwnBackend({ PULUMI_BACKEND_URL: backend, UPSHIFT_BACKEND_URL: ours }: NodeJS.ProcessEnv): boolean {
    return Boolean(backend) && backend !== ours;
}

/** The user's login stays where it is, wherever plugins are looked for. Backend and passphrase stay as the user has set them. */
export function loginOf(environment: NodeJS.ProcessEnv): Environment {
    const { PULUMI_CREDENTIALS_PATH: credentials, PULUMI_HOME: home } = environment;
    return { PULUMI_CREDENTIALS_PATH: credentials ?? home ?? path.join(os.homedir(), ".pulumi") };
}

/** State and passphrase belong together: a passphrase that is set for other projects opens none of these stacks. */
function ownState(): Environment {
    const backend = `file://${privateFolder("pulumi")}`;
    return {
        PULUMI_BACKEND_URL: backend,
        UPSHIFT_BACKEND_URL: backend,
        PULUMI_CREDENTIALS_PATH: privateFolder("pulumi-home"),
        PULUMI_CONFIG_PASSPHRASE: undefined,
        PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(),
    };
}

/** Where the kubeconfig of a cluster of this checkout may lie. */
function kubeconfigs(cluster: string): string[] {
    return [clusterDir(cluster, "kubeconfig"), kubeconfigOf("k3d", cluster), kubeconfigOf("minikube", cluster)];
}

/** The embedded providers have no schema, without which `pulumi import` takes a resource over but can't write its source. */
const withoutSchemas = { PULUMI_OPTION_GENERATE_CODE: "false" };

/** The environment as lines for `eval` in sh, bash or zsh. */
export function shellLines(environment: Environment): string {
    return Object.entries(environment)
        .map(([name, value]) => (value === undefined ? `unset ${name}\n` : `export ${name}=${quote(value)}\n`))
        .join("");
}

/** PATH with a folder first, and nowhere else. */
export function pathWith(folder: string, searchPath: string): string {
    const others = searchPath.split(path.delimiter).filter((other) => other !== folder && other !== "");
    return [folder, ...others].join(path.delimiter);
}

/**
 * A file with a passphrase that was drawn once; it opens the secrets of this checkout's stacks, and nothing else.
 *
 * @throws where it is there and empty, as no other passphrase opens what that one has closed.
 */
export function passphraseFile(file = stateDir("passphrase")): string {
    if (fs.existsSync(file)) return notEmpty(file);
    const draft = `${file}.${process.pid}`;
    try {
        fs.writeFileSync(draft, crypto.randomBytes(32).toString("base64url"), { mode: 0o600 });
        // A name with nothing in it, after a crash, would lock every secret that was encrypted meanwhile.
        settle(draft);
        fs.linkSync(draft, file);
    } catch (error) {
        // Another process was first, and its passphrase holds.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
        fs.rmSync(draft, { force: true });
    }
    return file;
}

function notEmpty(file: string): string {
    if (fs.statSync(file).size > 0) return file;
    throw new Error(
        `${file} is empty: it held the passphrase of this checkout's stacks, without which their secrets can't be read\n` +
            `  fix: put it back from a backup; where there is none, rm ${quote(file)} and make the stacks anew`,
    );
}

function privateFolder(name: string): string {
    const folder = stateDir(name);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
}
