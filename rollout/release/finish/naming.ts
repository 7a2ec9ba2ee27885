import { configValue, isConfigMap } from "../../config/values";

/** What is looked for in a config. */
export interface Named {
    /** Services by their names in the config; of a chain its own name, too. */
    readonly services: readonly string[];
    readonly versions: readonly string[];
}

/** How a release is made says nothing of the versions that there are. */
const notLooked = ["release"];

/**
 * Where a stack's config names a version of a service: by a key below the service's name (`weights.review.v1`, `images.review.v1`), in a
 * list there (`versions.review[0]`), or by itself where the project has no other service (`weights.v1`).
 *
 * @param config as Pulumi hands it over: maps and lists as JSON.
 * @returns paths as `pulumi config rm --path` takes them, in an order in which none moves another.
 */
export function pathsNaming(
    config: Readonly<Record<string, string>>,
    project: string,
    { services, versions }: Named,
): string[] {
    const own = Object.entries(config).flatMap(([key, text]): [string, unknown][] => {
        const [namespace, name = ""] = key.split(":");
        return namespace === project && !notLooked.includes(name) ? [[name, configValue(text)]] : [];
    });
    const weights = own.find(([name]) => name === "weights")?.[1];
    const isOnly = Object.entries(isConfigMap(weights) ? weights : {}).every(
        ([key, value]) => services.includes(key) || !isConfigMap(value),
    );
    const paths = own.flatMap(([name, value]) => {
        const isFlat = isOnly && !(isConfigMap(value) && services.some((service) => service in value));
        return pathsIn(value, name, isFlat, { services, versions });
    });
    // What is taken out of a list moves all that comes after it.
    return paths.reverse();
}

function pathsIn(value: unknown, at: string, isOfService: boolean, named: Named): string[] {
    const { services, versions } = named;
    if (Array.isArray(value))
        return value.flatMap((item: unknown, index) => {
            const name: unknown = isConfigMap(item) ? item.name : item;
            const isIt = isOfService && typeof name === "string" && versions.includes(name);
            return isIt ? [`${at}[${index}]`] : pathsIn(item, `${at}[${index}]`, isOfService, named);
        });
    if (!isConfigMap(value)) return [];
    return Object.entries(value).flatMap(([key, one]) =>
        isOfService && versions.includes(key)
            ? [`${at}.${key}`]
            : pathsIn(one, `${at}.${key}`, isOfService || services.includes(key), named),
    );
}
