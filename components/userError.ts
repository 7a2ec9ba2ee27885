/** What a user meets when something can't be: in parts, so that whoever shows it takes no text apart. */
export interface UserProblem {
    /** What is wrong, in sentences. */
    readonly what: string;
    /** Where: a config key, a file, an object. */
    readonly where?: string | undefined;
    /** The command or the step that puts it right. */
    readonly fix?: string | undefined;
    /** The error that it comes from. */
    readonly cause?: unknown;
}

/** An error that its reader can put right: what is wrong, where, and how. Its message has all of it. */
export class UserError extends Error {
    readonly what: string;
    readonly where: string | undefined;
    readonly fix: string | undefined;

    constructor({ what, where, fix, cause }: UserProblem) {
        const said = where === undefined ? what : `${where}: ${what}`;
        super(fix === undefined ? said : `${said}\n  fix: ${fix}`, cause === undefined ? undefined : { cause });
        this.what = what;
        this.where = where;
        this.fix = fix;
    }
}
