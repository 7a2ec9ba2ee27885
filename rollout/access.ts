import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ClusterAccess } from "../components/mesh/client";
import { asWorld } from "../components/traffic/world/engineValues";
import { worldKind } from "../components/traffic/world/objects";
import { bodyAt, encrypted, unknown, type Value } from "../components/traffic/world/values";
import type { ExportedResource } from "./exported";

/** How a stack's cluster is reached, or that its state says so only to whoever may see its secrets. */
export interface Reached {
    readonly access?: ClusterAccess;
    readonly isSecret?: true;
}

/**
 * How the cluster is reached that a stack's routes are on: as the Kubernetes provider reaches it that has made them. What that one
 * leaves open is as it was for it: the files of KUBECONFIG, or ~/.kube/config, and the current context of these.
 *
 * @param folder of the project, from which a path is meant.
 */
export function accessIn(resources: readonly ExportedResource[], folder: string): Reached {
    const providers = resources.filter(({ type, delete: isLeaving }) => type === providerType && !isLeaving);
    const makers = resources.filter(({ type }) => worldKind(type));
    const maker = (makers.find(({ type }) => worldKind(type) === "VirtualService") ?? makers[0])?.provider;
    // A resource refers to its provider as URN::ID.
    const made = providers.find(({ urn }) => maker?.startsWith(`${urn}::`));
    // Nothing is made yet: then the one counts that says what it reaches.
    const own = made ?? providers.find(({ inputs }) => inputs?.kubeconfig !== undefined) ?? providers[0];
    return own ? accessOf(own.inputs, folder) : {};
}

/** What stands for a secret in the events of a preview. */
const inEvents = "[secret]";

const providerType = "pulumi:providers:kubernetes";

/**
 * The same of the inputs of a provider.
 *
 * @returns no access where nothing can be reached: it renders YAML alone, or its cluster is yet to be made.
 */
export function accessOf(inputs: unknown, folder: string): Reached {
    const { kubeconfig, context, cluster, renderYamlToDirectory } = bodyAt({ inputs: asWorld(inputs) }, "inputs");
    const given: Value[] = [kubeconfig, context, cluster];
    if (textOf(renderYamlToDirectory) !== undefined || given.includes(unknown)) return {};
    if (given.includes(encrypted) || given.includes(inEvents)) return { isSecret: true };
    const [config, ...names] = given.map(textOf);
    const access = {
        kubeconfig: config === undefined ? undefined : fromFolder(config, folder),
        context: names[0],
        cluster: names[1],
    };
    // What is left open is left out.
    return { access: Object.fromEntries(Object.entries(access).filter(([, value]) => value !== undefined)) };
}

/** The file of a kubeconfig, to be named in a message; undefined where its contents are given, which nobody is to see. */
export function kubeconfigFile({ kubeconfig }: ClusterAccess): string | undefined {
    return kubeconfig === undefined || isContents(kubeconfig) ? undefined : kubeconfig;
}

/** Whether the user has a kubeconfig of his own, from which a provider takes what it is not told. */
export function hasKubeconfig({ KUBECONFIG: files }: NodeJS.ProcessEnv = process.env): boolean {
    const all = files ? files.split(path.delimiter) : [path.join(os.homedir(), ".kube", "config")];
    return all.some((file) => file !== "" && fs.existsSync(file));
}

/** A cluster in words, without what opens it. */
export function accessInWords(access: ClusterAccess): string {
    const context = access.context === undefined ? "the current context" : `context ${access.context}`;
    const yours = process.env.KUBECONFIG === undefined ? "~/.kube/config" : "$KUBECONFIG";
    const where = access.kubeconfig === undefined ? yours : (kubeconfigFile(access) ?? "the kubeconfig in the state");
    return `${context} of ${where}`;
}

function textOf(value: Value): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}

function fromFolder(kubeconfig: string, folder: string): string {
    return isContents(kubeconfig) ? kubeconfig : path.resolve(folder, kubeconfig.replace(/^~(?=$|\/)/, os.homedir()));
}

function isContents(kubeconfig: string): boolean {
    return kubeconfig.includes("\n") || kubeconfig.trimStart().startsWith("{");
}
