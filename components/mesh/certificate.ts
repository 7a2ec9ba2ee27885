import "reflect-metadata"; // x509 fails to load without it
import * as x509 from "@peculiar/x509";
import { createHash, webcrypto, X509Certificate } from "node:crypto";
import { KeyPair } from "./keep";

const days = 24 * 60 * 60 * 1000;
/** How long before its end a certificate is renewed, in days: long enough that some `up` comes in between. */
const renewedBefore = 30;

/**
 * A self-signed certificate for host names, valid for two years, and its P-256 key; both PEM.
 *
 * @param from when it begins to be valid. Default: now.
 */
export async function selfSigned(hosts: readonly string[], from = new Date()): Promise<KeyPair> {
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
        webcrypto as unknown as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[1],
    );
    const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { public: certificate.toString("pem"), private: x509.PemConverter.encode(key, "PRIVATE KEY") };
}

/**
 * Why a certificate must be renewed; nothing while it is good.
 *
 * @param pem the certificate
 * @param hosts the names that it must be good for
 */
export function renewalReason(pem: string, hosts: readonly string[], now = new Date()): string | undefined {
    const certificate = new X509Certificate(pem);
    const left = Math.floor((Date.parse(certificate.validTo) - now.getTime()) / days);
    if (left < 0) return `ended on ${dayOf(certificate)}`;
    if (left < renewedBefore) return `ends on ${dayOf(certificate)}, in ${left} days`;
    const other = hosts.find((host) => !certificate.subjectAltName?.split(", ").includes(`DNS:${host}`));
    return other && `is not for ${other}`;
}

/** A short name of its own for each certificate. */
export function fingerprint(pem: string): string {
    return createHash("sha256").update(pem).digest("hex").slice(0, 8);
}

function dayOf({ validTo }: X509Certificate): string {
    return new Date(validTo).toISOString().slice(0, 10);
}
