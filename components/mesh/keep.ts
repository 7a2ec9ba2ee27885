import * as pulumi from "@pulumi/pulumi";

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

/**
 * Keeps the key pair of the first `up`: the state's Stash holds the first value it got, and later ones are ignored,
 * so that making a new one at each run changes nothing.
 */
export function keep(name: string, made: Promise<KeyPair>, opts: pulumi.CustomResourceOptions): KeptKeyPair {
    const stash = new pulumi.Stash(name, { input: pulumi.secret(made) }, { ...opts, ignoreChanges: ["input"] });
    const kept = stash.output as pulumi.Output<KeyPair>;
    return {
        public: pulumi.unsecret(kept.apply((pair) => pair.public)),
        private: pulumi.secret(kept.apply((pair) => pair.private)),
    };
}
