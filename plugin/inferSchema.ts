import { getPulumiComponents } from "@pulumi/pulumi/provider/experimental/provider";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";
import * as path from "node:path";
import * as components from "../components";
import { description, version } from "../package.json";

interface Item {
    $ref?: string;
    plain?: boolean;
}

/**
 * The schema of every component that the package exports, as Pulumi infers it from the sources: the text of `schema.json`.
 *
 * @throws when a component's arguments have a type that other languages can't have; the message names the property.
 */
export function inferredSchema(): string {
    const names = getPulumiComponents(components).map(({ name }) => name);
    const folder = path.join(__dirname, "../components");
    const found = new Analyzer(folder, "upshift", { main: "index.ts" }, new Set(names)).analyze();
    const { components: known, typeDefinitions, dependencies } = found;
    const schema = generateSchema("upshift", version, description, known, typeDefinitions, dependencies);
    for (const { inputProperties = {} } of Object.values(schema.resources))
        for (const { items } of Object.values(inputProperties as Readonly<Record<string, { items?: Item }>>))
            // Pulumi's generator for Go uses the arguments' form of a list's items, and makes it only of what may be an output.
            if (items?.$ref !== undefined && isAllPlain(schema.types[items.$ref.split("/").pop() ?? ""]))
                delete items.plain;
    // The SDKs add it themselves: what is VersionArgs here would be VersionArgsArgs there.
    const named = JSON.stringify(schema, undefined, 4).replaceAll(/(upshift:index:\w+)Args"/g, '$1"');
    return `${named}\n`;
}

function isAllPlain(type: { properties?: object } | undefined): boolean {
    return Object.values(type?.properties ?? {}).every(({ plain }: { plain?: boolean }) => plain === true);
}
