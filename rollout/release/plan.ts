import type { Problem } from "../../components/traffic/split/problem";
import type { Chain } from "./chain/chain";
import { noCopiesOfChain, parseSteps, type ReleaseStep, type Whereabouts, wordOf } from "./steps";

/** What each version runs, in words; a version of which that is not known is left out. */
export type ImagesOf = Readonly<Record<string, string>>;

/** A release as it is asked for, over a service as it is applied. */
export interface ReleasePlan {
    readonly steps: readonly ReleaseStep[];
    /** Whether the way from the header test to all users is a declared blue/green switch. */
    readonly isSwitch: boolean;
}

export interface Around {
    /** Whether the config has a canary header, which a header test needs. */
    readonly hasHeader: boolean;
    /** What commands need to be about this stack. */
    readonly where: string;
    /** Of several services that are released as one. */
    readonly all?: Asked;
}

/** What is released, for a command that asks for it in another way. */
interface Asked {
    /** The services, as a command names them. */
    readonly named: string;
    /** Their versions, as `--to` takes them: what was typed is out of the config again where it is refused. */
    readonly to: string;
    /** By how many points each may be raised at once. */
    readonly raise: number;
}

/**
 * Says whether a release can be made as it is asked for, before its first step: that a later one is refused helps nobody.
 *
 * @param text see `parseSteps`.
 * @param around what is to be known beside the service.
 * @throws with every problem.
 */
export function releasePlan(
    service: string,
    to: string,
    text: string,
    applied: Whereabouts & {
        readonly maxRaise: number;
        readonly images?: () => ImagesOf;
        readonly chain?: Chain | undefined;
    },
    around: Around & { readonly baseline?: string | undefined },
): ReleasePlan {
    const { hasHeader, where, baseline, all: asked = { named: service, to, raise: applied.maxRaise } } = around;
    const { steps, problems } = parseSteps(text, `release.${service}.steps`);
    const shares = [
        applied.weights[to] ?? 0,
        ...steps.flatMap((step) => (step.kind === "weight" ? [step.percent] : [])),
    ];
    // What a header test says of a switch is said of users whom no edge decides for.
    const isSwitch = steps[0]?.kind === "header" && shares.length === 2 && !applied.chain;
    const all = [
        ...versionProblems(service, to, applied, where),
        ...(baseline === undefined || applied.chain ? [] : baselineProblems(service, to, baseline, applied)),
        ...problems,
        ...(isSwitch || problems.length > 0 ? [] : tooLarge(service, steps, shares, applied.maxRaise, asked, where)),
        ...(steps[0]?.kind === "header" && !hasHeader ? [noHeader] : []),
        ...(steps.some(({ kind }) => kind === "mirror") ? otherCopies(service, to, applied) : []),
        ...(applied.chain ? chainProblems(service, to, steps, applied.chain, asked, where) : []),
        ...(applied.chain && baseline !== undefined ? [noBaseline(service)] : []),
    ];
    if (all.length > 0) throw new Error(inWords(service, all));
    return { steps, isSwitch };
}

function versionProblems(service: string, to: string, { weights, stable }: Whereabouts, where: string): Problem[] {
    const at = `release.${service}.to`;
    const others = Object.keys(weights).filter((version) => version !== stable);
    if (to === stable)
        return [
            {
                at,
                message: `${to} is the stable version already`,
                ...(others[0] && { fix: `npx upshift release ${service}${where} --to ${others[0]}` }),
            },
        ];
    if (to in weights) return [];
    return [
        {
            at,
            message: `the routes of ${service} have no version ${to}; they have ${Object.keys(weights).join(", ")}`,
            fix: others[0]
                ? `npx upshift release ${service}${where} --to ${others[0]}`
                : "deploy it beside the stable one with weight 0, then release it",
        },
    ];
}

