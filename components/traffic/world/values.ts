/** Plain values of resources, from wherever they come: a program, a state, a cluster. */

/** Stands where a preview does not know a value yet. */
export const unknown: unique symbol = Symbol("unknown");
/** Stands where the state has a value only encrypted. */
export const encrypted: unique symbol = Symbol("encrypted");

/** A value as JSON has it, and what stands for one that can't be read. */
export type Value = string | number | boolean | null | undefined | typeof unknown | typeof encrypted | Value[] | Body;
/** An object's fields. */
export interface Body {
    readonly [field: string]: Value;
}

/** Whether anything in a value can't be read. */
export function holds(value: Value, sign: typeof unknown | typeof encrypted): boolean {
    if (value === sign) return true;
    if (Array.isArray(value)) return value.some((one) => holds(one, sign));
    return isBody(value) && Object.values(value).some((one) => holds(one, sign));
}

/** Whether a value is an object with fields. */
export function isBody(value: Value): value is Body {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value without what is null in it: to Kubernetes a field that is null is one that is not there. The value itself where nothing is. */
export function withoutNulls<Of extends Value>(value: Of): Of {
    if (!holdsNull(value)) return value;
    if (Array.isArray(value)) return value.filter((one) => one !== null).map(withoutNulls) as Of;
    const fields = Object.entries(value as Body).filter(([, one]) => one !== null);
    return Object.fromEntries(fields.map(([field, one]) => [field, withoutNulls(one)])) as Of;
}

function holdsNull(value: Value): boolean {
    if (Array.isArray(value)) return value.some((one) => one === null || holdsNull(one));
    return isBody(value) && Object.values(value).some((one) => one === null || holdsNull(one));
}

/** The fields under a name; none where there are none. */
export function bodyAt(value: Value, ...path: string[]): Body {
    const found = valueAt(value, ...path);
    return isBody(found) ? found : {};
}

/** The objects of a list under a name. */
export function bodiesAt(value: Value, ...path: string[]): Body[] {
    const found = valueAt(value, ...path);
    return Array.isArray(found) ? found.filter(isBody) : [];
}

/** The texts of a list under a name. */
export function textsAt(value: Value, ...path: string[]): string[] {
    const found = valueAt(value, ...path);
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
}

/** The text under a name. */
export function textAt(value: Value, ...path: string[]): string | undefined {
    const found = valueAt(value, ...path);
    return typeof found === "string" ? found : undefined;
}

/** The number under a name, also where it was written as text: `"90"`. */
export function numberAt(value: Value, ...path: string[]): number | undefined {
    const found = valueAt(value, ...path);
    const number = typeof found === "string" && found.trim() !== "" ? Number(found) : found;
    return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}

/** Labels and other maps of texts. */
export function mapAt(value: Value, ...path: string[]): Record<string, string> {
    const entries = Object.entries(bodyAt(value, ...path));
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** What stands under a path of names. */
export function valueAt(value: Value, ...path: string[]): Value {
    return path.reduce<Value>((found, field) => (isBody(found) ? found[field] : undefined), value);
}

/** Whether labels carry all that a selector asks for; an empty selector selects nothing. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
    const wanted = Object.entries(selector);
    return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value);
}
