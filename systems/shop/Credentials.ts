import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { keep, type KeyPair } from "../../components/mesh/keep";
import type { ConfigSourceArgs } from "../../components/workloads/config";

/** The arguments of Credentials. */
export interface CredentialsArgs {
    /** The authorization server's namespace. */
    namespace: pulumi.Input<string>;
    /** Who signs the tokens: their claim `iss`. */
    issuer: string;
}

/** The client and the user of seed 000 (`writer`, `magnus`), with passwords of their own, and the key that signs tokens. */
export class Credentials extends pulumi.ComponentResource {
    /** The client's name: `writer`. */
    readonly clientId = "writer";
    /** The client's password; secret. */
    readonly clientSecret: pulumi.Output<string>;
    /** The user's name: `magnus`. */
    readonly userName = "magnus";
    /** The user's password; secret. */
    readonly userPassword: pulumi.Output<string>;
    /** The public key, as a JSON Web Key Set. */
    readonly jwks: pulumi.Output<string>;
    /** What the authorization server's pods need of these. */
    readonly pod: {
        config: ConfigSourceArgs[];
        env: Record<string, string>;
    };

    /** @param name The _unique_ name of the resource, and of the Secrets. */
    constructor(name: string, args: CredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Credentials", name, args, opts);
        const child = { parent: this };
        this.clientSecret = new random.RandomPassword(
            `${name}-client-secret`,
            { length: 24, special: false },
            child,
        ).result;
        this.userPassword = new random.RandomPassword(
            `${name}-user-password`,
            { length: 24, special: false },
            child,
        ).result;
        const signing = keep(`${name}-signing-key`, signingKey, child);
        const secret = (suffix: string, stringData: Record<string, pulumi.Input<string>>) =>
            new k8s.core.v1.Secret(
                `${name}-${suffix}`,
                { metadata: { name: `${name}-${suffix}`, namespace: args.namespace }, stringData },
                child,
            ).metadata.name;
        this.jwks = signing.public.apply(jwksOf);
        this.pod = {
            config: [
                {
                    secret: secret("credentials", {
                        CLIENT_ID: this.clientId,
                        CLIENT_SECRET: this.clientSecret,
                        USER_NAME: this.userName,
                        USER_PASSWORD: this.userPassword,
                    }),
                },
                { secret: secret("signing-key", { "signing-key.pem": signing.private }), mountPath: "/secrets" },
            ],
            env: { SIGNING_KEY_FILE: "/secrets/signing-key.pem", ISSUER: args.issuer },
        };
        this.registerOutputs({});
    }
}

/** An RSA key, as the seed's authorization server has one; both halves PEM. */
async function signingKey(): Promise<KeyPair> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    return { public: publicKey, private: privateKey };
}

/** The set of public keys that a verifier reads. Without `kid`, so that a token signed under any name of the key is tried. */
function jwksOf(publicKey: string): string {
    return JSON.stringify({
        keys: [{ ...createPublicKey(publicKey).export({ format: "jwk" }), use: "sig", alg: "RS256" }],
    });
}
