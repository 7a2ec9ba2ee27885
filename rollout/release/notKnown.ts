import { UserError } from "../../components/userError";

/** Of a step whose update failed, when nobody can say whether it was made: written back, the next update would undo it unseen. */
export function notKnown(error: Error, { where }: { readonly where: string }): UserError {
    return new UserError({
        what: `${error.message}\nWhat is applied can't be read either, so that the config still has this step: it may have been made.`,
        fix: `see what is applied, once that can be read: npx upshift status${where}`,
        cause: error,
    });
}
