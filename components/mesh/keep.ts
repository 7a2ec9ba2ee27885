import * as pulumi from "@pulumi/pulumi";
import { lastCheckpoint } from "../split/views";

/** A key pair: PEM texts. */
export interface KeyPair {
    /** What everybody may know: a certificate or a public key. */
    public: string;
    /** The private key. */
    private: string;
}

/** A key pair as it is kept in the state. */
export interface KeptKeyPair {
    public: pulumi.Output<string>;
    /** Secret. */
    private: pulumi.Output<string>;
}

/** The same, and whether this run has made it. */
export interface KeptNow extends KeptKeyPair {
    isNew: pulumi.Output<boolean>;
}

/**
 * Keeps the key pair of the first `up`: the state's Stash holds the first value it got, and later ones are ignored. None is made where
 * the state has one: that takes a third of a second, at each run.
 *
 * @param make is called at most once.
 */
export function keep(name: string, make: () => Promise<KeyPair>, opts: pulumi.CustomResourceOptions): KeptNow {
    const made = isInState(name).then((isThere) => (isThere ? none : make()));
    const stash = new pulumi.Stash(name, { input: pulumi.secret(made) }, { ...opts, ignoreChanges: ["input"] });
    const kept = pulumi.output(stash.output as pulumi.Output<KeyPair>).apply((pair) => {
        if (pair.public !== none.public)
            return pulumi.output({ ...pair, isNew: made.then((one) => one.public === pair.public) });
        // Somebody has had the Stash replaced (`pulumi up --replace`), and so got none: then there is one of another name.
        const { isNew, ...again } = keep(`${name}-again`, make, opts);
        return pulumi.output({ ...again, isNew });
    });
    return {
        public: pulumi.unsecret(kept.apply((pair) => pair.public)),
        private: pulumi.secret(kept.apply((pair) => pair.private)),
        isNew: pulumi.unsecret(kept.apply((pair) => pair.isNew)),
    };
}

/** What stands for a key pair that is in the state already. */
const none: KeyPair = { public: "", private: "" };

async function isInState(name: string): Promise<boolean> {
    const { resources = [] } = (await lastCheckpoint())?.deployment ?? {};
    return resources.some(({ urn, delete: isLeaving }) => !isLeaving && urn.endsWith(`pulumi:index:Stash::${name}`));
}
