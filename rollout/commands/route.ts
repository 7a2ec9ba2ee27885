import { Command, Option } from "commander";
import type { DestinationRule, VirtualService } from "../../components/traffic/world/istio";
import type { Mesh } from "../../components/traffic/effect/outcome";
import { fullName } from "../../components/traffic/world/meshHosts";
import { explainChain } from "../route/explain";
import { follow } from "../route/follow";
import { changesInState } from "../plan/state";
import { preview } from "../plan/preview";
import type { Change, ResourceState } from "../plan/events";
import { newOf, oldOf } from "../plan/services";
import { kindOf } from "../plan/resources";
import { defaultStack } from "../pulumi";
import { header } from "./verify";

interface RouteOptions {
    header: Record<string, string>;
    path: string;
    enter?: string;
    method: string;
    at: "plan" | "applied";
    stack: string;
    json?: boolean;
}

/** `upshift route SERVICE`: where a request goes, and why. */
export function routeCommand(): Command {
    return new Command("route")
        .description(
            "where a request goes and why, hop by hop, by Istio's own order; nothing is sent. Exit code 1 if it does not get to the service",
        )
        .argument("<service>", "the service that the request is for, such as review")
        .option("--header <name=value>", "a header that it carries; may be given several times", header, {})
        .option("--path <path>", "its path at the service", "/")
        .option("--enter <path>", "its path at the gateway, where that is another: /product-composite/1")
        .option("--method <method>", "its method", "GET")
        .addOption(
            new Option("--at <when>", "as it is applied, or as it would be")
                .choices(["applied", "plan"])
                .default("applied"),
        )
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print it as JSON")
        .action(run);
}

async function run(
    service: string,
    { header: headers, path, enter = path, method, at, stack, json }: RouteOptions,
): Promise<void> {
    const mesh = at === "plan" ? await plannedMesh(stack) : meshOf(await changesInState(stack), oldOf);
    const hops = follow(mesh, service, { path, enter, method, headers });
    console.log(json ? JSON.stringify(hops, undefined, 2) : explainChain(hops));
    process.exitCode = hops.some(({ arrives }) => arrives) ? 0 : 1;
}

async function plannedMesh(stack: string): Promise<Mesh> {
    process.stderr.write(`Previewing ${stack} …\n`);
    const { changes, succeeded, diagnostics } = await preview({ stack });
    if (!succeeded)
        throw new Error(
            `The preview failed: ${diagnostics.map(({ message }) => message).join("\n")}\n  fix: npx upshift plan --stack ${stack}`,
        );
    return meshOf(changes, newOf);
}

/** What the mesh is configured with by a stack. */
function meshOf(changes: readonly Change[], side: (change: Change) => ResourceState | undefined): Mesh {
    const inputsOf = (kind: string): unknown[] =>
        changes.filter(({ type }) => kindOf(type) === kind).flatMap((change) => side(change)?.inputs ?? []);
    const services = inputsOf("Service") as { metadata: { name: string; namespace: string } }[];
    return {
        virtualServices: inputsOf("VirtualService") as VirtualService[],
        destinationRules: inputsOf("DestinationRule") as DestinationRule[],
        services: services.map(({ metadata }) => fullName(metadata.name, metadata.namespace)),
    };
}
