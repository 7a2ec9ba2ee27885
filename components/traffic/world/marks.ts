import { type Body, mapAt } from "./values";

/**
 * What a release says beside its routes. It stands as annotations on the object that decides (the VirtualService, or the Service
 * where shares follow the pods), so that it is applied with the routes or not at all: a step is measured by the marks that were
 * applied before it, and never by those that it brings along.
 */
export interface Marks {
    /** How config and messages call the service. */
    readonly service?: string;
    /** What is judged together: raises of one group are added up. */
    readonly group?: string | undefined;
    /** The version that a rollback returns to. */
    readonly stable?: string | undefined;
    /** Points by which one step may raise a version. */
    readonly maxRaise?: number;
    /** Points by which one step may raise all services of the group, added up; from 100 on without limit. */
    readonly maxRaiseTogether?: number | undefined;
    /** The version of a declared blue/green switch. */
    readonly blueGreen?: string | undefined;
    /** The version that gets new code while it serves: the only mark that counts for the step that brings it. */
    readonly inPlace?: string | undefined;
    /** Why somebody goes beyond the limits. */
    readonly breakGlass?: string;
}

/** The annotation of each mark. */
export const annotations: Readonly<Record<keyof Marks, string>> = {
    service: "upshift.dev/service",
    group: "upshift.dev/group",
    stable: "upshift.dev/stable",
    maxRaise: "upshift.dev/max-raise",
    maxRaiseTogether: "upshift.dev/max-raise-together",
    blueGreen: "upshift.dev/blue-green",
    inPlace: "upshift.dev/in-place",
    breakGlass: "upshift.dev/break-glass",
};

const numbers: readonly (keyof Marks)[] = ["maxRaise", "maxRaiseTogether"];

/** The marks that an object carries. */
export function marksOf(body: Body): Marks {
    const all = mapAt(body, "metadata", "annotations");
    const entries = Object.entries(annotations).flatMap(([mark, annotation]): [string, string | number][] => {
        const text = all[annotation];
        if (text === undefined || text === "") return [];
        if (!numbers.includes(mark as keyof Marks)) return [[mark, text]];
        const number = Number(text);
        return Number.isFinite(number) ? [[mark, number]] : [];
    });
    return Object.fromEntries(entries);
}

/** The annotations of an object with these marks. */
export function annotationsFor(marks: Marks): Record<string, string> {
    return Object.fromEntries(
        Object.entries(marks).flatMap(([mark, value]: [string, string | number | undefined]) =>
            value === undefined ? [] : [[annotations[mark as keyof Marks], String(value)]],
        ),
    );
}
