import Table from "cli-table3";
import { Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../../components/userError";
import { ExitCode } from "../exitCode";
import type { LoadOwn } from "../ownProject";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import type { Verification } from "../verify";
import { header, positive } from "./values";

interface VerifyOptions {
    requests?: number;
    rate?: number;
    header: Record<string, string>;
    path: string;
    method: string;
    body?: string;
    expectStatus: string;
    url?: URL;
    host?: string;
    versionHeader?: string;
    from?: string;
    image?: string;
    stack: string;
    cwd?: string;
    json?: boolean;
}

/** `upshift verify SERVICE`: measures a service's split with real requests. */
export function verifyCommand(own?: LoadOwn): Command {
    return new Command("verify")
        .description(
            "send real requests and compare each version's share with the configured one; exit code 1 if it is off or a request fails. In a project of your own a pod in the mesh sends them, and its proxy counts",
        )
        .argument("<service>", "the service whose versions are counted, such as review")
        .option("--requests <n>", "how many requests; default 2000, of a pod 500", positive)
        .option("--rate <n>", "requests a second; default 200, of a pod 50", positive)
        .option("--header <name=value>", "send this header; may be given several times", header, {})
        .option("--method <method>", "how a project of your own is asked", "GET")
        .option("--body <text>", "what is sent along")
        .option("--expect-status <codes>", "what is no failure, such as 200,404 or 2xx", statuses, "2xx")
        .option("--url <url>", "send them from here to this URL, such as a gateway's, and not from a pod", address)
        .option("--host <name>", "of a URL: the host name asked for, where it is another")
        .option("--version-header <name>", "of a URL: the header of answers that says the version; default x-served-by")
        .addOption(
            new Option("--from <namespace/account>", "send them from a pod in the mesh, with this service account")
                .argParser(caller)
                .conflicts("url"),
        )
        .option("--path <path>", "of a pod: what it asks the service for", "/")
        .option("--image <image>", "of a pod: with a shell and curl or wget; default: the mesh's own proxy's")
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--json", "print the result as JSON")
        .action((service: string, options: VerifyOptions, command: Command) =>
            run(service, options, own, givenTo(command)),
        );
}

/** The options that somebody has typed. */
function givenTo(command: Command): string[] {
    const typed = command.options.filter((one) => command.getOptionValueSource(one.attributeName()) === "cli");
    return typed.map(({ long }) => long ?? "");
}

/** Who sends the requests: the system's own story through its gateway, a pod in the mesh, or this process. */
type Sender = "story" | "pod" | "here";

/** Options about how requests are sent, and who heeds them. */
const heededBy: Readonly<Record<string, readonly ("pod" | "here")[]>> = {
    "--path": ["pod"],
    "--image": ["pod"],
    "--host": ["here"],
    "--version-header": ["here"],
    "--method": ["pod", "here"],
    "--body": ["pod", "here"],
    "--expect-status": ["pod", "here"],
};

const senderWords: Readonly<Record<Sender, string>> = {
    story: "the system's own story sends the requests, through its gateway",
    pod: "a pod in the mesh sends the requests",
    here: "the requests are sent from here to a URL",
};

const howToSend = {
    pod: "have a pod send them with --from NAMESPACE/ACCOUNT",
    here: "send them from here with --url https://HOST/PATH",
};

/** @throws where an option was given that the sender does not heed: what is measured would not be what was asked for */
function refuseUnheeded(sender: Sender, given: readonly string[]): void {
    const option = given.find((one) => heededBy[one]?.some((other) => other === sender) === false);
    if (option === undefined) return;
    const others = (heededBy[option] ?? []).map((one) => howToSend[one]);
    throw new UserError({
        what: `${option} does not apply: ${senderWords[sender]}.`,
        fix: `leave it out, or ${others.join(", or ")}`,
    });
}

async function run(
    service: string,
    options: VerifyOptions,
    own: LoadOwn | undefined,
    given: readonly string[],
): Promise<void> {
    const folder = otherProject(options.cwd);
    const isOwn = folder === undefined && options.from === undefined && options.url === undefined;
    const asOwn = isOwn ? await own?.() : undefined;
    const isPod = !asOwn && options.url === undefined;
    refuseUnheeded(asOwn ? "story" : isPod ? "pod" : "here", given);
    const { requests = isPod ? 500 : 2000, rate = isPod ? 50 : 200, json } = options;
    if (!json)
        process.stderr.write(
            `${requests} requests at ${isPod ? "most " : ""}${rate} a second: about ${Math.ceil(requests / rate)} s\n`,
        );
    const { header: headers, stack } = options;
    const result = asOwn
        ? await asOwn.verify(stack, service, { requests, rate, headers })
        : await anybodys(service, folder, { ...options, requests, rate });
    console.log(json ? JSON.stringify(result, undefined, 2) : inWords(result));
    process.exitCode = result.ok ? ExitCode.Well : ExitCode.Findings;
}

async function anybodys(
    service: string,
    folder: string | undefined,
    options: VerifyOptions & { requests: number; rate: number },
): Promise<Verification> {
    const { requests, rate, header: headers, method, body, expectStatus, stack } = options;
    const { url, host, versionHeader, path, from, image } = options;
    const probe = { requests, rate, headers, method, body, expectStatus };
    if (url) {
        const { verifyAtUrl } = await import("../probe/outside");
        return verifyAtUrl(stack, folder, service, { ...probe, url, host, versionHeader });
    }
    const { verifyInMesh } = await import("../probe/verify");
    return verifyInMesh(stack, folder, service, { ...probe, path, from, image });
}

/** The result for people. */
function inWords({ service, requests, failed, failures, shares, latency, ok }: Verification): string {
    const table = new Table({
        head: [service, "configured", "measured", "allowed", "requests"],
        style: { head: [], border: [] },
    });
    for (const { version, expected, measured, tolerance, count, within } of shares) {
        table.push([
            version,
            `${expected} %`,
            `${measured.toFixed(1)} %${within ? "" : "  off"}`,
            `± ${tolerance.toFixed(1)}`,
            count,
        ]);
    }
    const failedBecause = Object.entries(failures).map(([reason, count]) => `  ${count} × ${reason}`);
    const times = latency ? `, p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms` : "";
    return [
        table.toString(),
        `${requests} requests, ${failed} failed${times}`,
        ...failedBecause,
        ok
            ? "The measured split is the configured one."
            : "The measured split is NOT the configured one, or requests failed.",
    ].join("\n");
}

function address(text: string): URL {
    if (/^https?:\/\//.test(text) && URL.canParse(text)) return new URL(text);
    throw new InvalidArgumentError("It must be a URL, such as https://shop.example.com/cart.");
}

/** `NAMESPACE/ACCOUNT`. */
function caller(text: string): string {
    if (/^[a-z0-9-]+\/[a-z0-9.-]+$/.test(text)) return text;
    throw new InvalidArgumentError("It must be NAMESPACE/ACCOUNT, such as shop/default.");
}

/** Status codes, or their hundreds. */
function statuses(text: string): string {
    if (/^[1-5](xx|\d\d)(,[1-5](xx|\d\d))*$/.test(text)) return text;
    throw new InvalidArgumentError("It must be codes such as 200,404 or 2xx.");
}
