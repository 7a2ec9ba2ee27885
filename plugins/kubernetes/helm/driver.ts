/** The kinds of object in which releases are found again. */
export type Kept = "secrets" | "configmaps";

/** The kind of object that a driver of helm keeps releases in; undefined for one that keeps them elsewhere. */
export function keptAs(driver: string): Kept | undefined {
    if (["", "secret", "secrets"].includes(driver)) return "secrets";
    if (["configmap", "configmaps"].includes(driver)) return "configmaps";
    return undefined;
}
