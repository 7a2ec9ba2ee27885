import { webcrypto } from "node:crypto";
import type { KeyPair } from "./keep";

const days = 24 * 60 * 60 * 1000;

/**
 * A self-signed certificate for host names, valid for two years, and its P-256 key; both PEM.
 *
 * @param from when it begins to be valid. Default: now.
 */
export async function selfSigned(hosts: readonly string[], from = new Date()): Promise<KeyPair> {
    const x509 = await certificates();
    const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
        {
            name: `CN=${hosts[0]}`,
            notBefore: from,
            notAfter: new Date(from.getTime() + 730 * days),
            keys,
            extensions: [
                new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns", value }))),
                new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
            ],
        },
        webcrypto,
    );
    const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { public: certificate.toString("pem"), private: x509.PemConverter.encode(key, "PRIVATE KEY") };
}

/** Loaded when a certificate is made: it takes a while, and most programs that import the package make none. */
async function certificates(): Promise<typeof import("@peculiar/x509")> {
    // x509 fails to load without it.
    await import("reflect-metadata");
    return import("@peculiar/x509");
}
