/** Tells a plugin that it is kept by the program that has started it, for one engine after another, and ends with the last of them. */
export const keptVariable = "UPSHIFT_KEPT_PLUGIN";

/** Names the program that a kept language host is to have ready before it is first asked for one: its folder, and Pulumi.yaml's options for it, as JSON. */
export const readyVariable = "UPSHIFT_READY_FOR";

export function isKept(environment: NodeJS.ProcessEnv = process.env): boolean {
    return environment[keptVariable] !== undefined;
}
