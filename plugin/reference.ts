/** What the schema says of a value, as the reference tells it. */
interface Property {
    readonly type?: string;
    readonly plain?: boolean;
    readonly description?: string;
    readonly items?: Property;
    readonly additionalProperties?: Property;
    readonly $ref?: string;
}

type Properties = Readonly<Record<string, Property>>;

interface Type {
    readonly properties?: Properties;
    readonly required?: readonly string[];
    /** Of a type whose values are words. */
    readonly enum?: readonly { readonly value: string; readonly description?: string }[];
}

interface Component {
    readonly description?: string;
    readonly inputProperties: Properties;
    readonly requiredInputs?: readonly string[];
    readonly properties: Properties;
}

/** The package's schema, as far as the reference tells of it. */
export interface Schema {
    readonly resources: Readonly<Record<string, Component>>;
    readonly types: Readonly<Record<string, Type>>;
}

/** The text of docs/reference.md: every component and every type of its arguments, in the words of the sources. */
export function referenceOf({ resources, types }: Schema): string {
    const names = Object.keys(resources).map(nameOf).sort();
    const components = Object.entries(resources).map(([token, component]) => sectionOf(nameOf(token), component));
    const others = Object.entries(types).map(([token, type]) => sectionOfType(nameOf(token), type));
    const index = names.map((name) => `[${name}](#${name.toLowerCase()})`).join(" · ");
    return `${before}${index}\n\n${components.sort().join("\n\n")}\n\n# Types of arguments\n\n${others.sort().join("\n\n")}\n`;
}

function sectionOf(name: string, { description = "", inputProperties, requiredInputs, properties }: Component): string {
    const outputs = Object.entries(properties).map(([key, one]) => `- \`${key}\`: ${lineOf(one.description)}`);
    return [
        `## ${name}`,
        description.trim(),
        tableOf("argument", inputProperties, requiredInputs),
        ...(outputs.length > 0 ? [`Has, once it is made:\n\n${outputs.join("\n")}`] : []),
    ]
        .filter(Boolean)
        .join("\n\n");
}

function sectionOfType(name: string, { properties, required, enum: words }: Type): string {
    const values = words?.map(({ value, description }) => `| \`${value}\` | ${cell(description)} |`);
    const table = values
        ? `| value | |\n|---|---|\n${values.join("\n")}`
        : tableOf("field", properties ?? {}, required);
    return `## ${name}\n\n${table}`;
}

/** What must be given comes first; the rest stays in the order of the sources. */
function tableOf(what: string, properties: Properties, required: readonly string[] = []): string {
    const entries = Object.entries(properties);
    const mustBe = ([name]: readonly [string, Property]): boolean => required.includes(name);
    const rows = [...entries.filter(mustBe), ...entries.filter((one) => !mustBe(one))].map(([name, property]) => {
        const label = mustBe([name, property]) ? `**\`${name}\`**` : `\`${name}\``;
        return `| ${label} | ${typeOf(property)} | ${cell(property.description)} |`;
    });
    return [`| ${what} | type | |`, "|---|---|---|", ...rows].join("\n");
}

/** A type in a word, with a mark on what another resource's output may be given for. */
function typeOf(property: Property): string {
    const word = wordOf(property);
    return property.plain ? word : `${word} °`;
}

function wordOf({ type, items, additionalProperties, $ref }: Property): string {
    if ($ref !== undefined) return `[${nameOf($ref)}](#${nameOf($ref).toLowerCase()})`;
    if (items) return `list of ${wordOf(items)}`;
    if (additionalProperties) return `${wordOf(additionalProperties)} by name`;
    return type === "string" ? "text" : type === "boolean" ? "yes or no" : (type ?? "anything");
}

/** Words of the sources in one line of a table. */
function cell(text = ""): string {
    return lineOf(text).replaceAll("|", "\\|");
}

function lineOf(text = ""): string {
    return text.trim().replaceAll(/\s*\n\s*/g, " ");
}

/** `upshift:index:Name`, or a reference to it. */
function nameOf(token: string): string {
    return token.split(":").at(-1) ?? token;
}

const before = `<!-- Made by \`npm run docs:reference\` from plugin/schema.json, and so from the sources of components/: change it there. -->

# Reference

Every component, its arguments and their types, the same in [every language](package.md). What is **bold** must be given; where ° stands, another resource's output may be given, too: all else is plain, so that a preview knows it. In TypeScript the types are called \`TrafficSplitArgs\`, \`VersionArgs\`, \`ProbeArgs\` and so on.

`;
