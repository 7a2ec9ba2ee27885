import { stateWorld } from "../../components/traffic/world/world";
import { serviceNamed } from "../../components/traffic/world/hosts";
import { Generator } from "../load/generator";
import type { LoadOptions, Window } from "../load/protocol";
import { appliedSplit, type Split } from "../splits";
import { judge, type Verification } from "../verify";
import { expectedOutside, type Probe } from "./expected";
import { UserError } from "../../components/userError";

/** What is sent to a URL, and how an answer says who gave it. */
export interface OutsideOptions extends Omit<Probe, "path"> {
    readonly url: URL;
    /** The host name asked for, where it is another than the URL's. */
    readonly host?: string | undefined;
    readonly body?: string | undefined;
    readonly requests: number;
    readonly rate: number;
    readonly expectStatus: string;
    readonly versionHeader?: string | undefined;
}

/**
 * Measures a split from outside of the mesh, such as through its gateway: the answers must say which version gave them, since
 * proxies count everybody's requests together.
 *
 * @param folder of the project, where it is another than this one.
 * @throws when the stack splits no such service, or no answer says who gave it.
 */
export async function verifyAtUrl(
    stack: string,
    folder: string | undefined,
    name: string,
    options: OutsideOptions,
): Promise<Verification> {
    const { state, split } = await appliedSplit(stack, name, folder);
    const { url, host = url.host, method, headers, body, requests, rate, expectStatus, versionHeader } = options;
    const path = `${url.pathname}${url.search}`;
    const probe = { path, method, headers };
    const expected = expectedOutside(stateWorld(state.objects, undefined), split, host, probe);
    const service = versionHeader === undefined ? nameIn(split) : split.service;
    const window = await sent({
        ...{ origin: url.origin, host, path, method, headers, body, rate, maxRequests: requests, expectStatus },
        ...(versionHeader !== undefined && { versionHeader: { name: versionHeader.toLowerCase(), service } }),
    });
    const isTold = window.versions[service] !== undefined;
    if (!isTold && Object.keys(window.failures).some((why) => why.includes("without a word on who served it")))
        throw new UserError({
            what: `No answer of ${url.origin} says which version of ${split.service} gave it, by ${versionHeader ?? "x-served-by"}.`,
            fix: "name the header that says it, --version-header NAME; or have a pod in the mesh ask, whose proxy counts: leave out --url",
        });
    return { ...judge(service, window, expected), service: split.service };
}

/** How our own answers call a service: by its Service's name. */
function nameIn({ service, place }: Split): string {
    return serviceNamed(place.host)?.name ?? service;
}

async function sent(options: LoadOptions): Promise<Window> {
    let ended = (): void => undefined;
    const all = new Promise<void>((resolve) => (ended = resolve));
    const generator = new Generator(options, () => ended());
    await all;
    return generator.stop();
}
