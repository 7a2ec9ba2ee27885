import { rate } from "./load";
import { atFirst, type Deed, type Found, type Role, type Scenario, type Shares, usualRequests } from "./scenario";
import { scenarios, withoutCounterpart } from "./table";

/** The page about the scenarios, made from them. */
export function documentOf(all: readonly Scenario[] = scenarios): string {
    const rows = all.map(
        (one) => `| **${one.name}**<br>${cell(one.source)} | ${cell(one.asserts)} | ${cell(weAssert(one))} |`,
    );
    const without = withoutCounterpart.map(({ source, why }) => `| ${cell(source)} | ${cell(why)} |`);
    return `${before}| scenario | Argo (Istio, Flagger) asserts | we assert |
|---|---|---|
${rows.join("\n")}

## What has no counterpart

| of the original | why |
|---|---|
${without.join("\n")}
`;
}

const before = `<!-- Made by \`npm run docs:scenarios\` from test/scenarios: change it there. -->

# Others' scenarios, played with real traffic

Argo Rollouts' tests for Istio look at objects, with no mesh behind them; Flagger's at the phases that it goes through; Istio's at a hundred calls. These are their public scenarios, played by \`pulumi up\` and \`npx upshift\` on an embedded cluster with a real mesh: \`npm run test:scenarios\`; a sample of them is in \`npm test\`. \`npx mocha test/scenarios/scenarios.test.ts -g PingPong\` plays one alone.

In every one, from before its first update until after its last, up to ${rate} requests a second are sent through a caller's own proxy, retries off, and none may fail. After each step the objects have to be as the original asserts them, and at least ${usualRequests} requests (2,000 for Istio's own numbers) have to be split as the weights say, within 4 standard deviations, at the first try: of 2,000 that is 4.5 points at most, where Istio allows 10 of 100 calls. Copies are counted by the same measure, at the caller's proxy, while the load stands still for a moment before and after. Where the original has its stable and its canary, we have an old and a new version, whose subsets are never relabelled: what is stable is a mark on the routes, and moves to the version that has all users by an update of its own.

`;

/** What is looked at in a scenario, from its own steps. */
function weAssert({ steps, otherwise, mayFailByItself }: Scenario): string {
    const found = steps.flatMap((step) => (step.found ? [step.found] : []));
    const columns = columnsOf([atFirst, ...found.map(({ weights }) => weights)]);
    const shares = [atFirst, ...found.map(({ weights }) => weights)].map((weights) => sharesIn(weights, columns));
    const stable = found.at(-1)?.stable;
    const said = [
        `weights ${chain(shares)}`,
        stable === undefined ? undefined : `then ${stable} is stable`,
        pods(found),
        changing(found, "rules", ({ rules }) => rules?.join(" above ")),
        changing(found, "subsets", ({ subsets = ["old", "new"] }) => String(subsets.length)),
        changing(found, "copies", copiesIn),
        changing(found, "images", ({ images = {} }) =>
            Object.entries(images)
                .map(([role, tag]) => `${role} ${tag}`)
                .join(),
        ),
        ...found.flatMap(({ testers = [] }) =>
            testers.map(
                ({ headers, to }) =>
                    `${Object.entries(headers)
                        .map((pair) => pair.join(": "))
                        .join()} → ${to}`,
            ),
        ),
        ...found.flatMap(({ users }) => (users === undefined ? [] : [`users with the cookie ${users}`])),
        ...steps.flatMap(({ does }) => deedIn(does)),
        mayFailByItself && "no failure but that version's own",
    ];
    const all = [...new Set(said.filter(Boolean))].join("; ");
    return otherwise === undefined ? all : `${all}. ${otherwise[0]?.toUpperCase()}${otherwise.slice(1)}`;
}

/** Versions that are named anywhere in it: old and new always. */
function columnsOf(all: readonly Shares[]): readonly Role[] {
    return all.some(({ third }) => third !== undefined) ? ["old", "new", "third"] : ["old", "new"];
}

function sharesIn(weights: Shares, columns: readonly Role[]): string {
    return columns.map((role) => weights[role] ?? 0).join("/");
}

/** One after the other, each only where it is another than the one before. */
function chain(all: readonly string[]): string {
    return all.filter((one, index) => one !== all[index - 1]).join(" → ");
}

/** What a field is, step by step; nothing where no step says it. */
function changing(found: readonly Found[], what: string, of: (one: Found) => string | undefined): string | undefined {
    const key = what as keyof Found | "copies";
    const isSaid = found.some((one) => (key === "copies" ? one.mirror !== undefined : one[key] !== undefined));
    return isSaid ? `${what} ${chain(found.map((one) => of(one) ?? "").filter(Boolean))}` : undefined;
}

function copiesIn({ mirror, copiesOf }: Found): string | undefined {
    if (mirror === undefined) return "none";
    return `${mirror} %${copiesOf === undefined ? "" : ` of ${copiesOf.toLocaleString("en")}`}`;
}

function pods(found: readonly Found[]): string | undefined {
    const said = found.flatMap((one) => (one.pods ? [one.pods] : []));
    if (said.length === 0) return undefined;
    const words = said.map((of) =>
        Object.entries(of)
            .map(([role, count]) => `${count} ${role}`)
            .join(", "),
    );
    return `available pods ${chain(words)}`;
}

function deedIn(does: Deed): string[] {
    const command = (text: string): string =>
        `\`${text
            .replace(/ --json| --yes/g, "")
            .replace(/\{whole:\w+\}/, "UPDATE")
            .replace(/[{}]/g, "")}\``;
    if ("command" in does) return [`${command(does.command)} ends with ${does.code}`];
    if ("starts" in does) return [`${command(does.starts)} waits`];
    if ("fails" in does) return ["`pulumi up` fails"];
    return "ends" in does ? [`it ends with ${does.ends}`] : [];
}

function cell(text: string): string {
    return text.replaceAll("|", "\\|");
}
