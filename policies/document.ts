import type { Policies } from "@pulumi/policy";

/** The page about the pack, made from the policies themselves. */
export function documentOf(policies: Policies): string {
    const rows = policies.map(({ name, description, severity, configSchema }) => {
        const settings = Object.entries(configSchema?.properties ?? {}).map(
            ([key, { default: value }]) => `\`${key}\`${value === undefined ? "" : ` ${cell(JSON.stringify(value))}`}`,
        );
        return `| \`${name}\` | ${cell(description)} | ${severity ?? ""} | ${settings.join(", ")} |`;
    });
    const settings = policies.flatMap(({ name, configSchema }) =>
        Object.entries(configSchema?.properties ?? {}).flatMap(([key, { description }]) =>
            description ? [`- \`${name}.${key}\`: ${description}`] : [],
        ),
    );
    return `${before}| policy | asks that | severity | config and default |\n|---|---|---|---|\n${rows.join("\n")}\n\n${settings.join("\n")}\n\n${behind}`;
}

const before = `<!-- Made by \`npm run docs:policies\` from policies/*.ts: change it there. -->

# The policy pack

\`pulumi preview\` and \`pulumi up\` refuse what would take traffic from its users, or give it to a version too soon:

\`\`\`sh
pulumi up --policy-pack policies --policy-pack-config policies/config/prod.json
\`\`\`

\`\`\`
❌ upshift@v0.1.0
    - [mandatory] [severity: critical]  step-size
      review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare a blue/green switch after a header test
\`\`\`

The way back to the stable version is open at any time, at once and from any share. Every policy is mandatory unless a config says otherwise: \`policies/config/dev.json\` makes all of them advice, \`policies/config/prod.json\` has prod's limits.

`;

const behind = `## What a step is compared with

Pulumi gives a policy the new state only. The pack reads what was applied last with \`pulumi stack export\`, and the cluster, each once a run, and lays what the program asks for over both: three worlds of everything that decides who is served (VirtualServices with their delegates, DestinationRules, Services, the pods behind them and what runs in these). The same judge that the hook and \`guard\` ask says what that does to users, for every kind of request; the larger raise counts. So it does not matter by which means users are moved: weights, a rule above others, another host or gateway, \`exportTo\`, a fault, pods, another image, a VirtualService under a new name. A stack that is unchanged has no finding. Stack outputs and component inputs are not asked, for after a failed \`up\` they hold what never was.

The yardstick is what is applied, too: \`upshift.dev/stable\` and the other marks count as they were before the step. The limits are the pack's own, whatever a program declares. Where nothing is marked, stable is the version that has most users.

What can't be judged is refused: the state can't be read (the message says why), or weights that a preview does not know, if routes are there already. An update judges them again when they are known. Of pods, subsets and Services a value that a preview does not know counts as it was, until the update knows it; one that the state has only encrypted always does.

## Blue/green

A raise above the limit is allowed as a switch that was declared in a step before: the annotation \`upshift.dev/blue-green: v2\` on the VirtualService (in our programs config \`blueGreen: {review: v2}\`). It has to go to 100, to a version that a header led to in what is *applied*, with the same code, and with as many ready pods as stable has.

## What goes away

A version that serves is drained in a step of its own before its pods, its subset or its Service go. A service that has users is taken away by \`pulumi destroy\`, or where the stack's config says so: \`pulumi config set remove review\`, with the name of a service or of a system. That excuses only that it goes: of a service that stays every policy holds.

## Where it ends

- A preview judges everything before anything is applied. \`pulumi up --skip-preview\`, which the Automation API always uses, judges before each resource that changes is applied, as far as all are known by then: of several services that are too much together, the first may be applied. What only the whole stack shows (a budget that is missing, a destination without Service) is said at the end of the update.
- A policy is not called for deletions. A version that serves and was taken out of the program is seen from what remains: before anything is applied where something that is still there depended on it, else at the end of the preview.
- \`pulumi destroy\` runs no policies.
- Routes inside Helm releases are not seen in the program; those that are in the cluster are.
`;

function cell(text: string): string {
    return text.replaceAll("|", "\\|");
}
