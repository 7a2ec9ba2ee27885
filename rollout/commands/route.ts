import { Command, Option } from "commander";
import { closest } from "fastest-levenshtein";
import type { World } from "../../components/traffic/world/world";
import { explainChain } from "../route/explain";
import { follow, servicesIn } from "../route/follow";
import { worldOf } from "../route/worldOf";
import { changesInState } from "../plan/state";
import { preview } from "../plan/preview";
import { newOf, oldOf } from "../plan/events";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { header } from "./values";
import { UserError } from "../../components/userError";

interface RouteOptions {
    header: Record<string, string>;
    path: string;
    enter?: string;
    method: string;
    at: "plan" | "applied";
    stack: string;
    cwd?: string;
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
        .addOption(cwdOption())
        .option("--json", "print it as JSON")
        .action(run);
}

async function run(
    service: string,
    { header: headers, path, enter = path, method, at, stack, cwd, json }: RouteOptions,
): Promise<void> {
    const folder = otherProject(cwd);
    const world =
        at === "plan" ? await plannedWorld(stack, folder) : worldOf(await changesInState(stack, folder), oldOf);
    refuseUnknown(world, service, stack);
    const hops = follow(world, service, { path, enter, method, headers });
    console.log(json ? JSON.stringify(hops, undefined, 2) : explainChain(hops));
    process.exitCode = hops.some(({ arrives }) => arrives) ? 0 : 1;
}

/** @throws when the stack knows no such service, with those that it knows */
function refuseUnknown(world: World, service: string, stack: string): void {
    const known = [...new Set(servicesIn(world))];
    if (known.includes(service)) return;
    const short = known.filter((name) => !name.includes("."));
    if (known.length === 0)
        throw new UserError({
            what: `Stack ${stack} has no service and no routes.`,
            fix: `pulumi up --stack ${stack}`,
        });
    throw new UserError({
        what: `Stack ${stack} knows no service ${service}; it knows ${short.join(", ")}.`,
        fix: `name it: ${closest(service, known)}`,
    });
}

async function plannedWorld(stack: string, folder: string | undefined): Promise<World> {
    process.stderr.write(`Previewing ${stack} …\n`);
    const { changes, succeeded, diagnostics } = await preview({ stack, folder });
    if (!succeeded)
        throw new UserError({
            what: `The preview failed: ${diagnostics.map(({ message }) => message).join("\n")}`,
            fix: `npx upshift plan --stack ${stack}`,
        });
    return worldOf(changes, newOf);
}
