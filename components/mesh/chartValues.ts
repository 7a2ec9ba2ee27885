import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

/** Values of a Helm chart, by name. */
export type ChartValues = Readonly<Record<string, unknown>>;

/**
 * The values of a chart that a component's user gives: YAML, or JSON, which is YAML too. As text, because a chart's values may be
 * anything, and components for all languages have types.
 *
 * @param component which takes them, for the error.
 * @throws when it is no YAML, or no map of values.
 */
export function chartValues(component: string, text: pulumi.Input<string> | undefined): pulumi.Output<ChartValues> {
    return pulumi.output(text ?? "").apply((given) => {
        const problem = (what: string): pulumi.RunError =>
            new pulumi.RunError(
                `${component}: \`values\` ${what}\n  fix: give YAML or JSON, such as {"global": {"hub": "registry/istio"}}`,
            );
        let values: unknown;
        try {
            values = parse(given) ?? {};
        } catch (error) {
            throw problem(`is no YAML: ${(error as Error).message.split("\n")[0]}`);
        }
        if (typeof values !== "object" || Array.isArray(values))
            throw problem(`is no map of values, but ${JSON.stringify(values)}.`);
        return values as ChartValues;
    });
}
