import type { Weights } from "../../components/traffic/split/weights";
import { configMap } from "../config/values";
import { pendingConfig } from "../guard/state";
import { projectName } from "../plan/projectName";
import { weightsConfig } from "../weightsConfig";
import type { Values, WeightsOf } from "./hands";
import { valueAt, writeConfig } from "./writeConfig";

/** `release` of a stack's config as it stands there, by service. @param folder of the project, where it is another than this one */
export function declaredIn(stack: string, folder?: string): Promise<Record<string, unknown>> {
    return configuredIn(stack, "release", folder);
}

/** A map of a stack's config as it stands there, by its key; empty where there is none. */
export async function configuredIn(stack: string, key: string, folder?: string): Promise<Record<string, unknown>> {
    return mapAt(await pendingConfig(stack, folder), projectName(folder), key);
}

/** What is written into a stack's config. */
export interface Write {
    readonly values: Values;
    /** Of services, wherever the config has them. */
    readonly weights: WeightsOf;
    /** Nothing is written unless the config says all of this. */
    readonly expected: Values;
}

/** Writes values, and weights of services, into a stack's config, all at once. @returns what they were, to be put back */
export async function writeShares(
    stack: string,
    { values, weights, expected }: Write,
    folder?: string,
): Promise<Values> {
    const config = await pendingConfig(stack, folder);
    const project = projectName(folder);
    // As texts: of the word `2` Pulumi makes a number.
    const isOther = ([path, value]: [string, unknown]): boolean =>
        String(valueAt(config, project, path)) !== String(value);
    if (Object.entries(expected).some(isOther)) return {};
    const configured = mapAt(config, project, "weights");
    const paths = Object.entries(weights).map(([service, own]) =>
        weightsConfig(service, own, placeOfWeights(service, own, configured)),
    );
    return writeConfig(stack, project, config, Object.assign({}, values, ...paths) as Values, folder);
}

/** The weights of services that a stack's config asks for; none of one of which it says nothing that could be meant. */
export async function askedShares(
    stack: string,
    services: readonly { readonly name: string; readonly weights: Weights }[],
    folder?: string,
): Promise<WeightsOf> {
    const configured = await configuredIn(stack, "weights", folder);
    const asked = services.map(({ name, weights }): [string, Weights] => {
        const own = placeOfWeights(name, weights, configured) === "weights" ? configured : configured[name];
        const shares = Object.entries(own ?? {}).filter((one): one is [string, number] => typeof one[1] === "number");
        return [name, Object.fromEntries(shares)];
    });
    return Object.fromEntries(asked);
}

/** A map of the config by its key; empty where there is none. */
export function mapAt(config: Readonly<Record<string, string>>, project: string, key: string): Record<string, unknown> {
    return configMap(config[`${project}:${key}`]);
}

/** Of a project with several services `weights.<service>`, of one with a single one perhaps `weights` itself. */
function placeOfWeights(service: string, weights: Weights, configured: Readonly<Record<string, unknown>>): string {
    const isFlat = !(service in configured) && Object.keys(configured).some((key) => key in weights);
    return isFlat ? "weights" : `weights.${service}`;
}
