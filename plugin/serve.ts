import * as pulumi from "@pulumi/pulumi";
import * as components from "../components";
import { runsInPlugin } from "../components/split/runs";
import { refuse } from "../components/split/refuse";
import { plainArgs, type Shape } from "./plainArgs";
import schema from "./schema.json";

type Component = new (
    name: string,
    args: pulumi.Inputs,
    opts: pulumi.ComponentResourceOptions,
) => pulumi.ComponentResource;

/** What the schema says of a component. */
interface Described {
    readonly properties: Readonly<Record<string, unknown>>;
    readonly inputProperties: Readonly<Record<string, Shape>>;
}

/**
 * Makes the package's components for programs in other languages. The schema is a file, and not inferred at each start: that takes
 * the TypeScript compiler and the sources, and ten seconds.
 */
class Plugin implements pulumi.provider.Provider {
    readonly version = schema.version;
    readonly schema = JSON.stringify(schema);

    async construct(
        name: string,
        type: string,
        inputs: pulumi.Inputs,
        options: pulumi.ComponentResourceOptions,
    ): Promise<pulumi.provider.ConstructResult> {
        const described = (schema.resources as Readonly<Record<string, Described>>)[type];
        const component = (components as unknown as Readonly<Record<string, Component>>)[type.split(":")[2] ?? ""];
        if (!described || !component)
            throw new Error(`upshift has no component ${type}; it has ${Object.keys(schema.resources).join(", ")}`);
        const { args, problems } = await plainArgs(inputs, described.inputProperties, schema.types);
        refuse(problems.map((problem) => ({ ...problem, at: `${name}: ${problem.at}` })));
        const made = new component(name, args, options);
        const outputs = made as unknown as Readonly<Record<string, unknown>>;
        const state = Object.keys(described.properties).map((property) => [property, outputs[property]]);
        return { urn: made.urn, state: Object.fromEntries(state) as pulumi.Inputs };
    }
}

/** Serves the components until the engine ends the process. */
export function serve(): Promise<void> {
    runsInPlugin();
    return pulumi.provider.main(new Plugin(), process.argv.slice(2));
}
