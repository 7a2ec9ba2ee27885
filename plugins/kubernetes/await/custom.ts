import { at } from "../objects";
import type { Value } from "../values";
import type { Readiness } from "./observe";
import { conditionOf } from "./pod";

/**
 * Readiness as the annotation `pulumi.com/waitFor` defines it: `condition=Ready`, `condition=Ready=False`,
 * `jsonpath={.status.phase}=Running`, `jsonpath={.status.address}`, or a JSON array of such, all of which must hold.
 *
 * @throws when it is none of these.
 */
export function customReadiness(waitFor: string): Readiness {
    const tests = expressionsOf(waitFor).map(testOf);
    return {
        sources: () => [],
        judge: ({ object }) => {
            const unmet = tests
                .filter(({ holds }) => !object || !holds(object))
                .map(({ text }) => `Waiting for ${text}`);
            return { isReady: unmet.length === 0, progress: { message: unmet[0] ?? "" }, reasons: unmet };
        },
    };
}

function expressionsOf(waitFor: string): string[] {
    const listed = listIn(waitFor);
    return listed.length && listed.every((one) => typeof one === "string") ? listed : [waitFor];
}

function listIn(text: string): unknown[] {
    try {
        const value: unknown = JSON.parse(text);
        return Array.isArray(value) ? value : [];
    } catch {
        return [];
    }
}

function testOf(expression: string): { text: string; holds: (object: Value) => boolean } {
    const condition = /^condition=([^=]+)(?:=(.*))?$/.exec(expression);
    if (condition) {
        const [, type = "", wanted = "True"] = condition;
        const holds = (object: Value): boolean =>
            textOf(conditionOf(object as never, type)?.status)?.toLowerCase() === wanted.toLowerCase();
        return { text: `condition ${type} to be ${wanted}`, holds };
    }
    const jsonpath = /^jsonpath=\{?((?:\.[\w-]+|\[\d+\]|\['[^']+'\])+)\}?(?:=(.*))?$/.exec(expression);
    if (jsonpath) {
        const [, path = "", wanted] = jsonpath;
        const steps = [...path.matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g)].map(
            ([, name, index, quoted]) => name ?? quoted ?? Number(index),
        );
        const holds = (object: Value): boolean => {
            const found = at(object, ...steps);
            return wanted === undefined ? found !== undefined && found !== null : textOf(found) === wanted;
        };
        return { text: `${path} ${wanted === undefined ? "to be there" : `to be ${wanted}`}`, holds };
    }
    throw new Error(
        `pulumi.com/waitFor: "${expression}" is neither condition=TYPE[=STATUS] nor jsonpath={.path}[=value], nor a JSON array of such.`,
    );
}

/** @returns undefined for a list or an object, which no text after `=` can mean. */
function textOf(value: Value | undefined): string | undefined {
    return typeof value === "object" && value !== null ? undefined : String(value);
}
