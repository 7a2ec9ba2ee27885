import { uniqueName } from "./autoname";
import { readinessOf } from "./await";
import { isBuiltIn, normalize } from "./normalize";
import { at, isAnnotated, kindOf, nameOf, namespaceOf, stringAt, withMember, type Kind } from "./objects";
import { hideSecrets, manifest } from "./state";
import { plain, type Properties } from "./values";

export interface CheckOptions {
    /** The resource's logical name. */
    name: string;
    randomSeed: Uint8Array;
    /** What the engine's own `pulumi:autonaming` setting wants, if it is set. */
    autonaming?: { disabled: boolean; proposed: string } | undefined;
    isPatch: boolean;
    /** The provider's namespace for what names none. */
    defaultNamespace?: string | undefined;
    isNamespaced: (kind: Kind) => Promise<boolean>;
}

/**
 * Completes a program's inputs: a name where there is none (kept from before if there was one), the provider's namespace, and
 * the spelling that Kubernetes gives back. The inputs that come out are those that Diff and Create get.
 *
 * @throws with what is wrong in the inputs.
 */
export async function check(news: Properties, olds: Properties, options: CheckOptions): Promise<Properties> {
    const { apiVersion, kind } = kindOf(plain(news));
    if (kind.endsWith("List") && isBuiltIn(apiVersion)) {
        throw new Error(
            `${kind} exists for manifests and charts and cannot be created itself. Create the resources in it.`,
        );
    }
    let inputs = named(normalize(manifest(news)), manifest(olds), options);
    if (
        options.defaultNamespace &&
        !namespaceOf(inputs) &&
        at(inputs, "metadata", "namespace") === undefined &&
        (await options.isNamespaced(kindOf(inputs)))
    ) {
        inputs = withMember(inputs, ["metadata", "namespace"], options.defaultNamespace);
    }
    // What can't be waited for is better told before the object is made than after it.
    readinessOf(inputs);
    return hideSecrets(inputs, news);
}

function named(
    inputs: Properties,
    olds: Properties,
    { name, randomSeed, autonaming, isPatch }: CheckOptions,
): Properties {
    if (at(inputs, "metadata", "name") !== undefined && stringAt(inputs, "metadata", "name") !== "") return inputs;
    if (typeof at(inputs, "metadata", "name") === "object") return inputs;
    if (isPatch) throw new Error("A patch needs metadata.name: the name of the object to patch.");
    if (at(inputs, "metadata", "generateName") !== undefined) {
        throw new Error(
            "metadata.generateName does not go with server-side apply. Leave it out: Pulumi then makes up a name, or set metadata.name.",
        );
    }
    if (Object.keys(olds).length)
        return isAnnotated(olds, "pulumi.com/autonamed") ? autonamed(inputs, nameOf(olds)) : inputs;
    if (autonaming?.disabled) throw new Error("Automatic names are off (pulumi:autonaming): set metadata.name.");
    return autonamed(inputs, autonaming?.proposed || uniqueName(`${name}-`, randomSeed));
}

function autonamed(inputs: Properties, name: string): Properties {
    return withMember(
        withMember(inputs, ["metadata", "name"], name),
        ["metadata", "annotations", "pulumi.com/autonamed"],
        "true",
    );
}
