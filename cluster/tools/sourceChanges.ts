/** Of modules, by the files in them: texts that stand there once, and what is to stand there. */
export type SourceChanges = Readonly<
    Record<string, Readonly<Record<string, readonly (readonly [from: string, to: string])[]>>>
>;

/** What of the modules that a tool is built from is not as others have written it. */
export interface Changes {
    /** What is changed in their sources. */
    readonly changes?: SourceChanges;
    /** Files of this project that become part of modules that are changed: by module, names in it by paths in this project. */
    readonly adds?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