/** What is compared in stable's place has to be a version of its own that runs what stable runs. */
function baselineProblems(
    service: string,
    to: string,
    baseline: string,
    { weights, stable, images }: Whereabouts & { readonly images?: () => ImagesOf },
): Problem[] {
    const at = `release.${service}.baseline`;
    const without = `pulumi config rm --path ${at}`;
    if (baseline === stable || baseline === to)
        return [
            { at, message: `${baseline} is ${to === baseline ? "what is released" : "stable itself"}`, fix: without },
        ];
    if (!(baseline in weights))
        return [
            {
                at,
                message: `the routes of ${service} have no version ${baseline}; they have ${Object.keys(weights).join(", ")}`,
                fix: `deploy it together with ${to}, with stable's image and weight 0; or ${without}`,
            },
        ];
    const { [baseline]: own, [stable]: stables } = images?.() ?? {};
    if (own === undefined || stables === undefined || own === stables) return [];
    const message = `${baseline} runs ${own}, and ${stable} runs ${stables}: a baseline is stable's code`;
    return [{ at, message, fix: `give it ${stables}; or ${without}` }];
}

function tooLarge(
    service: string,
    steps: readonly ReleaseStep[],
    shares: readonly number[],
    maxRaise: number,
    { named, to, raise }: Asked,
    where: string,
): Problem[] {
    const offered = stepsWithin(steps, shares[0] ?? 0, Math.min(maxRaise, raise));
    const fix = `npx upshift release ${named}${where} --steps ${quoted(offered)} --to ${to}`;
    return shares.slice(1).flatMap((percent, index): Problem[] => {
        const before = shares[index] ?? 0;
        if (percent - before <= maxRaise) return [];
        const message = `${before} to ${percent} is a raise of ${percent - before} points; at most ${maxRaise} a step`;
        return [{ at: `release.${service}.steps`, message, fix }];
    });
}

/** The same steps, with as many between them as the limit asks for. */
export function stepsWithin(steps: readonly ReleaseStep[], from: number, maxRaise: number): string {
    let last = from;
    return steps
        .flatMap((step): (string | number)[] => {
            if (step.kind !== "weight") return [wordOf(step)];
            const between: number[] = [];
            for (; step.percent - last > maxRaise; last += maxRaise) between.push(last + maxRaise);
            last = step.percent;
            return [...between, step.percent];
        })
        .join(",");
}

/** As a shell takes it: `pause:<10m` would read a file. */
export function quoted(steps: string): string {
    return /^[\w:.,-]+$/.test(steps) ? steps : `'${steps}'`;
}

/** Copies that somebody has for another purpose are not taken from them. */
function otherCopies(service: string, to: string, { mirror }: Whereabouts): Problem[] {
    if (!mirror || mirror.to === to) return [];
    const at = `routing.${service}.mirror`;
    const message = `requests are copied to ${mirror.to} already, and a mirror step would end that`;
    return [{ at, message, fix: `pulumi config rm --path ${at} && pulumi up` }];
}

/** Whoever lacks the version would go by weights of his own, and mix versions; and copies have no edge that decides for them. */
function chainProblems(
    service: string,
    to: string,
    steps: readonly ReleaseStep[],
    { services }: Chain,
    asked: Asked,
    where: string,
): Problem[] {
    const lacking = services.filter(({ weights }) => !(to in weights));
    const rest = steps.filter(({ kind }) => kind !== "mirror");
    return [
        ...lacking.map(({ name, weights }): Problem => ({
            at: `release.${service}.to`,
            message: `${name} is part of the chain and has no version ${to}; it has ${Object.keys(weights).join(", ")}`,
            fix: `deploy ${to} of ${name} beside the others with weight 0`,
        })),
        ...(rest.length < steps.length
            ? [
                  {
                      at: `release.${service}.steps`,
                      message: noCopiesOfChain,
                      fix: `npx upshift release ${asked.named}${where} --steps ${quoted(rest.map(wordOf).join(","))} --to ${asked.to}`,
                  },
              ]
            : []),
    ];
}

function noBaseline(service: string): Problem {
    const at = `release.${service}.baseline`;
    return { at, message: "a chain is compared with stable alone", fix: `pulumi config rm --path ${at}` };
}

const noHeader: Problem = {
    at: "canaryHeader",
    message: "a header test needs a header that testers send",
    fix: "pulumi config set-all --path --plaintext canaryHeader.name=X-group --plaintext canaryHeader.exact=test",
};

function inWords(service: string, problems: readonly Problem[]): string {
    const lines = problems.map(({ at, message, fix }) => `  ${at}: ${message}${fix ? `\n    fix: ${fix}` : ""}`);
    return [`${service} can't be released so; nothing was changed:`, ...lines].join("\n");
}
