import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { projectRoot } from "../../cluster/paths";

/** A command that a message offers, with where it is written. */
export interface Advice {
    readonly command: string;
    readonly at: string;
}

/** Folders whose texts users get to see. */
const folders = ["action", "bin", "cluster", "components", "plugins", "policies", "rollout", "systems", "index.ts"];

/** Functions that make a command, with what they make of it. */
const makers: Readonly<Record<string, (args: readonly string[]) => string>> = {
    command: ([, verb = ""]) => `npx upshift cluster ${verb}`,
    startCommand: () => "npx upshift cluster up --target k3d --name 1",
    forgetCommand: () => "npx upshift cluster forget --stack 1",
};

/**
 * Every command of a program that a text of the sources offers, whatever the text is: an error, a finding, a plan, a help page.
 * What is put in only when the program runs stands as `1`, which is a name and a number, or as a target.
 *
 * @param program as it is called: `npx upshift`, `pulumi`.
 */
export function advised(program: string): Advice[] {
    const files = execFileSync("git", ["ls-files", ...folders], { cwd: projectRoot(), encoding: "utf8" }).split("\n");
    const sources = files.filter((file) => /\.(ts|mjs|sh)$/.test(file));
    return sources.flatMap((file) => {
        const text = fs.readFileSync(path.join(projectRoot(), file), "utf8");
        const texts = file.endsWith(".sh") ? text.split("\n") : textsIn(text, file);
        // The function that makes them all is no message.
        const commands = texts.flatMap((one) => commandsIn(one, program)).filter((one) => !one.endsWith(" cluster 11"));
        return commands.map((command) => ({ command, at: file }));
    });
}

/** All texts of a source: literals and templates, not comments. */
function textsIn(source: string, file: string): string[] {
    const texts: string[] = [];
    const visit = (node: ts.Node): void => {
        if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) texts.push(node.text);
        if (ts.isTemplateExpression(node)) texts.push(templateText(node));
        ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
    return texts;
}

function templateText({ head, templateSpans }: ts.TemplateExpression): string {
    return templateSpans.reduce(
        (text, { expression, literal }) => text + valueFor(expression, text) + literal.text,
        head.text,
    );
}

function valueFor(expression: ts.Expression, before: string): string {
    if (ts.isCallExpression(expression) && ts.isIdentifier(expression.expression)) {
        const { text } = expression.expression;
        const maker = Object.hasOwn(makers, text) ? makers[text] : undefined;
        if (maker) return maker(expression.arguments.map((one) => (ts.isStringLiteral(one) ? one.text : "1")));
    }
    // What makes a command be about another stack, or nothing.
    if (/^(?:\w+\.)?where$/.test(expression.getText())) return " --stack 1";
    if (/--target[ =]$/.test(before)) return "k3d";
    // One of several options of ports; and what a role is for.
    if (before.endsWith("--")) return "https";
    return before.endsWith("cluster role ") ? "--user 1 --stack 1" : "1";
}

/** The commands of a text: each to the end of its line, or to where the sentence goes on. */
function commandsIn(text: string, program: string): string[] {
    const found = [
        ...text.replace(/\[(--\S+)\]/g, "$1").matchAll(new RegExp(`(?<![\\w/.-])${program} [^\\n]*`, "g")),
    ].map(([all]) => all);
    return found.flatMap((line) => {
        const [first = "", ...rest] = line.split(new RegExp(`(?= ${program} )`));
        return [first, ...rest.map((one) => one.trim())].map(
            (one) =>
                one
                    .split(/[,;|`)]|:(?!\/\/)| {3}|&&|\.(?=\s|$)| (?:\(|or |to |first|where|with |draws |while )/)[0]
                    ?.trim() ?? "",
        );
    });
}
