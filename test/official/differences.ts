/** A test of our provider that the official one does not pass, on purpose: its own, or ours. */
export interface Difference {
    /** The test, with all that it stands in. */
    readonly test: string;
    /** What the official provider does, and why ours does otherwise. */
    readonly reason: string;
    /** How the test fails: by this difference, and no other. */
    readonly fails: RegExp;
}

/** All known ones. A test that no longer fails is to be taken out of this list, and docs/embedded.md told. */
export const differences: readonly Difference[] = [
    {
        test: "the kubernetes provider against an API server creating gives back the live object with what it was made from",
        reason: "It makes an object by an apply of the resource's own manager. Later ones make it as ours does, which finds what is there already",
        fails: /'Apply'/,
    },
    {
        test: "the kubernetes provider against an API server creating leaves alone what is there already, and says what to do about it",
        reason: "It takes over an object that is there already, and deletes it on destroy. What somebody else has made is not ours to delete",
        fails: /Missing expected rejection/,
    },
    {
        test: "the kubernetes provider against an API server updating refuses to take a field from another manager, and names both",
        reason: "It says what is in conflict. Ours adds how to win it",
        fails: /patchForce[^]*#handle-field-conflicts/,
    },
    {
        test: "the kubernetes provider against an API server reading imports an object by its id",
        reason: "The whole object becomes the resource's inputs. Later ones have its name there, as ours does",
        fails: /data: \{/,
    },
    {
        test: "the kubernetes provider against an API server reading keeps secret what kubectl has left of a Secret in an annotation",
        reason: "It keeps the annotation, with all of the Secret in it, in plain text in the state",
        fails: /must stand behind a secret mark only/,
    },
    {
        test: "the kubernetes provider against an API server deleting does not make anew what a Patch has changed and somebody has deleted",
        reason: "It gives the fields back by an apply, which makes an empty object where there is none; of kinds that can't be empty it fails for ever",
        fails: /an empty one must not have been made/,
    },
    {
        test: "the kubernetes provider against an API server a cluster that cannot be reached is named in the error, and can be forgotten",
        reason: "It says the same in words of its own",
        fails: /connection refused/,
    },
    {
        test: "the kubernetes provider against an API server deleting gives up after the timeout and says what stands in the way",
        reason: "It says that it has waited too long. Who reads that wants to know what for: a finalizer, or what the object still owns",
        fails: /'timed out waiting for the condition'/,
    },
    {
        test: "the kubernetes provider against an API server waiting finds a Service ready when the pods that it selects are",
        reason: "It waits ten seconds for each new Service to settle. Its pods' readiness is what counts",
        fails: /must not have waited for the settling time/,
    },
    {
        test: "the kubernetes provider and Helm releases may be gone when they are to be uninstalled",
        reason: "It fails until the stack is refreshed. A release that is gone is what destroy is for, as with any object",
        fails: /uninstall: Release not loaded: early: release: not found/,
    },
    {
        test: "the kubernetes provider and Helm releases are installed anew when a killed run has left them half done",
        reason: "It fails until somebody has uninstalled the release. A run that was killed should be gone on with by the next one",
        fails: /cannot re-use a name/,
    },
    {
        test: "the kubernetes provider and Helm releases say what helm says when it fails",
        reason: "Of a release that is there already it says what helm says. Ours adds how to take it over",
        fails: /cannot re-use a name/,
    },
    {
        test: "the kubernetes provider and Helm releases as helm keeps them are read where HELM_DRIVER keeps them in ConfigMaps, and it is said where they can't be read",
        reason: "It has a setting of its own for where Helm keeps releases. Ours starts the user's helm, which reads the variable",
        fails: /mapped\.v1: 404/,
    },
    {
        test: "the kubernetes provider as a process ends with its engine, however that ends",
        reason: "It outlives a killed engine. What it goes on with would be done behind the next update's back",
        fails: /goes on without an engine/,
    },
    {
        test: "the kubernetes provider as a process with a cluster leaves no credentials in the temporary folder, also where it was given a kubeconfig as text",
        reason: "It writes the kubeconfig into the temporary folder and leaves it there. Credentials belong where their owner has put them",
        fails: /deep-equal/,
    },
];
