import { createHash, X509Certificate } from "node:crypto";

const days = 24 * 60 * 60 * 1000;
/** How long before its end a certificate is renewed, in days: long enough that some `up` comes in between. */
const renewedBefore = 30;

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
